"""The staff's first page: what needs a person now."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db.models import (
    BigIntegerField,
    Case,
    CharField,
    Count,
    Exists,
    F,
    Max,
    Min,
    OuterRef,
    Q,
    QuerySet,
    Sum,
    Value,
    When,
    Window,
)
from django.db.models.functions import RowNumber
from django.urls import NoReverseMatch, reverse
from django.utils.http import urlencode

from accounts.privacy import person, without_people
from monitoring.at_stripe import AtStripe, at_stripe
from monitoring.check import registry
from monitoring.counters import TO_PACK
from monitoring.models import DataQualityIssue, Severity
from monitoring.takings import Takings, takings
from orders.models import Flag, Order
from payments import refund_tasks
from payments.filters import NEEDS_RESPONSE
from payments.models import (
    Dispute,
    EventStatus,
    Refund,
    RefundRequest,
    RefundStatus,
    RequestStatus,
    StripeEvent,
)
from purelaka import moments
from purelaka.days import store_zone
from purelaka.money import display

SHOWN = 5  # entries of one kind; the rest is told by its number
LATE_AFTER = timedelta(days=2)  # to pack an order
OLDEST_TO_PACK = "view=pack&sort=oldest"
URGENT_WITHIN = timedelta(days=3)  # before a dispute's evidence is due
NOTHING = Value(0, BigIntegerField())
# Told by entries of their own, from the facts as they are at this moment.
TOLD_LIVE = ("events_failed", "orders_flagged", "refunds_arrived")


@dataclass(frozen=True)
class Entry:
    """One thing to do. `state` colours the badge; the texts are ready to show; `url` may be empty."""

    state: str
    badge: str
    title: str
    why: str
    url: str
    action: str
    amount: str = ""


@dataclass
class Group:
    """Entries of one urgency."""

    title: str
    why: str
    entries: list[Entry] = field(default_factory=list)


class Packing(NamedTuple):
    """Paid orders of one currency that wait to be packed; those of more than two days ago are late.

    `oldest` is the first moment one was paid, `oldest_in_time` that of those which are not late.
    """

    currency: str
    orders: int
    amount: int
    late: int
    late_amount: int
    oldest: datetime
    oldest_in_time: datetime | None


@dataclass(frozen=True)
class Desk:
    """All that the page shows."""

    now: datetime
    groups: list[Group]
    to_pack: int
    takings: list[Takings]
    at_stripe: list[AtStripe]

    @property
    def count(self) -> int:
        return sum(len(group.entries) for group in self.groups)


def overview(now: datetime) -> Desk:
    """Read it, in a fixed number of queries however large the store is."""
    waiting = packing(now)
    return Desk(
        now=now,
        groups=_groups(waiting, now),
        to_pack=sum(count.orders for count in waiting),
        takings=takings(now),
        at_stripe=at_stripe(),
    )


def _groups(waiting: list[Packing], now: datetime) -> list[Group]:
    """What needs a person, most urgent first; groups without an entry are left out."""
    urgent = Group("Now", "money at risk, or Stripe is waiting")
    today = Group("Today", "waiting longer than it should")
    soon = Group("This week", "can wait, but not long")
    for is_urgent, entry in _disputes(now):
        (urgent if is_urgent else soon).entries.append(entry)
    told = _told()
    urgent.entries += [*_failed_events(told["failed"], now), *_flagged(), *_lost_refunds(now)]
    today.entries += [*_late_packing(waiting, now), *_refunds_to_approve(told["requests"], now)]
    for severity, entry in _issues(now):
        (urgent if severity == Severity.CRITICAL else today).entries.append(entry)
    soon.entries += [*_packing(waiting, now), *_pending_refunds(told["pending"], now)]
    return [group for group in (urgent, today, soon) if group.entries]


def packing(now: datetime) -> list[Packing]:
    """What waits to be packed, by currency."""
    late = Q(paid_at__lt=now - LATE_AFTER)
    counts = (
        Order.objects.filter(TO_PACK)
        .values_list("currency")
        .annotate(
            orders=Count("pk"),
            amount=Sum("amount_total"),
            late=Count("pk", late),
            late_amount=Sum("amount_total", filter=late, default=0),
            oldest=Min("paid_at"),
            oldest_in_time=Min("paid_at", filter=~late),
        )
    )
    return [Packing(*count) for count in counts.order_by("-orders")]


def _late_packing(counts: list[Packing], now: datetime) -> Iterator[Entry]:
    """An entry for each currency with late orders."""
    for count in counts:
        if count.late:
            yield Entry(
                state="due",
                badge="Late",
                title=f"{_count(count.late, 'order')} waited more than 2 days to be packed",
                why=f"The oldest was paid {moments.spoken(count.oldest, now=now)}",
                url=_address("orders:order-list", query=f"?{OLDEST_TO_PACK}&currency={count.currency}"),
                action="Show orders",
                amount=display(count.late_amount, count.currency),
            )


def _packing(counts: list[Packing], now: datetime) -> Iterator[Entry]:
    """An entry for each currency with orders that wait and are not late."""
    for count in counts:
        if count.oldest_in_time:
            yield Entry(
                state="pending",
                badge="To pack",
                title=f"{_count(count.orders - count.late, 'order')} paid in the last 2 days to pack",
                why=f"The oldest was paid {moments.spoken(count.oldest_in_time, now=now)}",
                url=_address("orders:order-list", query=f"?{OLDEST_TO_PACK}&currency={count.currency}"),
                action="Show orders",
                amount=display(count.amount - count.late_amount, count.currency),
            )


# --- disputes -------------------------------------------------------------------------------------


def _disputes(now: datetime) -> Iterator[tuple[bool, Entry]]:
    """What waits for our answer, the soonest due first: the first few of either urgency, the others by
    their number."""
    by_due = F("due_by").asc(nulls_last=True)
    is_urgent = Case(When(due_by__lt=now + URGENT_WITHIN, then=True), default=False)
    few = (
        Dispute.objects.filter(status__in=NEEDS_RESPONSE)
        .annotate(is_urgent=is_urgent)
        .annotate(
            place=Window(RowNumber(), partition_by="is_urgent", order_by=[by_due, "pk"]),
            number=Window(Count("pk"), partition_by="is_urgent"),
        )
        .filter(place__lte=SHOWN)
    )
    for dispute in few.select_related("order").order_by(by_due, "pk"):
        yield dispute.is_urgent, _dispute_entry(dispute, now)
        if dispute.place == SHOWN:
            url = _address("payments:dispute-list", query="?view=answer")
            for more in _and_more(dispute.number - SHOWN, "dispute", url):
                yield dispute.is_urgent, more


def _is_urgent(dispute: Dispute, now: datetime) -> bool:
    return dispute.due_by is not None and dispute.due_by < now + URGENT_WITHIN


def _dispute_entry(dispute: Dispute, now: datetime) -> Entry:
    what = "Inquiry" if dispute.status.startswith("warning") else "Dispute"
    left = f" · {_left(dispute.due_by - now)}" if dispute.due_by else ""
    return Entry(
        state="urgent" if _is_urgent(dispute, now) else "due",
        badge=f"Due {_due(dispute.due_by, now)}" if dispute.due_by else "Open",
        title=f"{what} on {dispute.order or dispute.dispute_id} needs your answer",
        why=f"{dispute.reason.replace('_', ' ').capitalize() or 'No reason given'}{left}",
        url=_address("payments:dispute-detail", dispute.dispute_id),
        action="Open dispute",
        amount=display(dispute.amount, dispute.currency),
    )


def _due(at: datetime, now: datetime) -> str:
    """`Thu 26` within a week, else `4 Dec`."""
    local = at.astimezone(store_zone())
    return f"{local:%a} {local.day}" if at - now < timedelta(days=6) else moments.short_day(local.date())


def _left(time: timedelta) -> str:
    if time < timedelta(0):
        return "overdue"
    days, hours = time.days, time.seconds // 3600
    if days >= 4:
        return f"{days} days left"
    parts = [_count(days, "day")] if days else []
    return " and ".join([*parts, _count(hours, "hour")]) + " left"


# --- events, orders, refunds ----------------------------------------------------------------------


class Told(NamedTuple):
    """Rows told by their number: `key` is what they have in common, `at` their oldest or newest moment."""

    key: str
    number: int
    amount: int
    at: datetime | None


def _told() -> dict[str, list[Told]]:
    """Failed events by type, refunds to approve, refunds on their way by currency. One query."""
    failed = StripeEvent.objects.filter(status=EventStatus.FAILED)
    requests = RefundRequest.objects.filter(status=RequestStatus.REQUESTED)
    pending = Refund.objects.filter(status=RefundStatus.PENDING, order__isnull=False)
    parts = [
        _counted("failed", failed, "type").annotate(amount=NOTHING, at=Max("applied_at")),
        _counted("requests", requests, "currency").annotate(amount=NOTHING, at=Min("created_at")),
        _counted("pending", pending, "currency").annotate(amount=Sum("amount"), at=Min("created")),
    ]
    found: dict[str, list[Told]] = {"failed": [], "requests": [], "pending": []}
    for kind, key, number, amount, at in parts[0].union(*parts[1:], all=True):
        found[kind].append(Told(key, number, int(amount), at))
    return {kind: sorted(told, key=lambda one: (-one.number, one.key)) for kind, told in found.items()}


def _counted(kind: str, rows: QuerySet[Any, Any], column: str) -> QuerySet[Any, Any]:
    key = Value(kind, CharField())
    found: QuerySet[Any, Any] = rows.order_by().values_list(key, F(column)).annotate(number=Count("pk"))
    return found


def _failed_events(types: list[Told], now: datetime) -> Iterator[Entry]:
    if types:
        names = [told.key for told in types]
        some = " and ".join(names) if len(names) < 3 else f"{names[0]} and {len(names) - 1} other types"
        last = max((told.at for told in types if told.at), default=None)
        tried = f" · last tried {moments.spoken(last, now=now)}" if last else ""
        yield Entry(
            state="failed",
            badge="Failed",
            title=f"{_count(sum(told.number for told in types), 'Stripe event')} failed",
            why=f"{some}{tried}",
            url=_address("payments:event-list", query="?status=failed"),
            action="Open events",
        )


def _flagged() -> Iterator[Entry]:
    """Flagged orders that nobody has accepted."""
    accepted = DataQualityIssue.objects.accepted().filter(
        check_name="orders_flagged", subject=OuterRef("number")
    )
    orders = Order.objects.exclude(flag=Flag.NONE).exclude(Exists(accepted))
    total = 0
    for order in orders.annotate(total=Window(Count("pk"))).order_by("-id")[:SHOWN]:
        total = order.total
        yield Entry(
            state="critical",
            badge=order.get_flag_display(),
            title=f"{order} {FLAGGED[Flag(order.flag)]}",
            why=f"{person(order.email)} · {order.get_status_display().lower()}",
            url=_address("payments:stuck-list", query=f"?{urlencode({'q': order.number})}"),
            action="Decide",
            amount=display(order.amount_total, order.currency),
        )
    yield from _and_more(total - SHOWN, "flagged order", _address("payments:stuck-list"))


FLAGGED = {
    Flag.NONE: "",
    Flag.PAID_AFTER_CANCEL: "was paid after it was cancelled",
    Flag.OUT_OF_STOCK: "was paid after its stock had gone",
    Flag.WRONG_CURRENCY: "was paid in another currency",
    Flag.WRONG_AMOUNT: "was not paid its exact amount",
    Flag.PAID_TWICE: "was paid more than once",
}


def _lost_refunds(now: datetime) -> Iterator[Entry]:
    """Refunds whose money the customer has not got, unless somebody accepted that."""
    accepted = DataQualityIssue.objects.accepted().filter(
        check_name="refunds_arrived", subject=OuterRef("refund_id")
    )
    waiting = refund_tasks.waiting().exclude(Exists(accepted)).annotate(total=Window(Count("pk")))
    total = 0
    for refund in waiting[:SHOWN]:
        task, total = refund_tasks.task_of(refund), refund.total
        yield Entry(
            state="failed" if task.is_failed else "due",
            badge="Failed" if task.is_failed else "Needs action",
            title=f"The customer of {refund.order} has not got the money",
            why=f"{task.why} Since {moments.spoken(refund.failed_at or refund.created, now=now)}",
            url=_address("payments:refund-detail", refund.refund_id),
            action="See to it" if task.is_failed else "Open refund",
            amount=display(refund.amount, refund.currency),
        )
    yield from _and_more(total - SHOWN, "refund", _address("payments:refund-list"))


def _refunds_to_approve(waiting: list[Told], now: datetime) -> Iterator[Entry]:
    """What waits for a second person, told once."""
    oldest = min((told.at for told in waiting if told.at), default=None)
    if oldest:
        yield Entry(
            state="due",
            badge="To approve",
            title=f"{_count(sum(told.number for told in waiting), 'refund')} to approve",
            why=f"The oldest was asked for {moments.spoken(oldest, now=now)}",
            url=_address("payments:refund-list"),
            action="Decide",
        )


def _pending_refunds(pending: list[Told], now: datetime) -> Iterator[Entry]:
    """Told once for each currency: most of them settle without anybody."""
    for told in pending:
        yield Entry(
            state="pending",
            badge="Pending",
            title=f"{_count(told.number, 'refund')} on the way",
            why=f"The oldest since {moments.spoken(told.at, now=now)}" if told.at else "",
            url=_address("payments:refund-list", query="?status=pending"),
            action="Show refunds",
            amount=display(told.amount, told.key),
        )


# --- issues ---------------------------------------------------------------------------------------


def _issues(now: datetime) -> Iterator[tuple[str, Entry]]:
    """Open issues with their severity: the first few of each check, the others by their number."""
    few = (
        QuerySet(DataQualityIssue)
        .filter(DataQualityIssue.awake_at(now))
        .exclude(check_name__in=TOLD_LIVE)
        .annotate(
            place=Window(RowNumber(), partition_by="check_name", order_by="-id"),
            number=Window(Count("pk"), partition_by="check_name"),
        )
        .filter(place__lte=SHOWN)
    )
    for issue in few.order_by("severity", "check_name", "-id"):
        yield issue.severity, _issue_entry(issue, now)
        if issue.place == SHOWN < issue.number:
            query = f"?check={issue.check_name}"
            url = _address("monitoring:monitoring-issues", query=query)
            check = registry.get(issue.check_name)
            title = f"And {issue.number - SHOWN:,} more: {check.title if check else issue.check_name}"
            yield issue.severity, Entry("more", "More", title, "", url, "Show all")


def _issue_entry(issue: DataQualityIssue, now: datetime) -> Entry:
    check = registry.get(issue.check_name)
    arrow = check.arrow if check else issue.check_name
    return Entry(
        state=issue.severity,
        badge=issue.get_severity_display(),
        title=without_people(issue.message),
        why=f"{arrow} · opened {moments.spoken(issue.opened_at, now=now)}",
        url=_address("monitoring:issue-detail", issue.pk),
        action="See evidence",
        amount=issue.difference,
    )


# --- words and addresses --------------------------------------------------------------------------


def _and_more(number: int, noun: str, url: str) -> Iterator[Entry]:
    if number > 0:
        yield Entry("more", "More", f"And {_count(number, f'more {noun}')}", "", url, "Show all")


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _address(name: str, *args: object, query: str = "") -> str:
    """The page's address, or empty while this installation has no such page."""
    try:
        return reverse(name, args=args) + query
    except NoReverseMatch:
        return ""


def _order_address(order: Order | None) -> str:
    return _address("orders:order-detail", order.number) if order else ""
