"""What changed since a person last looked: per person, kept in the database, so it holds on every device.

The moment moves only when its person marks the page as seen, and then to when that page was made:
what came while they read is told the next time. Everything counts from when it was known here, so what
Stripe told late is not missed, and what it tells again is no news.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from django.db import transaction
from django.db.models import BigIntegerField, CharField, Count, F, QuerySet, Sum, Value
from django.urls import reverse
from django.utils.http import urlencode

from accounts.models import User
from audit import log
from monitoring.colleagues import Colleague, colleagues
from monitoring.models import DataQualityIssue, LastLook
from orders.filters import paid_since
from orders.models import Order
from payments.filters import CLOSED_DISPUTE
from payments.models import Dispute, EventStatus, Payout, Refund, RefundStatus, StripeEvent
from purelaka.filters import written
from purelaka.money import display

Rows = QuerySet[Any, dict[str, Any]]
BAD = ("refund_failed", "payout_failed", "event_failed")


class Words(NamedTuple):
    """How one kind of change is told, and the list of it: `moment` is the filter that takes the moment."""

    one: str
    many: str
    page: str
    moment: str
    more: str = ""


# In the order in which they stand on the page.
WORDS = {
    "order_paid": Words("order paid", "orders paid", "orders:order-list", "paid"),
    "refund_made": Words("refund made", "refunds made", "payments:refund-list", "made"),
    "refund_failed": Words(
        "refund failed", "refunds failed", "payments:refund-list", "failed", "status=failed"
    ),
    "dispute_opened": Words(
        "dispute opened", "disputes opened", "payments:dispute-list", "opened", "view=all"
    ),
    "dispute_closed": Words(
        "dispute closed", "disputes closed", "payments:dispute-list", "closed", "view=all"
    ),
    "event_failed": Words("event failed", "events failed", "payments:event-list", "came", "status=failed"),
    "issue_opened": Words(
        "issue opened, still open", "issues opened, still open", "monitoring:monitoring-issues", "opened"
    ),
    "issue_resolved": Words(
        "issue resolved", "issues resolved", "monitoring:monitoring-issues", "ended", "view=resolved"
    ),
    "payout_pending": Words(
        "payout announced", "payouts announced", "payments:payout-list", "changed", "status=pending"
    ),
    "payout_in_transit": Words(
        "payout on its way", "payouts on their way", "payments:payout-list", "changed", "status=in_transit"
    ),
    "payout_paid": Words("payout paid", "payouts paid", "payments:payout-list", "changed", "status=paid"),
    "payout_failed": Words(
        "payout failed", "payouts failed", "payments:payout-list", "changed", "status=failed"
    ),
}


@dataclass
class Change:
    """Rows of one kind: how many, their money by currency, and the list of just these."""

    kind: str
    url: str
    number: int = 0
    amounts: dict[str, int] = field(default_factory=dict)

    @property
    def title(self) -> str:
        words = WORDS[self.kind]
        return f"{self.number:,} {words.one if self.number == 1 else words.many}"

    @property
    def figure(self) -> str:
        """`£483.00 · €20.00`; empty for what is no money."""
        return " · ".join(display(amount, currency) for currency, amount in sorted(self.amounts.items()))

    @property
    def is_bad(self) -> bool:
        return self.kind in BAD


@dataclass(frozen=True)
class Since:
    """`at` is None, and the rest empty, for somebody who never marked the page. `until` is now."""

    at: datetime | None
    until: str
    changes: list[Change]
    colleagues: list[Colleague] = field(default_factory=list)


def since(user: User, now: datetime) -> Since:
    """Read it: three queries, one for who never marked the page."""
    at = LastLook.objects.filter(user=user).values_list("at", flat=True).first()
    if at is None:
        return Since(at, written(now), [])
    return Since(at, written(now), list(_changes(at, now)), colleagues(user, at))


def mark(user: User, until: datetime, now: datetime) -> bool:
    """They have seen what came before `until`. Returns False, and writes nothing, where they had already."""
    until = min(until, now)
    with transaction.atomic():
        _, is_first = LastLook.objects.get_or_create(user=user, defaults={"at": until})
        moved = is_first or LastLook.objects.filter(user=user, at__lt=until).update(at=until)
        if moved:
            log.record("overview.seen", actor=user, target=user, until=written(until))
    return bool(moved)


def _changes(at: datetime, now: datetime) -> Iterator[Change]:
    found: dict[str, Change] = {}
    parts = list(_parts(at, now))
    for row in parts[0].union(*parts[1:], all=True):
        kind, currency = row["kind"], row["key"]
        if kind not in WORDS or not row["number"]:
            continue
        change = found.setdefault(kind, Change(kind, _list_of(kind, at)))
        change.number += row["number"]
        if currency:
            change.amounts[currency] = int(row["amount"])
    return (found[kind] for kind in WORDS if kind in found)


def _parts(at: datetime, now: datetime) -> Iterator[Rows]:
    """The same columns of each: kind, currency, number, amount."""
    refunds, disputes, issues = Refund.objects.all(), Dispute.objects.all(), DataQualityIssue.objects
    yield _money("order_paid", Order.objects.filter(paid_since(at)), "amount_total")
    yield _money("refund_made", refunds.filter(known_at__gte=at))
    yield _money("refund_failed", refunds.filter(status=RefundStatus.FAILED, status_known_at__gte=at))
    yield _money("dispute_opened", disputes.filter(known_at__gte=at))
    yield _money("dispute_closed", disputes.filter(status__in=CLOSED_DISPUTE, status_known_at__gte=at))
    for status in ("pending", "in_transit", "paid", "failed"):
        yield _money(f"payout_{status}", Payout.objects.filter(status=status, status_known_at__gte=at))
    yield _number("event_failed", StripeEvent.objects.filter(status=EventStatus.FAILED, received_at__gte=at))
    yield _number("issue_opened", issues.awake(now).filter(opened_at__gte=at))
    yield _number("issue_resolved", issues.resolved().filter(resolved_at__gte=at))


def _money(kind: str, rows: QuerySet[Any, Any], column: str = "amount") -> Rows:
    grouped = rows.order_by().values(kind=_text(kind), key=F("currency"))
    found: Rows = grouped.annotate(number=Count("pk"), sum=Sum(column)).values(
        "kind", "key", "number", amount=F("sum")
    )
    return found


def _number(kind: str, rows: QuerySet[Any, Any]) -> Rows:
    grouped = rows.order_by().values(kind=_text(kind), key=_text(""))
    found: Rows = grouped.annotate(number=Count("pk"), amount=Value(0, BigIntegerField()))
    return found


def _text(text: str) -> Value:
    return Value(text, CharField())


def _list_of(kind: str, at: datetime) -> str:
    words = WORDS[kind]
    query = urlencode({words.moment: written(at)})
    return f"{reverse(words.page)}?{words.more}{'&' if words.more else ''}{query}"
