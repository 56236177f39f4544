"""What the staff's list of products is narrowed by."""

from django import forms
from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet

from catalog.models import Category, Product, Variant
from catalog.standing import LOW, SOLD_OUT
from purelaka.filters import FilterForm, View, choice, search

STATES = [
    ("low", "Low stock"),
    ("sold-out", "Sold out"),
    ("preorder", "Preorder"),
    ("archived", "Archived"),
    ("all", "All"),
]
COUNTED = ("low", "sold-out")
SORTS = [("newest", "Newest first")]


def _categories() -> list[tuple[str, str]]:
    found = Category.objects.order_by("name", "pk").values_list("slug", "name")
    return [("", "Any category"), *found]


def _currencies() -> list[tuple[str, str]]:
    codes = Variant.objects.order_by("currency").values_list("currency", flat=True).distinct()
    return [("", "Any currency"), *[(code, code.upper()) for code in codes]]


class CatalogueFilter(FilterForm):
    """Filters of products. A product matches by any of its variants that are for sale."""

    main = ("q", "category", "currency", "sort")
    quiet = ("state", "sort")

    state = choice("State", STATES, is_hidden=True)
    q = search("Search", "Name or SKU")
    category = forms.ChoiceField(
        choices=_categories, required=False, error_messages={"invalid_choice": "There is no “%(value)s”."}
    )
    currency = forms.ChoiceField(
        choices=_currencies, required=False, error_messages={"invalid_choice": "Nothing is sold in it."}
    )
    sort = choice("Sort", SORTS, any_label="By name")

    @property
    def tabs(self) -> list[View]:
        """Those that ask for something to be done say how many products are in them."""
        tabs = self.views("state", [("", "For sale"), *STATES])
        return [
            tab._replace(number=Product.objects.filter(_in_state(state)).count()) if state in COUNTED else tab
            for tab, state in zip(tabs, ["", *dict(STATES)], strict=True)
        ]

    @property
    def by(self) -> tuple[str, str]:
        return ("-created_at", "-id") if self.value("sort") else ("name", "id")

    def products(self) -> QuerySet[Product, Product]:
        """Those that match every filter that is on, with category and variants."""
        rows = Product.objects.select_related("category").filter(_in_state(self.value("state") or ""))
        if category := self.value("category"):
            rows = rows.filter(category__slug=category)
        if currency := self.value("currency"):
            rows = rows.filter(_any(Q(currency=currency)))
        if sought := self.value("q"):
            rows = rows.filter(Q(name__icontains=sought) | _any(Q(sku__icontains=sought)))
        return rows.prefetch_related(Prefetch("variants", Variant.objects.order_by("pk")))


def _in_state(state: str) -> Q:
    """Products of a tab; the one without a word is what is for sale."""
    if state in ("all", "archived"):
        return Q() if state == "all" else Q(is_active=False)
    of_variants = {"low": LOW, "sold-out": SOLD_OUT, "preorder": Q(preorder=True)}.get(state)
    on_sale = Q(is_active=True)
    return on_sale & _any(Q(is_active=True) & of_variants) if of_variants else on_sale


def _any(condition: Q) -> Q:
    """Of the product, any variant is like this."""
    return Q(Exists(Variant.objects.filter(condition, product=OuterRef("pk"))))
