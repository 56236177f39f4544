"""From a basket to an order that waits for its payment. However often it is asked for, it is one order.

The basket's row is the lock. While its unpaid order is just what is asked for, that order is the
answer; when anything differs, the old one is given up and another takes its place.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db import transaction
from django.utils import timezone

from accounts.models import Address, User
from catalog.stock import OutOfStock
from orders import basket as baskets
from orders import lifecycle, quoting, reviewing
from orders.agreement import differences, seen_of
from orders.discounts import CodeRefused, Purchase, check
from orders.models import SOLD, Basket, DiscountCode, Order, OrderStatus
from orders.placing import place_order
from orders.quoting import Asked, Quote
from orders.rates import country_name
from orders.reviewing import Review
from purelaka.postcodes import with_town

# Run before an unpaid order is given up for another, outside of any transaction: whoever may have begun
# to take money for it makes sure that none can come any more. Raises BeingPaid, or CannotReplace.
before_replacing: list[Callable[[Order], None]] = []

TRIES = 3


class CheckoutStopped(Exception):
    """Nothing was ordered. The message is for the customer."""


class BeingPaid(CheckoutStopped):
    """The basket's order has been paid, or its payment is under way: it can't be replaced."""

    def __init__(self, order: Order) -> None:
        self.order = order
        super().__init__(f"Order {order} is being paid.")


class CannotReplace(CheckoutStopped):
    """The old order can't be given up at the moment, such as when Stripe does not answer."""


class NeedsAttention(CheckoutStopped):
    """The basket is empty, or some of its lines can't be ordered as they are."""


class Changed(CheckoutStopped):
    """It would cost something else than what the customer saw: `changes` tells what."""

    def __init__(self, *changes: str) -> None:
        self.changes = changes
        super().__init__(" ".join(changes))


@dataclass(frozen=True)
class Details:
    """Who gets the goods, and where. `country` is an ISO 3166 code."""

    email: str
    name: str
    line1: str
    city: str
    country: str
    line2: str = ""
    postcode: str = ""

    @property
    def address(self) -> str:
        """As on a parcel, one line each, the country last."""
        town = with_town(self.city, self.postcode, self.country)
        lines = [self.line1, self.line2, town, country_name(self.country)]
        return "\n".join(line for line in lines if line)


@dataclass(frozen=True)
class Wanted:
    """What shall be ordered, all of it."""

    details: Details
    user: User | None
    review: Review
    quote: Quote


def asked(basket: Basket, *, country: str = "", method_id: int | None = None, email: str = "") -> Asked:
    """What to quote for a basket: its own choices where no others are given."""
    return Asked(
        country=country or str(basket.country),
        method_id=method_id or basket.shipping_method_id,
        code=basket.discount_code,
        email=email or (basket.user.email if basket.user else basket.email),
        replaces=basket.order_id,
    )


def likely_country(basket: Basket, user: User | AnonymousUser, deliverable: Sequence[tuple[str, str]]) -> str:
    """Where it will probably go, of the countries that are delivered to; empty when there are none."""
    own = Address.objects.filter(user=user, is_default=True).first() if isinstance(user, User) else None
    guesses = [str(basket.country), str(own.country) if own else "", settings.STORE_COUNTRY]
    codes = [code for code, _ in deliverable]
    return next((code for code in guesses if code in codes), codes[0] if codes else "")


def place(basket: Basket, details: Details, *, user: User | None, method_id: int | None, seen: str) -> Order:
    """Order what is in the basket; returns the order that now waits for its payment.

    `seen` are the amounts the customer agreed to (`seen_of` the quote that was shown). Raises
    CheckoutStopped: then nothing was ordered.
    """
    for _ in range(TRIES):
        with transaction.atomic():
            mine = baskets.locked(basket)
            wanted = _wanted(mine, details, user, method_id)
            _refuse_if_paid(mine)
            _refuse_what_differs(wanted, seen)
            if mine.order is None or mine.order.status == OrderStatus.CANCELED:
                return _write(mine, wanted)
            if _is_what_is(mine.order, wanted):
                return mine.order
            old = mine.order
        _give_up(old, user)
    raise CannotReplace("This basket is being ordered in another window. Go on there, or try again.")


def is_held(order: Order | None, now: datetime) -> bool:
    """Whether an unpaid order still holds its goods."""
    return (
        order is not None
        and order.status == OrderStatus.PENDING
        and order.reserved_until is not None
        and order.reserved_until > now
    )


def _wanted(basket: Basket, details: Details, user: User | None, method_id: int | None) -> Wanted:
    reviewed = reviewing.review(basket)
    wish = asked(basket, country=details.country, method_id=method_id, email=details.email)
    quote = quoting.quote(reviewed.to_order, wish, currency=reviewed.currency, now=timezone.now())
    return Wanted(details, user, reviewed, quote)


def _refuse_if_paid(basket: Basket) -> None:
    if basket.order and basket.order.status in SOLD:
        raise BeingPaid(basket.order)
    if basket.closed_at:
        raise NeedsAttention("Your basket is empty.")


def _refuse_what_differs(wanted: Wanted, seen: str) -> None:
    if not wanted.review.lines:
        raise NeedsAttention("Your basket is empty.")
    if wanted.review.problems:
        raise NeedsAttention("Some goods can't be ordered as they are. Nothing was charged.")
    if wanted.quote.obstacle:
        raise Changed(wanted.quote.obstacle)
    if seen != seen_of(wanted.quote):
        raise Changed(*differences(seen, wanted.quote))


# --- the order ------------------------------------------------------------------------------------


def _write(basket: Basket, wanted: Wanted) -> Order:
    terms, details = wanted.quote.terms, wanted.details
    if terms.discount_code:
        _hold_code(terms.discount_code, wanted)
    try:
        order = place_order(
            wanted.review.to_order,
            email=details.email,
            user=wanted.user,
            name=details.name,
            address=details.address,
            country=country_name(details.country)[:64],
            terms=terms,
        )
    except OutOfStock as short:
        name = short.variant.product.name
        raise NeedsAttention(f"{name} was sold a moment ago. Nothing was charged.") from short
    basket.order = order
    basket.save(update_fields=["order"])
    return order


def _hold_code(code: DiscountCode, wanted: Wanted) -> None:
    """Nobody else can use the code until this order is written: its uses are counted exactly."""
    held = DiscountCode.objects.select_for_update().get(pk=code.pk)
    quote = wanted.quote
    try:
        check(held, Purchase(quote.amount_subtotal, quote.currency, wanted.details.email), now=timezone.now())
    except CodeRefused as refusal:
        raise Changed(str(refusal)) from refusal


def _is_what_is(order: Order, wanted: Wanted) -> bool:
    return (
        is_held(order, timezone.now())
        and _facts(order) == _facts_wanted(wanted)
        and _same_lines(order, wanted)
    )


def _facts(order: Order) -> tuple[object, ...]:
    return (
        order.user_id,
        order.email,
        order.name,
        order.address,
        order.currency,
        order.shipping_method,
        order.discount_code_id,
        order.amount_subtotal,
        order.amount_discount,
        order.amount_shipping,
        order.amount_tax,
        order.amount_total,
        (order.tax_behavior, order.tax_name, order.tax_rate),
    )


def _facts_wanted(wanted: Wanted) -> tuple[object, ...]:
    details, quote = wanted.details, wanted.quote
    return (
        wanted.user.pk if wanted.user else None,
        details.email,
        details.name,
        details.address,
        quote.currency,
        quote.shipping_method,
        quote.discount_code.pk if quote.discount_code else None,
        quote.amount_subtotal,
        quote.amount_discount,
        quote.amount_shipping,
        quote.amount_tax,
        quote.amount_total,
        (quote.tax_behavior, quote.tax_name, quote.tax_rate),
    )


def _same_lines(order: Order, wanted: Wanted) -> bool:
    there = Counter(order.items.values_list("variant_id", "quantity", "unit_amount"))
    asked_for = Counter(
        (line.variant.pk, line.quantity, line.variant.unit_amount) for line in wanted.review.to_order
    )
    return there == asked_for


def _give_up(order: Order, user: User | None) -> None:
    """Cancel an unpaid order for good, first where money could come for it. Raises BeingPaid."""
    for step in before_replacing:
        step(order)
    try:
        lifecycle.cancel(order, actor=user, reason="replaced at the checkout")
    except lifecycle.IllegalMove:  # paid in this very moment, or canceled by somebody else
        order.refresh_from_db()
        if order.status != OrderStatus.CANCELED:
            raise BeingPaid(order) from None
