"""How the audit log names products, variants and categories."""

from collections.abc import Sequence

from django.urls import reverse

from audit import targets
from audit.targets import Target
from catalog.models import Category, Product, Variant


@targets.describer("product")
def products(keys: Sequence[str]) -> dict[str, Target]:
    """By primary key, as the log keeps it."""
    found = Product.objects.filter(pk__in=_pks(keys)).values_list("pk", "name")
    return {str(pk): Target(name, reverse("catalog:product-edit", args=[pk])) for pk, name in found}


@targets.describer("variant")
def variants(keys: Sequence[str]) -> dict[str, Target]:
    """By primary key, as the log keeps it."""
    found = Variant.objects.filter(pk__in=_pks(keys)).values_list("pk", "sku")
    return {str(pk): Target(sku, reverse("catalog:variant-edit", args=[pk])) for pk, sku in found}


@targets.describer("category")
def categories(keys: Sequence[str]) -> dict[str, Target]:
    """By primary key, as the log keeps it."""
    found = Category.objects.filter(pk__in=_pks(keys)).values_list("pk", "name", "slug")
    products = reverse("catalog:product-list")
    return {str(pk): Target(name, f"{products}?state=all&category={slug}") for pk, name, slug in found}


@targets.finder
def goods_of(text: str) -> list[tuple[str, str]]:
    """By SKU, and products and categories by their name or its beginning."""
    return targets.among(
        [
            ("variant", "pk", Variant.objects.filter(sku__iexact=text)),
            ("product", "pk", Product.objects.filter(name__istartswith=text)),
            ("category", "pk", Category.objects.filter(name__iexact=text)),
        ]
    )


def _pks(keys: Sequence[str]) -> list[int]:
    return [int(key) for key in keys if key.isascii() and key.isdigit() and len(key) < 19]
