"""What a customer is offered: products with the variants sold in one currency, and how many are left."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import F, Prefetch, Q, QuerySet

from catalog.models import Product, Variant
from purelaka.money import to_major

FEW = 5  # so many or fewer are told as "Only 3 left"
AT_ONCE = 10  # pieces that can be chosen in one go

IN_STOCK = Q(stock_tracked=False) | Q(preorder=True) | Q(stock__gt=F("reserved"))


@dataclass(frozen=True)
class Choice:
    """A variant as it can be had now. `state` is the badge's colour, empty when there is nothing to say."""

    variant: Variant
    state: str
    label: str

    @property
    def is_sold_out(self) -> bool:
        return self.state == "none"

    @property
    def availability(self) -> str:
        """The same for machines, in the words of the Open Graph's products."""
        return {"none": "out of stock", "info": "preorder"}.get(self.state, "in stock")

    @property
    def price(self) -> str:
        """A plain decimal, for machines."""
        return to_major(self.variant.unit_amount, self.variant.currency)

    @property
    def most(self) -> int:
        """Pieces that one visit can ask for."""
        variant = self.variant
        endless = variant.preorder or not variant.stock_tracked
        return AT_ONCE if endless else max(0, min(AT_ONCE, variant.available))


@dataclass(frozen=True)
class Offer:
    """A product and its choices, cheapest first; without any when it is not sold in the currency."""

    product: Product
    choices: Sequence[Choice]

    @property
    def first(self) -> Choice | None:
        """The cheapest that can be had, or the cheapest of all when everything is sold out."""
        there = [choice for choice in self.choices if not choice.is_sold_out]
        return next(iter(there or self.choices), None)

    @property
    def variants(self) -> list[Variant]:
        """All of them, the one that a card shows first."""
        shown = [self.first] if self.first else []
        return [choice.variant for choice in [*shown, *(c for c in self.choices if c not in shown)]]

    @property
    def badge(self) -> tuple[str, str]:
        """State and label of the product as a whole; empty as long as one choice is plainly there."""
        there = [choice for choice in self.choices if not choice.is_sold_out]
        states = {choice.state for choice in there or self.choices}
        if len(states) != 1 or "" in states:
            return "", ""
        state = states.pop()
        if state == "low":
            left = sum(choice.variant.available for choice in there)
            return state, f"Only {left} left"
        return state, (there or self.choices)[0].label

    @property
    def is_sold_out(self) -> bool:
        return all(choice.is_sold_out for choice in self.choices)

    @property
    def prices_differ(self) -> bool:
        return len({choice.variant.unit_amount for choice in self.choices}) > 1


def choice(variant: Variant) -> Choice:
    """How many are left of it, in the words of the shop."""
    if not variant.stock_tracked:
        return Choice(variant, "", "")
    if variant.available > 0:
        # What may be sold before it is there does not run out.
        is_low = variant.available <= FEW and not variant.preorder
        return Choice(variant, "low", f"Only {variant.available} left") if is_low else Choice(variant, "", "")
    return Choice(variant, "info", "Preorder") if variant.preorder else Choice(variant, "none", "Sold out")


def offer(product: Product, currency: str) -> Offer:
    """One product in one currency; uses the variants that `with_variants` has fetched."""
    variants = [variant for variant in product.variants.all() if variant.is_active]
    own = sorted(
        (variant for variant in variants if variant.currency == currency),
        key=lambda variant: (variant.unit_amount, variant.pk),
    )
    return Offer(product, [choice(variant) for variant in own])


def offers(ids: Iterable[int], currency: str) -> list[Offer]:
    """The products of these ids, in this order. Two queries, however many they are."""
    wanted = list(ids)
    found = with_variants(Product.objects.filter(pk__in=wanted)).in_bulk()
    return [offer(found[pk], currency) for pk in wanted if pk in found]


def with_variants(products: QuerySet[Product, Product]) -> QuerySet[Product, Product]:
    """With category and all active variants."""
    active = Prefetch("variants", Variant.objects.filter(is_active=True).order_by("unit_amount", "pk"))
    return products.select_related("category").prefetch_related(active)
