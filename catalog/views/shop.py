"""The shop: what there is, one product, and the currency it is sold in."""

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST, require_safe

from catalog import bestsellers, browsing, currency, pictures
from catalog.models import Category, Product
from catalog.offers import Choice, Offer, offer, offers, with_variants

PAGE_SIZE = 24
RELATED = 4


@require_safe
def shop(request: HttpRequest, category: str = "") -> HttpResponse:
    """Products on sale in the visitor's currency: all, or those of a category."""
    of_category = get_object_or_404(Category, slug=category) if category else None
    money, form = currency.chosen(request), browsing.ShopFilter(request.GET)
    pages = Paginator(form.product_ids(money, of_category, timezone.now()), PAGE_SIZE)
    page = pages.get_page(request.GET.get("page"))
    context = {
        "form": form,
        "category": of_category,
        "categories": browsing.categories(money),
        "currency": money,
        "page": page,
        "offers": offers(page.object_list, money),
        "here": request.path,
        "canonical": request.build_absolute_uri(request.path),
        "elsewhere": [] if page.object_list else browsing.currencies(of_category, but=money),
    }
    return render(request, "catalog/shop/list.html", context)


@require_safe
def product(request: HttpRequest, slug: str) -> HttpResponse:
    """One product with its variants; `?variant=` names the one chosen. 404 once it is archived."""
    money = currency.chosen(request)
    found = get_object_or_404(with_variants(Product.objects.filter(is_active=True)), slug=slug)
    shown = offer(found, money)
    most = max((choice.most for choice in shown.choices), default=0)
    context = {
        "product": found,
        "offer": shown,
        "chosen": _chosen(shown, request.GET.get("variant", "")),
        "quantities": range(1, most + 1),
        "currency": money,
        "elsewhere": sorted({variant.currency for variant in found.variants.all()} - {money}),
        "related": related(found, money),
        "hold_minutes": settings.RESERVATION_MINUTES,
        "canonical": request.build_absolute_uri(request.path),
        "picture": request.build_absolute_uri(pictures.address(found)),
    }
    return render(request, "catalog/shop/product.html", context)


@require_POST
def choose_currency(request: HttpRequest) -> HttpResponse:
    """Shop in another currency from now on, and back to the page one came from."""
    if not currency.choose(request, request.POST.get("currency", "").lower()):
        messages.error(request, "Nothing is sold in this currency. Choose one of the list.")
    return redirect(_way_back(request))


def related(product: Product, money: str) -> list[Offer]:
    """Others of its category, most bought first; then what else is bought most."""
    others = browsing.on_sale(money).exclude(pk=product.pk).values_list("pk", "category_id")
    sold = bestsellers.pieces_sold(timezone.now())
    ranked = sorted(
        others, key=lambda other: (other[1] != product.category_id, -sold.get(other[0], 0), other)
    )
    return offers([pk for pk, _ in ranked[:RELATED]], money)


def _chosen(shown: Offer, variant: str) -> Choice | None:
    """The choice of this variant if it can be had, else the first."""
    asked = [choice for choice in shown.choices if str(choice.variant.pk) == variant and choice.most]
    return asked[0] if asked else shown.first


def _way_back(request: HttpRequest) -> str:
    """The page that was looked at, as long as it is one of ours."""
    for url in (request.headers.get("Referer", ""), request.POST.get("next", "")):
        if url_has_allowed_host_and_scheme(url, {request.get_host()}, require_https=request.is_secure()):
            return url
    return reverse("catalog:shop")
