"""Buy again what an order held, at today's prices."""

from dataclasses import dataclass, field

from django.http import HttpRequest

from catalog.models import Variant
from orders import basket as baskets
from orders.models import Order, OrderItem
from purelaka.money import display


@dataclass
class Outcome:
    """How many products are in the basket now, and sentences for the customer about the others."""

    products: int = 0
    short: list[str] = field(default_factory=list)  # what could not be had, or not all of it
    repriced: list[str] = field(default_factory=list)  # what has another price now


def buy_again(request: HttpRequest, order: Order) -> Outcome:
    """Fill the visitor's basket up to what the order held. A second call adds nothing more."""
    outcome = Outcome()
    for item, quantity in _wanted(order):
        if not _fill_up(request, item.variant, quantity, outcome):
            continue
        outcome.products += 1
        if (item.unit_amount, order.currency) != (item.variant.unit_amount, item.variant.currency):
            price = display(item.variant.unit_amount, item.variant.currency)
            outcome.repriced.append(f"{item.product_name} costs {price} now.")
    return outcome


def _wanted(order: Order) -> list[tuple[OrderItem, int]]:
    """A line for each variant, and the pieces of all its lines together."""
    lines: dict[int, OrderItem] = {}
    pieces: dict[int, int] = {}
    for item in order.items.select_related("variant__product").order_by("pk"):
        lines.setdefault(item.variant_id, item)
        pieces[item.variant_id] = pieces.get(item.variant_id, 0) + item.quantity
    return [(item, pieces[pk]) for pk, item in lines.items()]


def _fill_up(request: HttpRequest, variant: Variant, quantity: int, outcome: Outcome) -> int:
    """Put in what is missing, or as many of it as are left. Returns the pieces in the basket."""
    there = _in_basket(request, variant)
    wanted = quantity - there
    if wanted <= 0:
        return there
    try:
        baskets.add(request, variant, wanted)
        return quantity
    except baskets.Refused as refusal:
        outcome.short.append(str(refusal))
    basket = baskets.open_basket(request)
    left = (baskets.room_for(variant, basket) if basket else variant.available) - there
    if not 0 < left < wanted:
        return there
    try:
        baskets.add(request, variant, left)
    except baskets.Refused:  # it is not for sale, or in another currency: said already
        return there
    return there + left


def _in_basket(request: HttpRequest, variant: Variant) -> int:
    basket = baskets.open_basket(request)
    line = baskets.lines(basket).filter(variant=variant).first() if basket else None
    return line.quantity if line else 0
