"""How a variant and a product stand, as staff see it: for sale, running low, sold out, archived."""

from collections.abc import Iterable
from typing import NamedTuple

from django.db.models import F, Q

from catalog.models import Product, Variant
from catalog.offers import FEW

RUNS_OUT = Q(stock_tracked=True, preorder=False)
SOLD_OUT = RUNS_OUT & Q(stock__lte=F("reserved"))
LOW = RUNS_OUT & Q(stock__gt=F("reserved"), stock__lte=F("reserved") + FEW)

ACTIVE, IS_LOW, IS_SOLD_OUT, PREORDER, ARCHIVED = "active", "low", "sold_out", "preorder", "archived"


class Standing(NamedTuple):
    """`state` is one of the words above, `label` what the badge says."""

    state: str
    label: str


def of_variant(variant: Variant) -> Standing:
    """Of the variant alone: its product may be archived all the same."""
    if not variant.is_active:
        return Standing(ARCHIVED, "Archived")
    if variant.preorder and variant.available <= 0:
        return Standing(PREORDER, "Preorder")
    if not variant.stock_tracked or variant.preorder or variant.available > FEW:
        return Standing(ACTIVE, "Active")
    return Standing(IS_LOW, "Low stock") if variant.available > 0 else Standing(IS_SOLD_OUT, "Sold out")


def of_product(product: Product, variants: Iterable[Variant]) -> Standing:
    """The worst of its variants that are for sale; how many of them are sold out when not all are."""
    states = [of_variant(variant).state for variant in variants if variant.is_active]
    if not product.is_active:
        return Standing(ARCHIVED, "Archived")
    if not states:
        return Standing(IS_SOLD_OUT, "Nothing for sale")
    gone = states.count(IS_SOLD_OUT)
    if gone:
        some = f"{gone} of {len(states)} sold out"
        return Standing(IS_SOLD_OUT, "Sold out") if gone == len(states) else Standing(IS_LOW, some)
    if IS_LOW in states:
        return Standing(IS_LOW, "Low stock")
    return Standing(PREORDER, "Preorder") if PREORDER in states else Standing(ACTIVE, "Active")
