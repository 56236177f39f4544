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
from payments.models import Charge, Payment, PaymentStatus, Refund, RefundStatus
from purelaka.days import whole_second
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

    `refunds` sum to the order's `amount_refunded`; after each of `failed` no other refund was made.
    """

    order: Order
    items: list[OrderItem]
    standing: Standing
    paid_with: str
    steps: list[Step]
    refunds: list[Back]
    failed: list[Refund]
    is_held: bool
    is_confirming: bool

    @property
    def has_receipt(self) -> bool:
        return self.order.status in SOLD

    @property
    def has_run_out(self) -> bool:
        """Not paid, and its goods are not kept any more."""
        return self.order.status == OrderStatus.PENDING and not (self.is_held or self.is_confirming)

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
    """Read all of it, with three queries, one more when it is not paid."""
    now = now or timezone.now()
    facts = list(Refund.objects.filter(order=order).order_by("created", "pk"))
    refunds = _gone_back(order, facts)
    charges = Charge.objects.filter(order=order, status="succeeded").order_by("created", "pk")
    paid_with = wording.method(charges.first())
    return CustomerOrder(
        order=order,
        items=list(order.items.select_related("variant__product").order_by("pk")),
        standing=standing(order),
        paid_with=paid_with,
        steps=_steps(order, paid_with, facts, refunds),
        refunds=refunds,
        failed=[refund for refund in facts if _is_open_failure(refund, refunds)],
        is_held=_is_held(order, now),
        is_confirming=_is_confirming(order),
    )


def _is_held(order: Order, now: datetime) -> bool:
    until = order.reserved_until
    return order.status == OrderStatus.PENDING and until is not None and until > now


def _is_confirming(order: Order) -> bool:
    """Whether the customer has paid and the bank, or Stripe's event, is still to come."""
    waits = order.status == OrderStatus.PENDING
    return waits and Payment.objects.filter(order=order, status=PaymentStatus.PROCESSING).exists()


def _is_open_failure(refund: Refund, refunds: Sequence[Back]) -> bool:
    """Whether a refund failed and the money did not go back in another way afterwards."""
    if refund.status != RefundStatus.FAILED:
        return False
    failed_at = refund.failed_at or refund.created
    return not any(back.at and back.at > failed_at for back in refunds)


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
    return [*sorted(told, key=lambda step: whole_second(step.at or order.created_at)), *_next(order)]


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
