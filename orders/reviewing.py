"""A basket looked over: present prices, what is short, and what to do about it."""

from dataclasses import dataclass

from catalog.models import Variant
from orders import basket as baskets
from orders.models import Basket, BasketItem
from orders.placing import Line
from purelaka.money import display


@dataclass(frozen=True)
class ReviewedLine:
    """A line at its present price. `problem` says what stands in the way of ordering it.

    `reduce_to` pieces could be ordered: 0 when only taking it out helps. `room` is the most there may be.
    """

    item: BasketItem
    room: int
    problem: str = ""
    reduce_to: int = 0
    is_preorder: bool = False  # sold before all of it is there

    @property
    def variant(self) -> Variant:
        return self.item.variant

    @property
    def amount(self) -> int:
        """Minor units of all its pieces."""
        return self.variant.unit_amount * self.item.quantity

    @property
    def price_change(self) -> str:
        """What to tell of a price that is not the one last seen."""
        if self.item.unit_amount == self.variant.unit_amount:
            return ""
        was, now = (
            display(a, self.variant.currency) for a in (self.item.unit_amount, self.variant.unit_amount)
        )
        return f"was {was}, is now {now}"

    @property
    def fewer(self) -> int:
        return self.item.quantity - 1

    @property
    def more(self) -> int:
        return self.item.quantity + 1

    @property
    def counts(self) -> bool:
        """Whether it is part of the sum: not when it has to go anyway."""
        return not self.problem or self.reduce_to > 0


@dataclass(frozen=True)
class Review:
    """All lines of a basket, in its one currency."""

    currency: str
    lines: list[ReviewedLine]

    @property
    def problems(self) -> list[ReviewedLine]:
        return [line for line in self.lines if line.problem]

    @property
    def to_order(self) -> list[Line]:
        """What would be ordered."""
        return [Line(line.variant, line.item.quantity) for line in self.lines if line.counts]

    @property
    def pieces(self) -> int:
        return sum(line.item.quantity for line in self.lines)


def review(basket: Basket) -> Review:
    """Read everything afresh: prices, stock, what is for sale."""
    items = list(baskets.lines(basket))
    currency = items[0].variant.currency if items else ""
    held = baskets.held(basket)
    return Review(currency, [_look_at(item, currency, held.get(item.variant_id, 0)) for item in items])


def remember_prices(reviewed: Review) -> None:
    """The customer has now seen the present prices."""
    changed = [line.item for line in reviewed.lines if line.price_change]
    for item in changed:
        BasketItem.objects.filter(pk=item.pk).update(unit_amount=item.variant.unit_amount)


def _look_at(item: BasketItem, currency: str, held: int) -> ReviewedLine:
    variant = item.variant
    room = baskets.room(variant, held)
    if not (variant.is_active and variant.product.is_active):
        return ReviewedLine(item, 0, "No longer for sale.")
    if variant.currency != currency:
        text = f"Now sold in {variant.currency.upper()}, and this basket is in {currency.upper()}."
        return ReviewedLine(item, 0, text)
    if room == 0:
        return ReviewedLine(item, 0, "Sold out.")
    if room < item.quantity:
        only = f"Only {room} {'is' if room == 1 else 'are'} left."
        text = f"At most {room} in one order." if room == baskets.MAX_PIECES else only
        return ReviewedLine(item, room, text, reduce_to=room)
    is_preorder = variant.preorder and variant.stock_tracked and variant.available + held < item.quantity
    return ReviewedLine(item, room, is_preorder=is_preorder)
