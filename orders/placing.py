"""Place an order: price it, promise its stock, write it down. One way, whoever asks."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.crypto import get_random_string

from accounts.models import User, normalised
from audit import log
from catalog import stock
from catalog.models import Variant
from orders.models import DiscountCode, Order, OrderItem
from orders.pricing import Amounts, Discount, Tax, price

# Run in the placing transaction. Payments puts its own in, since it may know of money already.
after_placing: list[Callable[[Order], None]] = []

NUMBER_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"


class CannotPlace(ValueError):
    """The order can't be placed as asked; the message says why."""


@dataclass(frozen=True)
class Line:
    """`quantity` pieces of a variant at its present price."""

    variant: Variant
    quantity: int

    @property
    def amount(self) -> int:
        """Minor units of all pieces together."""
        return self.variant.unit_amount * self.quantity


@dataclass(frozen=True)
class Terms:
    """What comes on top of the goods, or off them. Minor units of the order's currency."""

    shipping_method: str = ""
    shipping: int = 0
    tax: Tax = field(default_factory=Tax)
    discount_code: DiscountCode | None = None

    def of(self, lines: Sequence[Line]) -> Amounts:
        """What these lines cost on these terms."""
        return price(
            [line.amount for line in lines], discount=self.discount, shipping=self.shipping, tax=self.tax
        )

    @property
    def discount(self) -> Discount:
        code = self.discount_code
        return Discount(code.percent_off or 0, code.amount_off or 0) if code else Discount()


def place_order(
    lines: Sequence[Line],
    *,
    email: str,
    user: User | None = None,
    name: str = "",
    address: str = "",
    country: str = "",
    terms: Terms | None = None,
    number: str = "",
    payment_intent_id: str | None = None,
    at: datetime | None = None,
) -> Order:
    """Write a pending order and hold its stock for `RESERVATION_MINUTES`.

    Lines of one variant are kept apart. All must be in one currency. Raises CannotPlace, or
    OutOfStock for the first variant that is short; nothing was written then.
    """
    currency = _one_currency(lines)
    moment = at or timezone.now()
    terms = terms or Terms()
    amounts = terms.of(lines)
    with transaction.atomic():
        order = Order.objects.create(
            number=number or new_number(),
            user=user,
            email=normalised(email),
            name=name,
            address=address,
            country=country,
            currency=currency,
            amount_subtotal=amounts.subtotal,
            amount_discount=amounts.discount,
            amount_shipping=amounts.shipping,
            amount_tax=amounts.tax,
            amount_total=amounts.total,
            tax_behavior=terms.tax.behavior,
            tax_name=terms.tax.name,
            tax_rate=terms.tax.rate,
            shipping_method=terms.shipping_method,
            discount_code=terms.discount_code,
            payment_intent_id=payment_intent_id,
            created_at=moment,
            reserved_until=moment + timedelta(minutes=settings.RESERVATION_MINUTES),
        )
        _write_items(order, lines, amounts)
        log.record("order.placed", actor=user, target=order, amount=order.amount_total)
        for step in after_placing:
            step(order)
    return order


def _one_currency(lines: Sequence[Line]) -> str:
    """The currency of lines that can be ordered. Raises CannotPlace."""
    if not lines:
        raise CannotPlace("The basket is empty.")
    currencies = {line.variant.currency for line in lines}
    if len(currencies) > 1:
        raise CannotPlace(f"One order has one currency, not {' and '.join(sorted(currencies))}.")
    if gone := [line.variant for line in lines if not _is_for_sale(line.variant)]:
        raise CannotPlace(f"{gone[0].product.name} is not for sale any more.")
    if any(line.quantity < 1 for line in lines):
        raise CannotPlace("A quantity must be at least 1.")
    return currencies.pop()


def _is_for_sale(variant: Variant) -> bool:
    return variant.is_active and variant.product.is_active


def _write_items(order: Order, lines: Sequence[Line], amounts: Amounts) -> None:
    in_lock_order = sorted(
        zip(lines, amounts.lines, strict=True), key=lambda line_and_share: line_and_share[0].variant.pk
    )
    OrderItem.objects.bulk_create(
        OrderItem(
            order=order,
            variant=line.variant,
            sku=line.variant.sku,
            product_name=line.variant.product.name,
            variant_name=line.variant.name,
            unit_amount=line.variant.unit_amount,
            unit_cost=line.variant.unit_cost,
            quantity=line.quantity,
            amount_total=share.amount,
            amount_discount=share.discount,
            amount_tax=share.tax,
            reserved=stock.reserve(line.variant, line.quantity),
        )
        for line, share in in_lock_order
    )


def new_number() -> str:
    """A fresh order number such as `PL-7KQ2M9XD`: no two letters that look alike, not guessable."""
    return f"PL-{get_random_string(8, NUMBER_ALPHABET)}"
