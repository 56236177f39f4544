"""The basket's page and what can be done there."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST, require_safe

from catalog.models import Variant
from orders import basket as baskets
from orders import checkout, discounts, quoting, rates, reviewing
from orders.access import let_in
from orders.models import Basket, BasketItem
from orders.quoting import Quote
from orders.reviewing import Review
from purelaka.money import display


@require_safe
def basket(request: HttpRequest) -> HttpResponse:
    """What the visitor means to buy, at present prices, and what it would cost."""
    found = baskets.open_basket(request)
    return _page(request, found)


def _page(
    request: HttpRequest, found: Basket | None, *, code_typed: str = "", refused: str = ""
) -> HttpResponse:
    """The page of a basket; a code that was `refused` stays in its field, with the reason."""
    if found is None or not (reviewed := reviewing.review(found)).lines:
        return render(request, "orders/basket.html", {"review": None})
    if found.order:
        let_in(request, found.order)  # on every device of whoever owns the basket
    context = {
        "review": reviewed,
        "quote": _quote(request, found, reviewed),
        "order": found.order,
        "is_held": checkout.is_held(found.order, timezone.now()),
        "code": found.discount_code,
        "code_typed": code_typed,
        "code_refused": refused,
    }
    response = render(request, "orders/basket.html", context, status=422 if refused else 200)
    reviewing.remember_prices(reviewed)
    return response


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
    """Set the quantity of a line; 0 takes it out. `to` is a button's number, `quantity` what was typed."""
    found = baskets.open_basket(request)
    item = _item(request, found) if found else None
    if item is None:
        messages.info(request, "That line is not in your basket any more.")
        return redirect("orders:basket")
    field = "to" if "to" in request.POST else "quantity"
    try:
        baskets.change(item, _number(request, field, item.quantity, wrong=item.quantity))
    except baskets.Refused as refusal:
        messages.error(request, str(refusal))
    return redirect("orders:basket")


@require_POST
def discount(request: HttpRequest) -> HttpResponse:
    """Enter a discount code, or take it away with `remove`."""
    found = baskets.open_basket(request)
    if found is None:
        return redirect("orders:basket")
    if "remove" in request.POST:
        baskets.use_code(found, None)
        return redirect("orders:basket")
    before = found.discount_code
    try:
        quote = _with_code(request, found)
    except discounts.CodeRefused as refusal:
        found.discount_code = before
        return _page(
            request, found, code_typed=request.POST.get("code", "").strip()[:40], refused=str(refusal)
        )
    messages.success(request, f"{quote.discount_code} takes off {_taken_off(quote)}.")
    return redirect("orders:basket")


def _with_code(request: HttpRequest, found: Basket) -> Quote:
    """Put a code on the basket if it counts. Raises CodeRefused."""
    found.discount_code = discounts.find(request.POST.get("code", ""))
    quote = _quote(request, found, reviewing.review(found))
    if quote.code_refused:
        raise discounts.CodeRefused(quote.code_refused)
    baskets.use_code(found, quote.discount_code)
    return quote


def _taken_off(quote: Quote) -> str:
    return display(quote.amount_discount, quote.currency)


def _quote(request: HttpRequest, found: Basket, reviewed: Review) -> Quote:
    """An estimate: where to is known only at the checkout."""
    deliverable = rates.countries(reviewed.currency)
    country = checkout.likely_country(found, request.user, deliverable)
    asked = checkout.asked(found, country=country)
    return quoting.quote(reviewed.to_order, asked, currency=reviewed.currency, now=timezone.now())


def _item(request: HttpRequest, found: Basket) -> BasketItem | None:
    return baskets.lines(found).filter(pk=_number(request, "item")).first()


def _number(request: HttpRequest, name: str, missing: int = 0, *, wrong: int = 0) -> int:
    """A whole number of the form; `missing` when there is none, `wrong` when it is no number."""
    text = request.POST.get(name, "").strip()
    if not text:
        return missing
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else wrong


def _back(request: HttpRequest) -> HttpResponse:
    url = request.POST.get("next", "")
    here = url_has_allowed_host_and_scheme(url, {request.get_host()}, require_https=request.is_secure())
    return redirect(url if here else "orders:basket")
