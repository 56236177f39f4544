"""Hearts and their count. `{% load wishes %}`."""

from collections.abc import Sequence
from typing import Any

from django import template
from django.http import HttpRequest
from django.middleware.csrf import get_token

from catalog.models import Product, Variant
from wishlist.wishes import wishes_of

register = template.Library()


@register.inclusion_tag("wishlist/_button.html", takes_context=True)
def wish_button(context: Any, variant: Variant, product: Product, look: str = "") -> dict[str, object]:
    """`{% wish_button variant product %}`: the heart on a product's picture; `look="large"` for its page.

    A form that works without script; htmx swaps it. All hearts of a page cost one query together.
    """
    request: HttpRequest = context.request
    return button(request, variant, product, look)


@register.inclusion_tag("wishlist/_button.html", takes_context=True)
def wish_any(context: Any, variants: Sequence[Variant], product: Product) -> dict[str, object]:
    """`{% wish_any variants product %}`: the heart of a product as a whole: of the variant that is
    wished for, else of the first."""
    request: HttpRequest = context.request
    wished = wishes_of(request).ids()
    variant = next((variant for variant in variants if variant.pk in wished), variants[0])
    return button(request, variant, product, "")


@register.simple_tag(takes_context=True)
def wish_count(context: Any) -> int:
    """`{% wish_count as wishes %}`: how many things the visitor wishes for."""
    return len(wishes_of(context.request).ids())


@register.inclusion_tag("wishlist/_link.html", takes_context=True)
def wish_link(context: Any) -> dict[str, object]:
    """`{% wish_link %}`: the heart in the bar, with its count, which follows the hearts on the page."""
    return {"number": len(wishes_of(context.request).ids())}


def button(request: HttpRequest, variant: Variant, product: Product, look: str) -> dict[str, object]:
    """What `wishlist/_button.html` shows."""
    return {
        "variant": variant,
        "product": product,
        "look": look,
        "is_wished": variant.pk in wishes_of(request).ids(),
        "next": request.get_full_path() if request.method == "GET" else "",
        "csrf_token": get_token(request),
    }
