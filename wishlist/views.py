"""Hearts, and the page of what one wishes for. Open to guests too."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST, require_safe

from catalog.models import Variant
from orders.basket import Refused
from wishlist import moving
from wishlist.lines import lines, movable
from wishlist.templatetags.wishes import button
from wishlist.wishes import TooMany, wishes_of

VARIANTS = Variant.objects.select_related("product")


@require_safe
def wishlist(request: HttpRequest) -> HttpResponse:
    """What the visitor wishes for, the latest first."""
    shown = lines(wishes_of(request).all())
    return render(request, "wishlist/list.html", {"lines": shown, "can_move": len(movable(shown))})


@require_POST
def toggle(request: HttpRequest, variant: int) -> HttpResponse:
    """Wish for a variant, or with `wanted=0` take the wish back: said in full, so that it can be repeated."""
    found = get_object_or_404(VARIANTS, pk=variant)
    try:
        text = _unwish(request, found) if request.POST.get("wanted") == "0" else _wish(request, found)
    except TooMany as problem:
        messages.warning(request, str(problem))
    else:
        if not request.htmx:  # type: ignore[attr-defined]
            messages.success(request, text)
    return _swapped(request, found) if request.htmx else redirect(_way_back(request))  # type: ignore[attr-defined]


@require_POST
def move(request: HttpRequest, variant: int) -> HttpResponse:
    """One wish into the basket."""
    found = get_object_or_404(VARIANTS, pk=variant)
    try:
        if moving.move(request, found):
            _say_moved(request, found.product.name)
        else:
            messages.info(request, f"{found.product.name} is not on your wishlist any more.")
    except Refused as refusal:
        messages.error(request, str(refusal))
    return redirect("wishlist:list")


@require_POST
def move_all(request: HttpRequest) -> HttpResponse:
    """Everything that can be had into the basket; what can't says why and stays."""
    wanted = [line.variant for line in movable(lines(wishes_of(request).all()))]
    moved, refusals = moving.move_all(request, wanted)
    if moved:
        names = moved[0].product.name if len(moved) == 1 else f"{len(moved)} things"
        _say_moved(request, names)
    elif not refusals:
        messages.info(request, "Nothing on your wishlist can go into the basket now.")
    for refusal in refusals:
        messages.warning(request, refusal)
    return redirect("wishlist:list")


def _wish(request: HttpRequest, variant: Variant) -> str:
    if not (variant.is_active and variant.product.is_active):
        raise Http404
    wishes_of(request).add(variant)
    return f"{variant.product.name} is on your wishlist."


def _unwish(request: HttpRequest, variant: Variant) -> str:
    wishes_of(request).remove(variant.pk)
    return f"{variant.product.name} is off your wishlist."


def _say_moved(request: HttpRequest, what: str) -> None:
    text = 'Moved to your basket: {}. <a href="{}">See your basket</a>'
    messages.success(request, format_html(text, what, reverse("orders:basket")))


def _swapped(request: HttpRequest, variant: Variant) -> HttpResponse:
    """The heart as it is now; its count and what there is to say are swapped in beside it."""
    context = {
        **button(request, variant, variant.product, request.POST.get("look", "")),
        "next": request.POST.get("next", ""),
        "number": len(wishes_of(request).ids()),
    }
    return render(request, "wishlist/_toggled.html", context)


def _way_back(request: HttpRequest) -> str:
    """The page that was looked at, as long as it is one of ours."""
    for url in (request.POST.get("next", ""), request.headers.get("Referer", "")):
        if url_has_allowed_host_and_scheme(url, {request.get_host()}, require_https=request.is_secure()):
            return url
    return reverse("wishlist:list")
