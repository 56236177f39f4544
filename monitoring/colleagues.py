"""What the others of the staff did since a moment, read off the audit log: for who works among them."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import Count, F, Max
from django.urls import reverse
from django.utils.http import urlencode

from accounts.models import STAFF_ROLES, Role, User
from audit.models import AuditLog
from purelaka.filters import written

MAY_READ = (Role.OPS, Role.ADMIN)  # as the audit log itself
MOST_PEOPLE, MOST_DEEDS = 4, 3
QUIET = ("overview.seen",)  # what is nobody else's business
# What was done, and to what: one, many.
SAID = {
    "order.fulfilled": ("packed", "order", "orders"),
    "order.canceled": ("cancelled", "order", "orders"),
    "order.noted": ("noted something on", "order", "orders"),
    "order.back_ordered": ("back-ordered", "order", "orders"),
    "refund.requested": ("asked for", "refund", "refunds"),
    "refund.approved": ("approved", "refund", "refunds"),
    "refund.declined": ("declined", "refund", "refunds"),
    "refund.settled": ("settled", "refund", "refunds"),
    "mail.sent_again": ("sent", "mail again", "mails again"),
    "issue.resolved": ("resolved", "issue", "issues"),
    "issue.noted": ("noted something on", "issue", "issues"),
    "issue.assigned": ("assigned", "issue", "issues"),
    "issue.snoozed": ("put off", "issue", "issues"),
    "event.applied": ("applied", "event", "events"),
    "events.replayed": ("replayed events", "time", "times"),
    "dispute.evidence_exported": ("took evidence for", "dispute", "disputes"),
    "stock.receipt": ("received stock of", "variant", "variants"),
    "stock.adjustment": ("adjusted stock of", "variant", "variants"),
    "staff.invited": ("invited", "person", "people"),
    "user.added": ("added", "person", "people"),
    "user.changed": ("changed", "person", "people"),
} | {
    f"{kind}.{verb}": (verb, one, many)
    for kind, one, many in (
        ("product", "product", "products"),
        ("variant", "variant", "variants"),
        ("category", "category", "categories"),
        ("taxrate", "tax rate", "tax rates"),
        ("discountcode", "discount code", "discount codes"),
        ("shippingmethod", "way to send", "ways to send"),
    )
    for verb in ("added", "changed", "archived", "restored", "deleted")
}


class Deeds(NamedTuple):
    """Deeds of one kind by one person, and the list of just these."""

    text: str
    url: str


@dataclass(frozen=True)
class Colleague:
    """One person, what they did last first; `more` is the list of all of it, where it is not all told."""

    name: str
    number: int
    deeds: list[Deeds]
    more: str


def colleagues(user: User, at: datetime) -> list[Colleague]:
    """Who of the others did what since then, who was at work last first. One query."""
    if user.role not in MAY_READ:
        return []
    rows = (
        AuditLog.objects.filter(at__gte=at, actor__role__in=STAFF_ROLES)
        .exclude(actor=user)
        .exclude(event_type__in=QUIET)
        .order_by()
        .values("actor_id", "event_type", name=F("actor__name"), email=F("actor__email"))
        .annotate(number=Count("pk"), newest=Max("pk"))
        .order_by("-newest")
    )
    by_person: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        by_person[row["actor_id"]].append(dict(row))
    return [_colleague(pk, found, at) for pk, found in list(by_person.items())[:MOST_PEOPLE]]


def _colleague(pk: int, rows: list[dict[str, Any]], at: datetime) -> Colleague:
    return Colleague(
        name=User(name=rows[0]["name"], email=rows[0]["email"]).get_short_name(),
        number=sum(row["number"] for row in rows),
        deeds=[
            Deeds(_said(row["event_type"], row["number"]), _list_of(pk, at, [("deed", row["event_type"])]))
            for row in rows[:MOST_DEEDS]
        ],
        more=_list_of(pk, at) if len(rows) > MOST_DEEDS else "",
    )


def _said(event_type: str, number: int) -> str:
    """`packed 9 orders`; what has no words of its own by its name: `month.closed, 2 times`."""
    if event_type not in SAID:
        return event_type if number == 1 else f"{event_type}, {number:,} times"
    verb, one, many = SAID[event_type]
    return f"{verb} {number:,} {one if number == 1 else many}"


def _list_of(pk: int, at: datetime, also: Iterable[tuple[str, str]] = ()) -> str:
    query = urlencode([*also, ("by", pk), ("since", written(at))])
    return f"{reverse('audit:log')}?{query}"
