"""Put refunds of imported orders into the database, all of a batch or none."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.db import transaction
from django.db.models import Sum

from orders.models import Order
from payments import facts
from payments.importing.cells import REFUND_COLUMNS, BadCell, RefundLine, refund_line
from payments.importing.reading import Row, rows
from payments.importing.rejects import Rejects
from payments.importing.writing import PREFIX, Written
from payments.models import Provider, Refund, RefundStatus
from payments.projection import Cause, lock, project
from payments.shapes import COUNTED
from purelaka.money import display

Read = tuple[Row, RefundLine]


def refund_lines(path: Path, rejects: Rejects) -> Iterator[Read]:
    """The good lines of the file; the others go to `rejects`. Raises BadFile."""
    first: dict[str, int] = {}
    for row in rows(path, REFUND_COLUMNS):
        try:
            if row.fault:
                raise BadCell(row.fault)
            line = refund_line(row.cells)
            if row.line != first.setdefault(line.refund_number, row.line):
                raise BadCell(f"refund {line.refund_number} stands in line {first[line.refund_number]} too")
        except BadCell as fault:
            rejects.add(path, row, str(fault))
        else:
            yield row, line


@dataclass(slots=True)
class _Known:
    """The database's side of one batch."""

    orders: dict[str, Order]
    refunds: dict[str, Refund]
    refunded: dict[int, int] = field(default_factory=lambda: defaultdict(int))  # by order, minor units


@transaction.atomic
def write_refunds(batch: Sequence[Read], *, source: Path, cause: Cause, rejects: Rejects) -> Written:
    """Write the refunds that are not there yet. What does not fit its order is rejected."""
    known = _known([line for _, line in batch])
    written = Written()
    fresh: list[dict[str, Any]] = []
    for row, line in batch:
        why = _fault(line, known)
        if why:
            rejects.add(source, row, why)
        elif PREFIX + line.refund_number in known.refunds:
            written.there += 1
        else:
            order = known.orders[line.order_number]
            known.refunded[order.pk] += line.amount
            fresh.append(_refund(line, order))
    if fresh:
        facts.upsert(Refund, fresh, known_at=cause.at, provider=Provider.IMPORT)
        touched = {refund["order_id"] for refund in fresh}
        project([order for order in known.orders.values() if order.pk in touched], cause)
    written.new = len(fresh)
    return written


def _known(lines: Sequence[RefundLine]) -> _Known:
    numbers = {line.order_number for line in lines}
    orders = lock(Order.objects.filter(number__in=numbers).values_list("pk", flat=True))
    ids = [PREFIX + line.refund_number for line in lines]
    return _Known(
        orders={order.number: order for order in orders},
        refunds={refund.refund_id: refund for refund in Refund.objects.filter(refund_id__in=ids)},
        refunded=defaultdict(int, _refunded(order.pk for order in orders)),
    )


def _refunded(order_ids: Iterable[int]) -> dict[int, int]:
    """What has gone back of these orders, or is on its way."""
    counted = Refund.objects.filter(order__in=list(order_ids), status__in=COUNTED)
    sums = counted.values_list("order_id").annotate(Sum("amount")).order_by()
    return {order_id or 0: amount for order_id, amount in sums}


def _fault(line: RefundLine, known: _Known) -> str:
    """Why the refund can't be, or nothing."""
    order = known.orders.get(line.order_number)
    if order is None:
        return f"there is no order {line.order_number}"
    if order.payment_intent_id != PREFIX + order.number:
        return f"order {order} was not imported: its refunds come from Stripe"
    if line.currency != order.currency:
        return f"order {order} is in {order.currency.upper()}, not {line.currency.upper()}"
    stored = known.refunds.get(PREFIX + line.refund_number)
    if stored:
        there = (stored.order_id, stored.amount, stored.created)
        differs = there != (order.pk, line.amount, line.refunded_at)
        return "it is already there with another order, amount or moment" if differs else ""
    if line.refunded_at < order.created_at:
        return f"it is from before its order {order} was placed"
    left = order.amount_total - known.refunded[order.pk]
    if line.amount > left:
        return f"only {display(left, order.currency)} of order {order} is left to refund"
    return ""


def _refund(line: RefundLine, order: Order) -> dict[str, Any]:
    return {
        "refund_id": PREFIX + line.refund_number,
        "order_id": order.pk,
        "payment_intent_id": PREFIX + order.number,
        "amount": line.amount,
        "currency": line.currency,
        "status": RefundStatus.SUCCEEDED,
        "created": line.refunded_at,
        "counted_at": line.refunded_at,
    }
