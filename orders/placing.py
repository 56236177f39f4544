"""Place an order: price it, promise its stock, write it down. One way, whoever asks."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.crypto import get_random_string

from accounts.models import User, normalised
from audit import log
from catalog import stock
from catalog.models import Variant
from orders.models import Order, OrderItem

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


def place_order(
    lines: Sequence[Line],
    *,
    email: str,
    user: User | None = None,
    name: str = "",
    address: str = "",
    country: str = "",
    number: str = "",
    payment_intent_id: str | None = None,
    at: datetime | None = None,
) -> Order:
    """Write a pending order and hold its stock for `RESERVATION_MINUTES`.

    Lines of one variant are kept apart. All must be in one currency. Raises CannotPlace, or
    OutOfStock for the first variant that is short; nothing was written then.
    """
    if not lines:
        raise CannotPlace("The basket is empty.")
    currencies = {line.variant.currency for line in lines}
    if len(currencies) > 1:
        raise CannotPlace(f"One order has one currency, not {' and '.join(sorted(currencies))}.")
    if gone := [line.variant for line in lines if not _is_for_sale(line.variant)]:
        raise CannotPlace(f"{gone[0].product.name} is not for sale any more.")
    if any(line.quantity < 1 for line in lines):
        raise CannotPlace("A quantity must be at least 1.")
    moment = at or timezone.now()
    with transaction.atomic():
        order = Order.objects.create(
            number=number or new_number(),
            user=user,
            email=normalised(email),
            name=name,
            address=address,
            country=country,
            currency=currencies.pop(),
            amount_total=sum(line.variant.unit_amount * line.quantity for line in lines),
            payment_intent_id=payment_intent_id,
            created_at=moment,
            reserved_until=moment + timedelta(minutes=settings.RESERVATION_MINUTES),
        )
        _write_items(order, lines)
        log.record("order.placed", actor=user, target=order, amount=order.amount_total)
        for step in after_placing:
            step(order)
    return order


def _is_for_sale(variant: Variant) -> bool:
    return variant.is_active and variant.product.is_active


def _write_items(order: Order, lines: Sequence[Line]) -> None:
    in_lock_order = sorted(lines, key=lambda line: line.variant.pk)
    OrderItem.objects.bulk_create(
        OrderItem(
            order=order,
            variant=line.variant,
            sku=line.variant.sku,
            product_name=line.variant.product.name,
            unit_amount=line.variant.unit_amount,
            quantity=line.quantity,
            amount_total=line.variant.unit_amount * line.quantity,
            reserved=stock.reserve(line.variant, line.quantity),
        )
        for line in in_lock_order
    )


def new_number() -> str:
    """A fresh order number such as `PL-7KQ2M9XD`: no two letters that look alike, not guessable."""
    return f"PL-{get_random_string(8, NUMBER_ALPHABET)}"
