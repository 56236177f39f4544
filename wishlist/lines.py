"""The wishlist as its page shows it."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import prefetch_related_objects

from catalog.models import Variant
from catalog.offers import choice
from purelaka.money import display
from wishlist.models import WishlistItem


@dataclass(frozen=True)
class Line:
    """One wish. `state` and `label` are the badge of the stock, empty when there is nothing to say.

    `change` tells how the price moved since, `has_fallen` whether to the customer's good.
    """

    wish: WishlistItem
    variant: Variant
    state: str
    label: str
    is_sold: bool  # still sold at all
    can_move: bool
    change: str
    has_fallen: bool


def lines(wishes: list[WishlistItem]) -> list[Line]:
    """The wishes with their goods and prices of now. Two queries at most."""
    prefetch_related_objects(wishes, "variant__product")
    return [_line(wish) for wish in wishes]


def movable(shown: Iterable[Line]) -> list[Line]:
    """Those that may go to the basket."""
    return [line for line in shown if line.can_move]


def _line(wish: WishlistItem) -> Line:
    variant = wish.variant
    is_sold = variant.is_active and variant.product.is_active
    now = choice(variant)
    state, label = (now.state, now.label) if is_sold else ("none", "No longer sold")
    difference = variant.unit_amount - wish.unit_amount if wish.unit_amount is not None else 0
    return Line(
        wish=wish,
        variant=variant,
        state=state,
        label=label,
        is_sold=is_sold,
        can_move=is_sold and not now.is_sold_out,
        change=_told(difference, wish) if is_sold and difference else "",
        has_fallen=difference < 0,
    )


def _told(difference: int, wish: WishlistItem) -> str:
    currency = wish.variant.currency
    word = "less" if difference < 0 else "more"
    was = display(wish.unit_amount or 0, currency)
    return f"{display(abs(difference), currency)} {word}: it was {was} when you wished"
