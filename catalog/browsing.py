"""How a visitor looks through the shop: category, search, order, what is there."""

from datetime import datetime

from django import forms
from django.db.models import Exists, Min, OuterRef, Q, QuerySet

from catalog import bestsellers
from catalog.models import Category, Product, Variant
from catalog.offers import IN_STOCK
from purelaka.filters import FilterForm, choice, search

MOST_WORDS = 8
SORTS = [
    ("newest", "Newest"),
    ("price", "Price, low to high"),
    ("-price", "Price, high to low"),
    ("name", "Name"),
]


class ShopFilter(FilterForm):
    """What the address of a list in the shop asks for."""

    main = ("sort",)
    quiet = ("sort",)

    q = search("Search")
    sort = choice("Sort by", SORTS, any_label="Most bought")
    there = forms.BooleanField(label="In stock only", required=False)

    @property
    def sought(self) -> str:
        """The words looked for, as they were written."""
        return " ".join(str(self.value("q") or "").split())

    @property
    def kept(self) -> str:
        """The end of an address that keeps search and order; empty when there is nothing to keep."""
        query = self.query()
        return "" if query == "?" else query

    def product_ids(self, currency: str, category: Category | None, now: datetime) -> list[int]:
        """Ids of all products that match, in the order asked for. One query; most bought may count anew."""
        found = self._found(on_sale(currency), currency)
        if category:
            found = found.filter(category=category)
        ids = list(self._ordered(found, currency).values_list("pk", flat=True))
        if not self.value("sort"):
            sold = bestsellers.pieces_sold(now)
            ids.sort(key=lambda pk: -sold.get(pk, 0))  # stable: what sold alike stays newest first
        return ids

    def _found(self, products: QuerySet[Product, Product], currency: str) -> QuerySet[Product, Product]:
        if self.value("there"):
            products = products.filter(Exists(variants(currency).filter(IN_STOCK)))
        for word in self.sought.split()[:MOST_WORDS]:
            by_sku = Exists(variants(currency).filter(sku__icontains=word))
            in_text = Q(name__icontains=word) | Q(description__icontains=word)
            products = products.filter(in_text | Q(category__name__icontains=word) | by_sku)
        return products

    def _ordered(self, products: QuerySet[Product, Product], currency: str) -> QuerySet[Product, Product]:
        sort = self.value("sort")
        if sort == "name":
            return products.order_by("name", "pk")
        if sort in ("price", "-price"):
            own = Q(variants__is_active=True, variants__currency=currency)
            return products.annotate(price=Min("variants__unit_amount", filter=own)).order_by(sort, "pk")
        return products.order_by("-created_at", "-pk")


def variants(currency: str) -> QuerySet[Variant, Variant]:
    """Of the product of an outer query, those that are sold in this currency."""
    return Variant.objects.filter(product=OuterRef("pk"), is_active=True, currency=currency)


def on_sale(currency: str) -> QuerySet[Product, Product]:
    """Products of which something is sold in this currency, there or not."""
    return Product.objects.filter(Exists(variants(currency)), is_active=True)


def currencies(category: Category | None, but: str) -> list[str]:
    """Those, but one, in which something of the category, or of the whole shop, is on sale. One query."""
    found = Variant.objects.filter(is_active=True, product__is_active=True)
    if category:
        found = found.filter(product__category=category)
    return sorted(found.exclude(currency=but).values_list("currency", flat=True).distinct())


def categories(currency: str) -> list[Category]:
    """Those with something on sale, in the order they were made. One query."""
    return list(Category.objects.filter(products__in=on_sale(currency)).distinct().order_by("pk"))
