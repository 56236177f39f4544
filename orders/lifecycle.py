"""The one way an order changes its status.

pending → paid → fulfilled
pending → canceled
"""

from collections.abc import Sequence
from datetime import datetime

from django.db import connection, transaction
from django.utils import timezone

from accounts.models import User
from audit import log
from audit.models import AuditLog
from catalog import stock
from orders import mailing
from orders.models import MailKind, Order, OrderStatus

NEXT: dict[OrderStatus, set[OrderStatus]] = {
    OrderStatus.PENDING: {OrderStatus.PAID, OrderStatus.CANCELED},
    OrderStatus.PAID: {OrderStatus.FULFILLED},
    OrderStatus.FULFILLED: set(),
    OrderStatus.CANCELED: set(),
}
MOMENT = {
    OrderStatus.PAID: "paid_at",
    OrderStatus.FULFILLED: "fulfilled_at",
    OrderStatus.CANCELED: "canceled_at",
}


class IllegalMove(Exception):
    """The order can't go there from where it is; the message is for the person who tried."""


class LostRace(IllegalMove):
    """Somebody else moved the order first."""


def move(
    orders: Sequence[Order],
    to: OrderStatus,
    *,
    actor: User | None,
    at: Sequence[datetime] | None = None,
    noted_at: Sequence[datetime] | None = None,
    why: dict[str, str] | None = None,
) -> None:
    """Move `orders` one step and write an audit row for each, in one transaction.

    `at` are the moments of the step, one an order, and `noted_at` when it became known, as its audit
    row says, both now by default. `actor` is None when Stripe or a command, not a person, caused it. Raises
    IllegalMove or LostRace; nothing was written then.
    """
    now = [timezone.now()] * len(orders)
    moments, noted_at = at or now, noted_at or now
    for order in orders:
        if to not in NEXT[OrderStatus(order.status)]:
            raise IllegalMove(
                f"{order} is {order.get_status_display().lower()}: it can't become {to.label.lower()}."
            )
    with transaction.atomic(savepoint=False):
        if _swap(orders, to, moments, noted_at) != len(orders):
            raise LostRace(f"{orders[0]} was changed by somebody else. Load the page again.")
        details = [{"was": order.status, **(why or {})} for order in orders]
        log.record_each(f"order.{to}", orders, actor=actor, data=details, at=noted_at)
    for order, moment in zip(orders, moments, strict=True):
        order.status = to
        setattr(order, MOMENT[to], moment)


def fulfil(order: Order, *, actor: User | None, tracking_number: str = "") -> None:
    """Mark a paid order as sent and tell the customer.

    Raises IllegalMove, also while some of its goods are not there.
    """
    with transaction.atomic():
        fresh = Order.objects.select_for_update().get(pk=order.pk)
        if fresh.awaits_stock:
            raise IllegalMove(f"{order} waits for stock: some of its goods have not been allocated.")
        move([order], OrderStatus.FULFILLED, actor=actor, why={"tracking_number": tracking_number})
        Order.objects.filter(pk=order.pk).update(tracking_number=tracking_number)
        mailing.write(order, MailKind.SHIPPED)
    order.tracking_number = tracking_number


def cancel(order: Order, *, actor: User | None, reason: str) -> None:
    """Cancel an unpaid order and give its reserved stock back. Raises IllegalMove, LostRace."""
    with transaction.atomic():
        move([order], OrderStatus.CANCELED, actor=actor, why={"reason": reason})
        for item in order.items.filter(reserved__gt=0).order_by("variant_id", "pk"):
            stock.release(item.variant_id, item.reserved)
        order.items.filter(reserved__gt=0).update(reserved=0)


def reason_of_end(order: Order) -> str:
    """Why it was cancelled, as it was written down then; empty for one that is not."""
    told = AuditLog.objects.filter(target_type="order", target_id=str(order.pk))
    canceled = told.filter(event_type=f"order.{OrderStatus.CANCELED}").first()
    return str(canceled.data.get("reason", "")) if canceled else ""


def _sources(to: OrderStatus) -> list[OrderStatus]:
    return [source for source, targets in NEXT.items() if to in targets]


def _swap(
    orders: Sequence[Order], to: OrderStatus, moments: Sequence[datetime], known_at: Sequence[datetime]
) -> int:
    """Compare-and-swap: the WHERE clause is the lock. Returns how many orders it changed.

    Each order has its own moment: an import moves hundreds at once.
    """
    if not orders:
        return 0
    sources = _sources(to)
    learnt = ", paid_known_at = step.column3" if to == OrderStatus.PAID else ""
    statement = f"""
        UPDATE {Order._meta.db_table} SET status = %s, {MOMENT[to]} = step.column2{learnt}
        FROM (VALUES {", ".join(["(%s, %s, %s)"] * len(orders))}) AS step
        WHERE id = step.column1 AND status IN ({", ".join(["%s"] * len(sources))})
    """
    stored = connection.ops.adapt_datetimefield_value
    steps = [
        value
        for order, at, known in zip(orders, moments, known_at, strict=True)
        for value in (order.pk, stored(at), stored(known))
    ]
    with connection.cursor() as cursor:
        cursor.execute(statement, [to, *steps, *sources])
        return int(cursor.rowcount)
