"""Hearts, and the page of what one wishes for. Open to guests too."""

from django.contrib import messages
from django.db.models import prefetch_related_objects
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST, require_safe

from catalog.models import Variant
from wishlist.templatetags.wishes import button
from wishlist.wishes import TooMany, wishes_of


@require_safe
def wishlist(request: HttpRequest) -> HttpResponse:
    """What the visitor wishes for, the latest first."""
    wishes = wishes_of(request).all()
    prefetch_related_objects(wishes, "variant__product")
    return render(request, "wishlist/list.html", {"wishes": wishes})


@require_POST
def toggle(request: HttpRequest, variant: int) -> HttpResponse:
    """Wish for a variant, or with `wanted=0` take the wish back: said in full, so that it can be repeated."""
    found = get_object_or_404(Variant.objects.select_related("product"), pk=variant)
    wishes = wishes_of(request)
    if request.POST.get("wanted") == "0":
        wishes.remove(found.pk)
    elif not (found.is_active and found.product.is_active):
        raise Http404
    else:
        try:
            wishes.add(found)
        except TooMany as problem:
            messages.warning(request, str(problem))
    return _swapped(request, found) if request.htmx else redirect(_way_back(request))  # type: ignore[attr-defined]


def _swapped(request: HttpRequest, variant: Variant) -> HttpResponse:
    context = button(request, variant, variant.product, request.POST.get("look", ""))
    context["next"] = request.POST.get("next", "")
    context["number"] = len(wishes_of(request).ids())
    return render(request, "wishlist/_toggled.html", context)


def _way_back(request: HttpRequest) -> str:
    """The page that was looked at, as long as it is one of ours."""
    for url in (request.POST.get("next", ""), request.headers.get("Referer", "")):
        if url_has_allowed_host_and_scheme(url, {request.get_host()}, require_https=request.is_secure()):
            return url
    return reverse("wishlist:list")
