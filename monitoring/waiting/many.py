"""What is told by its number: failed events, refunds to approve, refunds on their way."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import BigIntegerField, CharField, Count, F, Max, Min, QuerySet, Sum, Value

from monitoring.waiting.entry import Entry, address, count
from payments.models import (
    EventStatus,
    Refund,
    RefundRequest,
    RefundStatus,
    RequestStatus,
    StripeEvent,
)
from purelaka import moments
from purelaka.money import display

NOTHING = Value(0, BigIntegerField())


class Told(NamedTuple):
    """Rows told by their number: `key` is what they have in common, `at` their oldest or newest moment."""

    key: str
    number: int
    amount: int
    at: datetime | None


def counted() -> dict[str, list[Told]]:
    """Failed events by type, refunds to approve, refunds on their way by currency. One query."""
    failed = StripeEvent.objects.filter(status=EventStatus.FAILED)
    requests = RefundRequest.objects.filter(status=RequestStatus.REQUESTED)
    pending = Refund.objects.filter(status=RefundStatus.PENDING, order__isnull=False)
    parts = [
        _grouped("failed", failed, "type").annotate(amount=NOTHING, at=Max("applied_at")),
        _grouped("requests", requests, "currency").annotate(amount=NOTHING, at=Min("created_at")),
        _grouped("pending", pending, "currency").annotate(amount=Sum("amount"), at=Min("created")),
    ]
    found: dict[str, list[Told]] = {"failed": [], "requests": [], "pending": []}
    for kind, key, number, amount, at in parts[0].union(*parts[1:], all=True):
        found[kind].append(Told(key, number, int(amount), at))
    return {kind: sorted(told, key=lambda one: (-one.number, one.key)) for kind, told in found.items()}


def failed_events(types: list[Told], now: datetime) -> Iterator[Entry]:
    if types:
        names = [told.key for told in types]
        some = " and ".join(names) if len(names) < 3 else f"{names[0]} and {len(names) - 1} other types"
        last = max((told.at for told in types if told.at), default=None)
        tried = f" · last tried {moments.spoken(last, now=now)}" if last else ""
        yield Entry(
            state="failed",
            badge="Failed",
            title=f"{count(sum(told.number for told in types), 'Stripe event')} failed",
            why=f"{some}{tried}",
            url=address("payments:event-list", query="?status=failed"),
            action="Open events",
        )


def refunds_to_approve(waiting: list[Told], now: datetime, *, may_act: bool) -> Iterator[Entry]:
    """What waits for a second person, told once."""
    oldest = min((told.at for told in waiting if told.at), default=None)
    if oldest:
        yield Entry(
            state="due",
            badge="To approve",
            title=f"{count(sum(told.number for told in waiting), 'refund')} to approve",
            why=f"The oldest was asked for {moments.spoken(oldest, now=now)}",
            url=address("payments:refund-list"),
            action="Decide" if may_act else "Show refunds",
        )


def pending_refunds(pending: list[Told], now: datetime) -> Iterator[Entry]:
    """Told once for each currency: most of them settle without anybody."""
    for told in pending:
        yield Entry(
            state="pending",
            badge="Pending",
            title=f"{count(told.number, 'refund')} on the way",
            why=f"The oldest since {moments.spoken(told.at, now=now)}" if told.at else "",
            url=address("payments:refund-list", query="?status=pending"),
            action="Show refunds",
            amount=display(told.amount, told.key),
        )


def _grouped(kind: str, rows: QuerySet[Any, Any], column: str) -> QuerySet[Any, Any]:
    key = Value(kind, CharField())
    found: QuerySet[Any, Any] = rows.order_by().values_list(key, F(column)).annotate(number=Count("pk"))
    return found
