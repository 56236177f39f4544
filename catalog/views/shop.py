"""The shop: what there is, one product, and the currency it is sold in."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST, require_safe

from catalog import bestsellers, browsing, currency
from catalog.models import Category, Product
from catalog.offers import Offer, offer, offers, with_variants

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
    }
    return render(request, "catalog/shop/list.html", context)


@require_safe
def product(request: HttpRequest, slug: str) -> HttpResponse:
    """One product with its variants; `?variant=` names the one chosen."""
    money = currency.chosen(request)
    found = get_object_or_404(with_variants(Product.objects.filter(is_active=True)), slug=slug)
    shown = offer(found, money)
    chosen = next(
        (choice for choice in shown.choices if str(choice.variant.pk) == request.GET.get("variant")),
        shown.first,
    )
    context = {
        "product": found,
        "offer": shown,
        "chosen": chosen,
        "currency": money,
        "elsewhere": sorted({variant.currency for variant in found.variants.all()} - {money}),
        "related": related(found, money),
    }
    return render(request, "catalog/shop/product.html", context)


@require_POST
def choose_currency(request: HttpRequest) -> HttpResponse:
    """Shop in another currency from now on, and back to the page one came from."""
    wanted = request.POST.get("currency", "").lower()
    if not currency.choose(request, wanted):
        messages.error(request, "Nothing is sold in this currency. Choose one of the list.")
    return redirect(_way_back(request))


def related(product: Product, money: str) -> list[Offer]:
    """Others of its category, most bought first."""
    others = browsing.on_sale(money).filter(category=product.category).exclude(pk=product.pk)
    sold = bestsellers.pieces_sold(timezone.now())
    ids = sorted(others.values_list("pk", flat=True), key=lambda pk: (-sold.get(pk, 0), pk))
    return offers(ids[:RELATED], money)


def _way_back(request: HttpRequest) -> str:
    """The page that was looked at, as long as it is one of ours."""
    for url in (request.POST.get("next", ""), request.headers.get("Referer", "")):
        if url_has_allowed_host_and_scheme(url, {request.get_host()}, require_https=request.is_secure()):
            return url
    return reverse("catalog:shop")
