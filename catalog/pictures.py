"""Where a product's picture is: uploaded, drawn among the static files, or the neutral one."""

from functools import cache
from pathlib import Path

from django.contrib.staticfiles import finders
from django.templatetags.static import static

from catalog.models import Product

DRAWINGS = "img/products"
NEUTRAL = "placeholder"


def address(product: Product) -> str:
    """The path of its picture on this site."""
    if product.image:
        return product.image.url
    name = product.slug if product.slug in _drawn() else NEUTRAL
    return static(f"{DRAWINGS}/{name}.svg")


@cache
def _drawn() -> frozenset[str]:
    """The slugs that have a drawing."""
    folder = finders.find(DRAWINGS)
    return frozenset(path.stem for path in Path(folder).glob("*.svg")) if folder else frozenset()
