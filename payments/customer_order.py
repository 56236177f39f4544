"""What a customer sees of one order, put together for its page and its receipt."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from django.utils import timezone

from orders.models import SOLD, Order, OrderItem, OrderStatus
from orders.standing import Standing, standing
from payments import wording
from payments.models import Charge, Refund, RefundStatus
from purelaka.money import display

GONE_BACK = (RefundStatus.PENDING, RefundStatus.REQUIRES_ACTION, RefundStatus.SUCCEEDED)


class Step(NamedTuple):
    """Something that happened to the order, or comes next when `at` is None. `tone`: good, bad or empty."""

    icon: str
    text: str
    at: datetime | None
    details: str = ""
    tone: str = ""


@dataclass(frozen=True)
class CustomerOrder:
    """The context of `orders/my/order.html` and `orders/my/receipt.html`."""

    order: Order
    items: list[OrderItem]
    standing: Standing
    paid_with: str
    steps: list[Step]
    refunds: list[Refund]
    may_pay: bool

    @property
    def has_receipt(self) -> bool:
        return self.order.status in SOLD


def customer_order(order: Order, now: datetime | None = None) -> CustomerOrder:
    """Read all of it; four queries."""
    now = now or timezone.now()
    paid_with = _paid_with(order)
    refunds = list(Refund.objects.filter(order=order).order_by("created", "pk"))
    return CustomerOrder(
        order=order,
        items=list(order.items.select_related("variant__product").order_by("pk")),
        standing=standing(order),
        paid_with=paid_with,
        steps=_steps(order, paid_with, refunds, now),
        refunds=refunds,
        may_pay=_is_held(order, now),
    )


def _is_held(order: Order, now: datetime) -> bool:
    """Whether its goods are still kept for whoever pays now."""
    until = order.reserved_until
    return order.status == OrderStatus.PENDING and until is not None and until > now


def _paid_with(order: Order) -> str:
    charges = Charge.objects.filter(order=order, status="succeeded").order_by("created", "pk")
    return wording.method(charges.first())


def _steps(order: Order, paid_with: str, refunds: Iterable[Refund], now: datetime) -> list[Step]:
    """In the order in which they happened, what comes next last."""
    happened = [*_moves(order, paid_with), *(_refund(refund, paid_with) for refund in refunds)]
    happened.sort(key=lambda step: step.at or now)
    return [*happened, *_next(order, now)]


def _moves(order: Order, paid_with: str) -> Sequence[Step]:
    moves = [Step("shopping-bag", "Ordered", order.created_at)]
    total = display(order.amount_total, order.currency)
    if order.paid_at:
        moves.append(Step("credit-card", f"Paid {total}", order.paid_at, paid_with, "good"))
    if order.fulfilled_at:
        tracking = f"Tracking number {order.tracking_number}" if order.tracking_number else ""
        moves.append(Step("truck", "Sent", order.fulfilled_at, tracking, "good"))
    if order.canceled_at:
        moves.append(Step("ban", "Cancelled", order.canceled_at))
    return moves


def _next(order: Order, now: datetime) -> list[Step]:
    if order.status == OrderStatus.PAID:
        return [Step("package", "Being packed", None)]
    return [Step("credit-card", "Payment", None)] if order.status == OrderStatus.PENDING else []


def _refund(refund: Refund, paid_with: str) -> Step:
    amount = display(refund.amount, refund.currency)
    return Step("arrow-back-up", f"{amount} refunded", refund.created)
