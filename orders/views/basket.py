"""The basket's page and what can be done there."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST, require_safe

from catalog.models import Variant
from orders import basket as baskets
from orders.models import Basket, BasketItem


@require_safe
def basket(request: HttpRequest) -> HttpResponse:
    """What the visitor means to buy."""
    found = baskets.open_basket(request)
    items = list(baskets.lines(found)) if found else []
    return render(request, "orders/basket.html", {"basket": found, "items": items})


@require_POST
def add(request: HttpRequest) -> HttpResponse:
    """Put pieces of a variant into the basket, then back to `next`."""
    variant = Variant.objects.select_related("product").filter(pk=_number(request, "variant")).first()
    if variant is None:
        messages.error(request, "That product is not in the shop any more.")
        return _back(request)
    try:
        item = baskets.add(request, variant, _number(request, "quantity", 1))
    except baskets.Refused as refusal:
        messages.error(request, str(refusal))
    else:
        text = 'Added to your basket: {}. <a href="{}">See your basket</a>'
        messages.success(request, format_html(text, item.variant.product.name, reverse("orders:basket")))
    return _back(request)


@require_POST
def change(request: HttpRequest) -> HttpResponse:
    """Set the quantity of a line; 0 takes it out."""
    found = baskets.open_basket(request)
    item = _item(request, found) if found else None
    if item is None:
        messages.info(request, "That line is not in your basket any more.")
        return redirect("orders:basket")
    try:
        baskets.change(item, _number(request, "to", _number(request, "quantity", item.quantity)))
    except baskets.Refused as refusal:
        messages.error(request, str(refusal))
    return redirect("orders:basket")


def _item(request: HttpRequest, found: Basket) -> BasketItem | None:
    return baskets.lines(found).filter(pk=_number(request, "item")).first()


def _number(request: HttpRequest, name: str, missing: int = 0) -> int:
    """A whole number of the form, `missing` when there is none; what is no number counts as 0."""
    text = request.POST.get(name, "").strip()
    if not text:
        return missing
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def _back(request: HttpRequest) -> HttpResponse:
    url = request.POST.get("next", "")
    here = url_has_allowed_host_and_scheme(url, {request.get_host()}, require_https=request.is_secure())
    return redirect(url if here else "orders:basket")
