"""What of an order's lines and delivery can still be refunded, and what pieces of it come to.

A line is worth what the customer paid for it in the end: less its discount, plus its tax where tax is
added to prices. Delivery is the rest of the order's total. Of a line's pieces each costs the same but
for rounding: the first `n` together are worth their share of the line rounded half up, so that all
pieces of all lines and delivery are worth the order's total, in however many steps they go back.
"""

import uuid
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from catalog import stock
from catalog.models import StockMovement, StockReason
from orders.models import Order, OrderItem, TaxBehavior
from payments.models import (
    HOLDING,
    Refund,
    RefundLine,
    RefundRequest,
    RefundSettlement,
    RequestStatus,
)
from payments.shapes import FAILED


class PiecesGone(ValueError):
    """Pieces that were chosen are refunded already, or were never there. Nothing was written."""

    def __init__(self, message: str, item_id: int | None = None) -> None:
        self.item_id = item_id
        super().__init__(message)


@dataclass(frozen=True)
class Pick:
    """Pieces of one line to refund, and whether they go back on the shelf."""

    item_id: int
    quantity: int
    restock: bool = False


@dataclass(frozen=True)
class Choice:
    """What a refund is for. Empty when only an amount was written."""

    picks: Sequence[Pick] = ()
    delivery: bool = False

    def __bool__(self) -> bool:
        return bool(self.picks) or self.delivery


@dataclass(frozen=True)
class LineLeft:
    """A line with what went back of it. `returnable` pieces left the stock and did not come back."""

    item: OrderItem
    net: int
    quantity_refunded: int = 0
    amount_refunded: int = 0
    returnable: int = 0

    @property
    def quantity(self) -> int:
        """Pieces that are left to refund."""
        return max(self.item.quantity - self.quantity_refunded, 0)

    def amount(self, pieces: int) -> int:
        """What `pieces` of those left come to, in minor units."""
        until = worth(self.net, self.quantity_refunded + pieces, self.item.quantity)
        return max(until - self.amount_refunded, 0) if pieces else 0


@dataclass(frozen=True)
class Parts:
    """An order's lines, and its delivery in minor units: of all of it, and what is left."""

    lines: list[LineLeft]
    delivery: int = 0
    delivery_left: int = 0
    taken: list[RefundLine] = field(default_factory=list)  # of requests that stand

    def rows(self, choice: Choice) -> list[RefundLine]:
        """The rows of a request, not saved. Raises PiecesGone."""
        lines = {line.item.pk: line for line in self.lines}
        if choice.delivery and not self.delivery_left:
            raise PiecesGone("Nothing of the delivery is left to refund.")
        return [_row(lines.get(pick.item_id), pick) for pick in choice.picks]

    def due(self, choice: Choice) -> int:
        """What the choice comes to, in minor units. Raises PiecesGone."""
        return sum(row.amount for row in self.rows(choice)) + (self.delivery_left if choice.delivery else 0)


def parts_of(order: Order) -> Parts:
    """Read it; four queries however many lines there are."""
    items = list(order.items.select_related("variant").order_by("pk"))
    return parts_from(order, items, standing_requests(order), returnable(items))


def parts_from(
    order: Order, items: Sequence[OrderItem], standing: Sequence[RefundRequest], shelf: Mapping[int, int]
) -> Parts:
    """The same from what was read: `standing` as of `standing_requests`, `shelf` as of `returnable`."""
    nets = [net_of(item, order) for item in items]
    taken = [line for request in standing for line in request.lines.all()]
    pieces: Counter[int] = Counter()
    amounts: Counter[int] = Counter()
    for line in taken:
        pieces[line.item_id] += line.quantity
        amounts[line.item_id] += line.amount
    lines = [
        LineLeft(item, net, pieces[item.pk], amounts[item.pk], shelf.get(item.pk, 0))
        for item, net in zip(items, nets, strict=True)
    ]
    delivery = max(order.amount_total - sum(nets), 0)
    gone = sum(request.amount_delivery for request in standing)
    return Parts(lines, delivery, max(delivery - gone, 0), taken)


def net_of(item: OrderItem, order: Order) -> int:
    """What all pieces of a line cost the customer, in minor units."""
    added = item.amount_tax if order.tax_behavior == TaxBehavior.EXCLUSIVE else 0
    return item.amount_total - item.amount_discount + added


def worth(net: int, pieces: int, quantity: int) -> int:
    """The first `pieces` of `quantity` that cost `net` together, rounded half up."""
    return (2 * net * pieces + quantity) // (2 * quantity)


def standing_requests(order: Order) -> list[RefundRequest]:
    """Requests whose money went back, or still may. One whose refund failed is free to be made again."""
    lost = Refund.objects.filter(order=order, status__in=FAILED).exclude(
        refund_id__in=RefundSettlement.objects.filter(order=order).values("refund_id")
    )
    requests = order.refund_requests.filter(status__in=[*HOLDING, RequestStatus.ANSWERED])
    standing = requests.exclude(refund_id__in=lost.values("refund_id")).prefetch_related("lines")
    return list(standing.order_by("pk"))


def standing_among(
    requests: Iterable[RefundRequest], refunds: Iterable[Refund], settled: Collection[str]
) -> list[RefundRequest]:
    """The same of requests that were read; `settled` are ids of failed refunds that were paid another way."""
    lost = {refund.refund_id for refund in refunds if refund.status in FAILED} - set(settled)
    stands = (*HOLDING, RequestStatus.ANSWERED)
    return [request for request in requests if request.status in stands and request.refund_id not in lost]


def returnable(items: Iterable[OrderItem]) -> dict[int, int]:
    """By order line: pieces that were taken from stock for it and have not come back."""
    moved = StockMovement.objects.filter(
        order_item__in=[item.pk for item in items], reason__in=[StockReason.SALE, StockReason.RETURN]
    )
    return returnable_among(moved)


def returnable_among(movements: Iterable[StockMovement]) -> dict[int, int]:
    """The same of movements that were read."""
    gone: Counter[int] = Counter()
    for movement in movements:
        if movement.order_item_id and movement.reason in (StockReason.SALE, StockReason.RETURN):
            gone[movement.order_item_id] -= movement.quantity
    return {item_id: max(quantity, 0) for item_id, quantity in gone.items()}


def put_back(request: RefundRequest) -> None:
    """Put the goods of a request's lines back on the shelf, once; in the transaction of its answer.

    Never more than was sold and has not come back.
    """
    lines = list(request.lines.filter(restock=True).select_related("item__variant"))
    shelf = returnable(line.item for line in lines) if lines else {}
    for line in sorted(lines, key=lambda each: each.item.variant_id):
        key = uuid.uuid5(request.key, f"line:{line.item_id}")
        pieces = min(line.quantity, shelf.get(line.item_id, 0))
        if pieces and not StockMovement.objects.filter(form_key=key).exists():
            stock.change(
                line.item.variant,
                pieces,
                reason=StockReason.RETURN,
                actor=request.actor,
                note=f"{request.order.number}, refunded",
                form_key=key,
                order_item_id=line.item_id,
            )


def _row(line: LineLeft | None, pick: Pick) -> RefundLine:
    if line is None:
        raise PiecesGone("That line is not in this order.")
    if not 0 < pick.quantity <= line.quantity:
        left = f"{line.quantity:,} of {line.item.quantity:,}" if line.quantity else "Nothing"
        raise PiecesGone(f"{left} {line.item.product_name} can still be refunded.", line.item.pk)
    if pick.restock and pick.quantity > line.returnable:
        raise PiecesGone(
            f"{line.returnable:,} of {line.item.product_name} can come back to stock: "
            "the others never left it, or came back before.",
            line.item.pk,
        )
    return RefundLine(
        item=line.item, quantity=pick.quantity, amount=line.amount(pick.quantity), restock=pick.restock
    )
