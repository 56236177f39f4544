"""Bring ledger, order and stock in line with the facts, by posting only the difference.

Called after a fact was written, in the same transaction. The order's row was locked before that, so
of two events about one order the second sees what the first wrote.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db import transaction
from django.db.models import Min, Sum
from django.utils import timezone

from catalog import stock
from catalog.stock import Sale
from orders import lifecycle, mailing
from orders.models import BackOrder, Flag, MailKind, Order, OrderItem, OrderStatus, RefundState
from payments import matching
from payments.ledger import (
    Line,
    OrderState,
    order_lines,
    order_state,
    payout_lines,
    totals_needed,
    transaction_lines,
)
from payments.loading import known_of, refund_totals
from payments.models import BalanceTransaction, LedgerEntry, Payout
from payments.rows import PostedRow
from purelaka import sql
from purelaka.days import store_day

# Stripe tries to reach us for three days: what we learn of later than that is history.
NEWS_FOR = timedelta(days=3)


@dataclass(frozen=True, slots=True)
class Cause:
    """What made us look: the inbox row's pk, if any, and when we learnt of it.

    With `tells` the customers are told of what is news. Never so for an import, a replay or a demo.
    `applied_at` is when an event that had failed could be applied at last.
    """

    at: datetime
    event_pk: int | None = None
    tells: bool = False
    applied_at: datetime | None = None

    @property
    def known_at(self) -> datetime:
        """When the desk could know: what is posted is dated to `at` all the same."""
        return self.applied_at or self.at

    def is_news(self, happened_at: datetime) -> bool:
        """Whether the customer is to be told of what happened then."""
        return self.tells and happened_at > self.at - NEWS_FOR

    def of(self, source_id: str, at: datetime) -> "Cause":
        """What told us of this Stripe object as it was at `at`."""
        return self

    def noted_at(self, payments: Iterable[tuple[str, datetime]]) -> list[datetime]:
        """When we learnt of each payment (its id and moment)."""
        return [self.known_at for _ in payments]


class Key(NamedTuple):
    """Entries with one key are compared by their sum."""

    order_id: int | None
    kind: str
    source_id: str
    currency: str
    day: str  # ISO


ROWS_PER_STATEMENT = 1000
# Lines of these orders whose tracked goods have not left the stock.
UNSOLD = """SELECT i.order_id, i.variant_id, i.id, i.quantity, i.reserved, v.preorder
    FROM orders_orderitem i JOIN catalog_variant v ON v.id = i.variant_id
    WHERE i.order_id IN ({orders}) AND v.stock_tracked AND NOT EXISTS (
        SELECT 1 FROM catalog_stockmovement m WHERE m.order_item_id = i.id AND m.reason = 'sale')"""


def lock(order_ids: Iterable[int]) -> list[Order]:
    """The orders, locked in the order of their ids: whoever locks several can't deadlock."""
    ids = sorted(set(order_ids))
    return sql.lock(Order, f"id IN ({', '.join(['%s'] * len(ids))}) ORDER BY id", ids) if ids else []


def project(orders: Sequence[Order], cause: Cause) -> None:
    """Post what the facts of these locked orders say and ledger, orders and stock do not."""
    known = known_of(orders)
    for each in known.values():
        for charge_id in totals_needed(each.facts):
            each.facts.refund_totals[charge_id] = refund_totals(charge_id)
    wanted = [(order.pk, line) for order in orders for line in order_lines(known[order.pk].facts)]
    posted = [(order.pk, row) for order in orders for row in known[order.pk].posted]
    _post(wanted, posted, cause)
    _write_orders(orders, {pk: order_state(each.facts) for pk, each in known.items()}, cause)


def project_payouts(payouts: Collection[Payout], cause: Cause) -> None:
    """Post the payouts' own movements."""
    _project_alone([line for payout in payouts for line in payout_lines(payout)], payouts, cause)


def project_transactions(transactions: Collection[BalanceTransaction], cause: Cause) -> None:
    """Post balance transactions that stand for themselves: fees of Stripe's, adjustments."""
    lines = [line for item in transactions for line in transaction_lines(item)]
    _project_alone(lines, transactions, cause)


def adopt(order: Order, *, tells: bool = True) -> None:
    """Apply the payments that were known before the order was; with `tells`, confirm it to the customer."""
    intents, charges = matching.waiting_for(order)
    if intents or charges:
        matching.link(order.pk, intents=intents, charges=charges)
        project(lock([order.pk]), Cause(at=timezone.now(), tells=tells))
        order.refresh_from_db()


def adopt_waiting(cause: Cause) -> int:
    """Give facts without an order to the order they can be found for now; returns to how many orders.

    An event and the order it is about can miss each other when both commit in the same moment: the
    event found no order yet, and the order no payment. The next event of the payment finds them
    as well; this is for when none comes.
    """
    adopted = 0
    for order_id, (intents, charges) in sorted(matching.missed().items()):
        with transaction.atomic():
            orders = lock([order_id])
            if matching.link(order_id, intents=intents, charges=charges):
                project(orders, cause)
                adopted += 1
    return adopted


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
    """For what belongs to no order. The fact's own row is the lock: whoever writes it holds it."""
    rows = (
        LedgerEntry.objects.filter(order=None, source_id__in=[str(fact) for fact in facts])
        .values_list("kind", "source_id", "currency", "occurred_on")
        .annotate(Sum("amount"), Min("occurred_at"))
        .order_by()
    )
    posted = [
        (None, PostedRow(kind, source_id, amount, currency, day.isoformat(), at))
        for kind, source_id, currency, day, amount, at in rows
    ]
    _post([(None, line) for line in lines], posted, cause)


def _post(
    wanted: Iterable[tuple[int | None, Line]], posted: Iterable[tuple[int | None, PostedRow]], cause: Cause
) -> None:
    """Write the entries that make the ledger say what is wanted. A correction keeps its day."""
    missing: dict[Key, int] = defaultdict(int)
    moments: dict[Key, datetime] = {}
    for order_id, row in posted:
        key = Key(order_id, row.kind, row.source_id, row.currency, row.day)
        missing[key], moments[key] = -row.amount, row.at
    for order_id, line in wanted:
        key = Key(order_id, line.kind.value, line.source_id, line.currency, store_day(line.at).isoformat())
        missing[key] += line.amount
        moments.setdefault(key, line.at)
    entries = [_entry(key, amount, moments[key], cause) for key, amount in missing.items() if amount]
    for start in range(0, len(entries), ROWS_PER_STATEMENT):
        sql.insert(LedgerEntry, entries[start : start + ROWS_PER_STATEMENT])


def _entry(key: Key, amount: int, at: datetime, cause: Cause) -> sql.Row:
    cause = cause.of(key.source_id, at)
    return {
        "order_id": key.order_id,
        "kind": key.kind,
        "source_id": key.source_id,
        "currency": key.currency,
        "amount": amount,
        "occurred_at": at,
        "occurred_on": key.day,
        "event_id": cause.event_pk,
        "posted_at": cause.at,
    }


# --- orders and stock -----------------------------------------------------------------------------


def _write_orders(orders: Sequence[Order], states: dict[int, OrderState], cause: Cause) -> None:
    moments = {
        order.pk: paid_at
        for order in orders
        if order.status == OrderStatus.PENDING and (paid_at := states[order.pk].paid_at)
    }
    newly_paid = [order for order in orders if order.pk in moments]
    if newly_paid:
        noted_at = cause.noted_at((order.payment_intent_id or "", moments[order.pk]) for order in newly_paid)
        lifecycle.move(newly_paid, OrderStatus.PAID, actor=None, at=[*moments.values()], noted_at=noted_at)
        news = [order for order in newly_paid if cause.is_news(moments[order.pk])]
        mailing.write_each(news, MailKind.CONFIRMATION)
    waiting = [o for o in orders if _may_wait(o) and states[o.pk].refund_status != RefundState.FULL]
    short = _allocate([*newly_paid, *waiting])
    for order in orders:
        _write_state(
            order, states[order.pk], awaits=order.pk in short, is_oversold=short.get(order.pk, False)
        )


def _write_state(order: Order, state: OrderState, *, awaits: bool, is_oversold: bool) -> None:
    flag = state.flag
    if is_oversold and state.refund_status != RefundState.FULL and not _waits_by_agreement(order):
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


def _may_wait(order: Order) -> bool:
    """Its goods are not there; or nobody waited for them while all of it was refunded."""
    was_refunded = order.status == OrderStatus.PAID and order.refund_status == RefundState.FULL
    return order.awaits_stock or was_refunded


def _waits_by_agreement(order: Order) -> bool:
    """A person decided it and told the customer. Asked only of what is oversold, which is rare."""
    return BackOrder.objects.filter(order=order).exists()


def _allocate(orders: Sequence[Order]) -> dict[int, bool]:
    """Turn reservations of paid orders into sales.

    Returns the orders that stay short of goods, and whether that is an oversell (True) or only a
    preorder (False).
    """
    if not orders:
        return {}
    paid_at = {order.pk: order.paid_at or timezone.now() for order in orders}
    unsold = sql.fetch(UNSOLD.replace("{orders}", ", ".join(["%s"] * len(paid_at))), [*paid_at])
    sales = [
        Sale(variant_id, item_id, quantity, held, paid_at[order_id])
        for order_id, variant_id, item_id, quantity, held, _ in unsold
    ]
    sold = stock.sell(sales)
    held = [sale.order_item_id for sale in sales if sale.held and sale.order_item_id in sold]
    if held:
        OrderItem.objects.filter(pk__in=held).update(reserved=0)
    short: dict[int, bool] = {}
    for order_id, _, item_id, _, _, is_preorder in unsold:
        if item_id not in sold:
            short[order_id] = short.get(order_id, False) or not is_preorder
    return short
