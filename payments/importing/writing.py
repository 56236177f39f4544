"""Put whole orders into the database: order, items, payment, ledger, all of a batch or none."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from django.db import connection, transaction

from orders import lifecycle
from orders.models import Order, OrderItem, OrderStatus
from payments import facts
from payments.importing.cells import Item
from payments.importing.gathering import Draft, refuse
from payments.importing.goods import Good, Goods
from payments.importing.rejects import Rejects
from payments.models import Charge, Payment, PaymentStatus, Provider
from payments.projection import Cause, adopt, project

PREFIX = "import_"  # of the ids of facts: Stripe's begin otherwise
ITEM_COLUMNS = (
    "order_id",
    "variant_id",
    "sku",
    "product_name",
    "unit_amount",
    "quantity",
    "amount_total",
    "reserved",
)


@dataclass(slots=True)
class Written:
    """How many of a batch were new, and how many were there already just so."""

    new: int = 0
    there: int = 0
    new_lines: int = 0


@transaction.atomic
def write_orders(
    batch: Sequence[Draft], *, source: Path, goods: Goods, cause: Cause, rejects: Rejects
) -> Written:
    """Write the orders that are not there yet. One that is there with other content is rejected."""
    goods.lock()
    known = {order.number: order for order in Order.objects.filter(number__in=[d.number for d in batch])}
    fresh = [draft for draft in batch if draft.number not in known]
    there = _compare([draft for draft in batch if draft.number in known], known, source, rejects)
    if fresh:
        _write(fresh, source, goods, cause)
    return Written(len(fresh), there, sum(len(draft.items) for draft in fresh))


def _write(fresh: Sequence[Draft], source: Path, goods: Goods, cause: Cause) -> None:
    orders = Order.objects.bulk_create(_order(draft) for draft in fresh)
    _insert_items(orders, fresh, goods)
    facts.upsert(Payment, [_payment(order) for order in orders], provider=Provider.IMPORT)
    project(orders, cause)
    # History needs no packing.
    moments = [draft.placed_at for draft in fresh]
    lifecycle.move(orders, OrderStatus.FULFILLED, actor=None, at=moments, why={"import": source.name})
    _adopt_waiting(orders)


def _order(draft: Draft) -> Order:
    """Pending, and nothing reserved: the payment moves it on, like any other."""
    return Order(
        number=draft.number,
        email=draft.head.email,
        country=draft.head.country,
        currency=draft.head.currency,
        amount_subtotal=draft.amount_total,
        amount_total=draft.amount_total,
        payment_intent_id=PREFIX + draft.number,
        created_at=draft.placed_at,
    )


def _payment(order: Order) -> dict[str, object]:
    return {
        "payment_intent_id": order.payment_intent_id,
        "order_id": order.pk,
        "amount": order.amount_total,
        "amount_received": order.amount_total,
        "currency": order.currency,
        "status": PaymentStatus.SUCCEEDED,
        "created": order.created_at,
        "succeeded_at": order.created_at,
    }


def _adopt_waiting(orders: Sequence[Order]) -> None:
    """Stripe may have told of payments for these orders before: they are theirs now, and flag them."""
    numbers = {order.number: order for order in orders}
    waiting: set[str] = set()
    for model in (Payment, Charge):
        claims = model.objects.filter(order=None, claimed_order__in=numbers)
        waiting |= set(claims.values_list("claimed_order", flat=True))
    for number in sorted(waiting):
        adopt(numbers[number], tells=False)


# --- items ----------------------------------------------------------------------------------------


def _insert_items(orders: Sequence[Order], fresh: Sequence[Draft], goods: Goods) -> None:
    wanted: dict[str, Good] = {}
    for draft in fresh:
        for item in draft.items:
            wanted.setdefault(item.sku, Good(item.product_name, item.unit_amount, draft.head.currency))
    ids = goods.ids(wanted)
    rows = (
        (order.pk, ids[item.sku], *item, item.amount_total, 0)
        for order, draft in zip(orders, fresh, strict=True)
        for item in draft.items
    )
    insert = _copy_items if connection.vendor == "postgresql" else _insert_many_items
    insert(rows)


def _copy_items(rows: Iterable[tuple[int | str, ...]]) -> None:
    """Postgres: a stream of rows, no statement to parse and plan."""
    statement = f"COPY {OrderItem._meta.db_table} ({', '.join(ITEM_COLUMNS)}) FROM STDIN"
    connection.ensure_connection()
    with connection.connection.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row(row)


def _insert_many_items(rows: Iterable[tuple[int | str, ...]]) -> None:
    """SQLite: one prepared INSERT for all rows."""
    marks = ", ".join(["%s"] * len(ITEM_COLUMNS))
    with connection.cursor() as cursor:
        cursor.executemany(
            f"INSERT INTO {OrderItem._meta.db_table} ({', '.join(ITEM_COLUMNS)}) VALUES ({marks})",
            list(rows),
        )


# --- orders that are there ------------------------------------------------------------------------


def _compare(batch: Sequence[Draft], known: dict[str, Order], source: Path, rejects: Rejects) -> int:
    """How many are there just as the file has them; the others are rejected."""
    items: dict[int, list[Item]] = defaultdict(list)
    ids = [known[draft.number].pk for draft in batch]
    columns = ("order_id", "sku", "product_name", "unit_amount", "quantity")
    for order_id, *rest in OrderItem.objects.filter(order__in=ids).values_list(*columns):
        items[order_id].append(Item(*rest))
    same = 0
    for draft in batch:
        order = known[draft.number]
        why = _difference(order, items[order.pk], draft)
        same += not why
        if why:
            refuse(source, draft.rows, rejects, {}, f"order {order} is already there, and {why}")
    return same


def _difference(order: Order, items: list[Item], draft: Draft) -> str:
    """What the order that is there has otherwise, or nothing."""
    if order.payment_intent_id != PREFIX + draft.number:
        return "it was not imported but placed in this shop"
    there = (order.email, order.country, order.currency, order.created_at, order.amount_total)
    read = (*draft.head, draft.placed_at, draft.amount_total)
    names = ("email", "country", "currency", "placed_at", "total")
    differ = [name for name, one, other in zip(names, there, read, strict=True) if one != other]
    if not differ and sorted(items) != sorted(draft.items):
        differ = ["lines"]
    return f"it differs in {', '.join(differ)}; nothing was changed" if differ else ""
