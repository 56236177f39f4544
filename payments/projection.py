"""Bring ledger, order and stock in line with the facts, by posting only the difference.

Called after a fact was written, in the same transaction. The order's row was locked before that, so
of two events about one order the second sees what the first wrote.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import Min, Sum
from django.utils import timezone

from catalog import stock
from catalog.models import StockReason
from orders import lifecycle
from orders.models import Flag, Order, OrderItem, OrderStatus, RefundState
from payments import matching
from payments.ledger import (
    Line,
    OrderFacts,
    OrderState,
    order_lines,
    order_state,
    payout_lines,
    totals_needed,
    transaction_lines,
)
from payments.loading import facts_of, refund_totals
from payments.models import BalanceTransaction, LedgerEntry, Payout
from purelaka.days import store_day


@dataclass(frozen=True, slots=True)
class Cause:
    """What made us look: the inbox row's pk, if any, and when we learnt of it."""

    at: datetime
    event_pk: int | None = None

    def of(self, source_id: str) -> "Cause":
        """What made us look at this Stripe object."""
        return self


@dataclass(frozen=True, slots=True)
class Key:
    """Entries with one key are compared by their sum."""

    order_id: int | None
    kind: str
    source_id: str
    currency: str
    day: date


def lock(order_ids: Iterable[int]) -> list[Order]:
    """The orders, locked in the order of their ids: whoever locks several can't deadlock."""
    return list(Order.objects.select_for_update().filter(pk__in=set(order_ids)).order_by("pk"))


def project(orders: Sequence[Order], cause: Cause) -> None:
    """Post what the facts of these locked orders say and ledger, orders and stock do not."""
    facts = facts_of(orders)
    for known in facts.values():
        for charge_id in totals_needed(known):
            known.refund_totals[charge_id] = refund_totals(charge_id)
    wanted = [(order.pk, line) for order in orders for line in order_lines(facts[order.pk])]
    _post(wanted, _posted(order_id__in=[order.pk for order in orders]), cause)
    _write_orders(orders, facts)


def project_payouts(payouts: Collection[Payout], cause: Cause) -> None:
    """Post the payouts' own movements."""
    _project_alone([line for payout in payouts for line in payout_lines(payout)], payouts, cause)


def project_transactions(transactions: Collection[BalanceTransaction], cause: Cause) -> None:
    """Post balance transactions that stand for themselves: fees of Stripe's, adjustments."""
    lines = [line for item in transactions for line in transaction_lines(item)]
    _project_alone(lines, transactions, cause)


def adopt(order: Order) -> None:
    """Apply the payments that were known before the order was."""
    intents, charges = matching.waiting_for(order)
    if intents or charges:
        matching.link(order.pk, intents=intents, charges=charges)
        project(lock([order.pk]), Cause(at=timezone.now()))
        order.refresh_from_db()


def retry_allocation(cause: Cause) -> int:
    """Try again to give goods to paid orders that wait for them, oldest payment first."""
    waiting = Order.objects.filter(awaits_stock=True).order_by("paid_at", "pk").values_list("pk", flat=True)
    for pk in waiting:
        with transaction.atomic():
            project(lock([pk]), cause)
    return len(waiting)


# --- ledger ---------------------------------------------------------------------------------------


def _project_alone(
    lines: Sequence[Line], facts: Collection[Payout | BalanceTransaction], cause: Cause
) -> None:
    posted = _posted(order=None, source_id__in=[str(fact) for fact in facts])
    _post([(None, line) for line in lines], posted, cause)


def _posted(**scope: Any) -> dict[Key, tuple[int, datetime]]:
    """Sum and first moment of the entries there are, by key."""
    columns = ("order_id", "kind", "source_id", "currency", "occurred_on")
    rows = LedgerEntry.objects.filter(**scope).values_list(*columns)
    return {Key(*row[:5]): row[5:] for row in rows.annotate(Sum("amount"), Min("occurred_at")).order_by()}


def _post(
    wanted: Iterable[tuple[int | None, Line]], posted: dict[Key, tuple[int, datetime]], cause: Cause
) -> None:
    missing: dict[Key, int] = defaultdict(int, {key: -amount for key, (amount, _) in posted.items()})
    moments = {key: at for key, (_, at) in posted.items()}
    for order_id, line in wanted:
        key = Key(order_id, line.kind, line.source_id, line.currency, store_day(line.at))
        missing[key] += line.amount
        moments.setdefault(key, line.at)
    entries = [_entry(key, amount, moments[key], cause) for key, amount in missing.items() if amount]
    if entries:
        LedgerEntry.objects.bulk_create(entries)


def _entry(key: Key, amount: int, at: datetime, cause: Cause) -> LedgerEntry:
    cause = cause.of(key.source_id)
    return LedgerEntry(
        order_id=key.order_id,
        kind=key.kind,
        source_id=key.source_id,
        currency=key.currency,
        amount=amount,
        occurred_at=at,
        occurred_on=key.day,
        event_id=cause.event_pk,
        posted_at=cause.at,
    )


# --- orders and stock -----------------------------------------------------------------------------


def _write_orders(orders: Sequence[Order], facts: dict[int, OrderFacts]) -> None:
    states = {order.pk: order_state(facts[order.pk]) for order in orders}
    moments = {
        order.pk: paid_at
        for order in orders
        if order.status == OrderStatus.PENDING and (paid_at := states[order.pk].paid_at)
    }
    newly_paid = [order for order in orders if order.pk in moments]
    if newly_paid:
        lifecycle.move(newly_paid, OrderStatus.PAID, actor=None, at=[*moments.values()])
    waiting = {order.pk for order in newly_paid}
    waiting |= {o.pk for o in orders if o.awaits_stock and states[o.pk].refund_status != RefundState.FULL}
    short = _allocate(waiting)
    for order in orders:
        _write_state(
            order, states[order.pk], awaits=order.pk in short, is_oversold=short.get(order.pk, False)
        )


def _write_state(order: Order, state: OrderState, *, awaits: bool, is_oversold: bool) -> None:
    flag = state.flag
    if is_oversold and state.refund_status != RefundState.FULL:
        flag = Flag.OUT_OF_STOCK
    wanted = {
        "paid_at": state.paid_at,
        "amount_refunded": state.amount_refunded,
        "refund_status": state.refund_status,
        "refunded_at": state.refunded_at,
        "dispute_status": state.dispute_status,
        "flag": flag,
        "awaits_stock": awaits,
    }
    if order.status == OrderStatus.PENDING or state.paid_at is None:
        del wanted["paid_at"]  # a status that was reached by hand keeps its moment
    changed = {name: value for name, value in wanted.items() if getattr(order, name) != value}
    if changed:
        Order.objects.filter(pk=order.pk).update(**changed)
        for name, value in changed.items():
            setattr(order, name, value)


def _allocate(order_ids: set[int]) -> dict[int, bool]:
    """Turn reservations of paid orders into sales.

    Returns the orders that stay short of goods, and whether that is an oversell (True) or only a
    preorder (False). Variants are touched in the order of their ids: no two payments deadlock.
    """
    if not order_ids:
        return {}
    unsold = (
        OrderItem.objects.filter(order_id__in=order_ids, variant__stock_tracked=True)
        .exclude(stockmovement__reason=StockReason.SALE)
        .order_by("variant_id", "pk")
        .select_related("variant", "order")
    )
    short: dict[int, bool] = {}
    for item in unsold:
        sold = stock.sell(
            item.variant_id,
            item.quantity,
            held=item.reserved,
            order_item_id=item.pk,
            at=item.order.paid_at or timezone.now(),
        )
        if not sold:
            short[item.order_id] = short.get(item.order_id, False) or not item.variant.preorder
        elif item.reserved:
            OrderItem.objects.filter(pk=item.pk).update(reserved=0)
    return short
