"""What a customer sees of one order, put together for its page and its receipt."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from django.utils import timezone

from orders.models import SOLD, Flag, Order, OrderItem, OrderStatus
from orders.standing import Standing, standing
from payments import wording
from payments.models import Charge, Refund, RefundStatus
from purelaka.money import display

CAME_TO_NOTHING = (RefundStatus.FAILED, RefundStatus.CANCELED)


class Step(NamedTuple):
    """What happened to the order, or comes next when `at` is None. `tone`: good, bad or empty."""

    icon: str
    text: str
    at: datetime | None
    details: str = ""
    tone: str = ""


class Back(NamedTuple):
    """Money that went back, or is on its way. Positive minor units of the order's currency."""

    amount: int
    at: datetime | None
    is_there: bool


@dataclass(frozen=True)
class CustomerOrder:
    """The context of `orders/my/order.html` and `orders/my/receipt.html`.

    `refunds` sum to the order's `amount_refunded`; `failed` are refunds that came to nothing.
    """

    order: Order
    items: list[OrderItem]
    standing: Standing
    paid_with: str
    steps: list[Step]
    refunds: list[Back]
    failed: list[Refund]
    is_held: bool

    @property
    def has_receipt(self) -> bool:
        return self.order.status in SOLD

    @property
    def has_run_out(self) -> bool:
        """Not paid, and its goods are not kept any more."""
        return self.order.status == OrderStatus.PENDING and not self.is_held

    @property
    def was_paid_too_late(self) -> bool:
        return self.order.flag == Flag.PAID_AFTER_CANCEL

    @property
    def tax_rate(self) -> str:
        """In per cent: `20`, `5.5`."""
        return f"{Decimal(self.order.tax_rate).scaleb(-2).normalize():f}"

    @property
    def amount_before_tax(self) -> int:
        """What the tax was worked out on."""
        return self.order.amount_total - self.order.amount_tax


def customer_order(order: Order, now: datetime | None = None) -> CustomerOrder:
    """Read all of it, with three queries."""
    now = now or timezone.now()
    facts = list(Refund.objects.filter(order=order).order_by("created", "pk"))
    refunds, failed = _gone_back(order, facts), [r for r in facts if r.status == RefundStatus.FAILED]
    charges = Charge.objects.filter(order=order, status="succeeded").order_by("created", "pk")
    paid_with = wording.method(charges.first())
    return CustomerOrder(
        order=order,
        items=list(order.items.select_related("variant__product").order_by("pk")),
        standing=standing(order),
        paid_with=paid_with,
        steps=_steps(order, paid_with, facts, refunds),
        refunds=refunds,
        failed=failed,
        is_held=_is_held(order, now),
    )


def _is_held(order: Order, now: datetime) -> bool:
    until = order.reserved_until
    return order.status == OrderStatus.PENDING and until is not None and until > now


def _gone_back(order: Order, facts: Sequence[Refund]) -> list[Back]:
    """Stripe may say that a charge was refunded without saying by which refunds: the rest is a row too."""
    told = [
        Back(refund.amount, refund.created, refund.status == RefundStatus.SUCCEEDED)
        for refund in facts
        if refund.status not in CAME_TO_NOTHING
    ]
    rest = order.amount_refunded - sum(back.amount for back in told)
    return [*told, Back(rest, order.refunded_at, True)] if rest > 0 else told


# --- the steps ------------------------------------------------------------------------------------


def _steps(order: Order, paid_with: str, facts: Sequence[Refund], refunds: Sequence[Back]) -> list[Step]:
    """In the order in which they happened; what comes next last."""
    happened = [
        *_moves(order, paid_with),
        *(_refunded(back, order, paid_with) for back in refunds),
        *(step for refund in facts for step in _came_to_nothing(refund)),
    ]
    told = [step for step in happened if step.at is not None]
    return [*sorted(told, key=lambda step: step.at or order.created_at), *_next(order)]


def _moves(order: Order, paid_with: str) -> Iterator[Step]:
    total = display(order.amount_total, order.currency)
    tracking = f"Tracking number {order.tracking_number}" if order.tracking_number else ""
    yield Step("shopping-bag", "Ordered", order.created_at)
    yield Step(
        "credit-card", f"Paid {total}", order.paid_at, f"With {paid_with}" if paid_with else "", "good"
    )
    yield Step("truck", "Sent", order.fulfilled_at, tracking, "good")
    yield Step("ban", "Cancelled", order.canceled_at)


def _next(order: Order) -> Iterator[Step]:
    if order.status == OrderStatus.PENDING:
        yield Step("credit-card", "Payment", None)
    elif order.status == OrderStatus.PAID and order.amount_left:
        yield Step("package", "Being packed", None)


def _refunded(back: Back, order: Order, paid_with: str) -> Step:
    amount = display(back.amount, order.currency)
    to = f"To {paid_with}. " if paid_with else ""
    if back.is_there:
        text, tone = f"Refunded {amount}", "good"
    else:
        text, tone = f"Refund of {amount} is on its way", ""
    return Step("arrow-back-up", text, back.at, f"{to}Banks take 5 to 10 days to show it.", tone)


def _came_to_nothing(refund: Refund) -> Iterator[Step]:
    amount = display(refund.amount, refund.currency)
    at = refund.failed_at or refund.created
    if refund.status == RefundStatus.FAILED:
        details = "The bank did not take it, so the money has not reached you. The shop knows."
        yield Step("alert-circle", f"Refund of {amount} failed", at, details, "bad")
    elif refund.status == RefundStatus.CANCELED:
        yield Step("ban", f"Refund of {amount} was cancelled", at)
