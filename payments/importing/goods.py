"""The variants that imported lines name. They are history: never for sale, their stock not tracked."""

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from django.utils.text import slugify

from catalog.models import Category, Product, Variant

CATEGORY = "imported"
# A SKU that the shop sells from its stock: what was sold of it elsewhere must not take from there,
# so its history hangs on a variant of its own. The lines of the orders keep the plain SKU.
TWIN = " (imported)"


class Good(NamedTuple):
    """What the first line with a SKU says of it; `unit_amount` in minor units."""

    product_name: str
    unit_amount: int
    currency: str


class Goods:
    """Variant ids by SKU, made where there are none."""

    def __init__(self) -> None:
        self._ids: dict[str, int] = {}
        self._category, _ = Category.objects.get_or_create(slug=CATEGORY, defaults={"name": "Imported"})

    def lock(self) -> None:
        """Let no second import write until this transaction ends: it may be making the same rows."""
        Category.objects.select_for_update().get(pk=self._category.pk)

    def ids(self, wanted: Mapping[str, Good]) -> Mapping[str, int]:
        """Variant ids of at least these SKUs. Call it with the lock held."""
        missing = {sku: good for sku, good in wanted.items() if sku not in self._ids}
        if missing:
            tracked = self._look_up(missing)
            self._make({sku: good for sku, good in missing.items() if sku not in self._ids}, tracked)
        return self._ids

    def _look_up(self, skus: Iterable[str]) -> set[str]:
        """Learn of variants that are there; returns the SKUs that the shop sells from its stock."""
        names = [name for sku in skus for name in (sku, sku + TWIN)]
        found = Variant.objects.filter(sku__in=names).values_list("sku", "pk", "stock_tracked")
        self._ids |= {sku.removesuffix(TWIN): pk for sku, pk, is_tracked in found if not is_tracked}
        return {sku for sku, _, is_tracked in found if is_tracked}

    def _make(self, goods: Mapping[str, Good], tracked: set[str]) -> None:
        slugs = _free_slugs(goods)
        products = Product.objects.bulk_create(
            Product(category=self._category, name=good.product_name, slug=slug, is_active=False)
            for good, slug in zip(goods.values(), slugs, strict=True)
        )
        variants = Variant.objects.bulk_create(
            Variant(
                product=product,
                sku=sku + TWIN if sku in tracked else sku,
                unit_amount=good.unit_amount,
                currency=good.currency,
                stock_tracked=False,
                is_active=False,
            )
            for product, (sku, good) in zip(products, goods.items(), strict=True)
        )
        self._ids |= {variant.sku.removesuffix(TWIN): variant.pk for variant in variants}


def _free_slugs(skus: Iterable[str]) -> Iterator[str]:
    """A slug for each SKU that no product has; `85123A` and `85123a` differ in more than their case."""
    taken = set(Product.objects.filter(slug__startswith=CATEGORY).values_list("slug", flat=True))
    for sku in skus:
        plain = "-".join(filter(None, (CATEGORY, slugify(sku))))
        slug, number = plain, 1
        while slug in taken:
            number += 1
            slug = f"{plain}-{number}"
        taken.add(slug)
        yield slug
