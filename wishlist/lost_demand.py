"""What people wish for and can't have: sold out now, or sold no more."""

from django import forms
from django.db.models import Count, Exists, F, IntegerField, Min, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from catalog.models import Variant
from catalog.offers import IN_STOCK
from purelaka.filters import FilterForm, View, choice, search
from wishlist.models import WishlistItem

ARCHIVED = Q(is_active=False) | Q(product__is_active=False)
REASONS = {"sold-out": ("Sold out", ~ARCHIVED), "archived": ("No longer sold", ARCHIVED)}
SORTS = {"waiting": ("Waiting longest", ("since", "id"))}
ACTIVE = WishlistItem.objects.filter(variant=OuterRef("pk"), removed_at=None)


def _currencies() -> list[tuple[str, str]]:
    codes = Variant.objects.order_by("currency").values_list("currency", flat=True).distinct()
    return [("", "Any currency"), *[(code, code.upper()) for code in codes]]


class LostDemandFilter(FilterForm):
    """Filters of variants that are wished for and can't be had."""

    main = ("q", "currency", "sort")
    quiet = ("why", "sort")

    why = choice("Why", [(word, label) for word, (label, _) in REASONS.items()], is_hidden=True)
    q = search("Search", "Product or SKU")
    currency = forms.ChoiceField(
        choices=_currencies, required=False, error_messages={"invalid_choice": "Nothing is sold in it."}
    )
    sort = choice("Sort", [(word, label) for word, (label, _) in SORTS.items()], any_label="Most wanted")

    @property
    def tabs(self) -> list[View]:
        return self.views("why", [("", "All"), *[(word, label) for word, (label, _) in REASONS.items()]])

    @property
    def by(self) -> tuple[str, str]:
        return SORTS[self.value("sort")][1] if self.value("sort") else ("-people", "id")

    def variants(self) -> QuerySet[Variant, Variant]:
        """Those that match, as `lost_demand` has them."""
        rows = lost_demand()
        if why := self.value("why"):
            rows = rows.filter(REASONS[why][1])
        if currency := self.value("currency"):
            rows = rows.filter(currency=currency)
        if sought := self.value("q"):
            rows = rows.filter(Q(product__name__icontains=sought) | Q(sku__icontains=sought))
        return rows


def lost_demand() -> QuerySet[Variant, Variant]:
    """Variants that are wished for by people with an account and can't be had.

    Each has `people`, how many wish for it; `since`, the first of these wishes; `wished_amount`, what one
    piece for each of them costs now; `is_gone`, whether it is sold no more.
    """
    of_variant = ACTIVE.order_by().values("variant")
    people = Coalesce(
        Subquery(of_variant.annotate(n=Count("pk")).values("n")), 0, output_field=IntegerField()
    )
    return (
        Variant.objects.select_related("product")
        .filter(Exists(ACTIVE), ARCHIVED | ~IN_STOCK)
        .annotate(people=people, since=Subquery(of_variant.annotate(first=Min("created_at")).values("first")))
        .annotate(wished_amount=F("people") * F("unit_amount"))
    )
