"""What search engines are told: which pages there are, and which are nobody else's business."""

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from catalog.models import Category, Product

MOST = 50_000  # addresses in one file (sitemaps.org)
# One's own pages, the desk, and what only changes something. Staff's pages need a login anyway.
PRIVATE = ("/accounts/", "/basket/", "/checkout/", "/my/", "/o/", "/payments/", "/wishlist/", "/admin/")


@require_safe
@cache_control(public=True, max_age=60 * 60)
def robots(request: HttpRequest) -> HttpResponse:
    """`robots.txt`."""
    sitemap = request.build_absolute_uri(reverse("catalog:sitemap"))
    lines = ["User-agent: *", *(f"Disallow: {path}" for path in PRIVATE), f"Sitemap: {sitemap}", ""]
    return HttpResponse("\n".join(lines), content_type="text/plain; charset=utf-8")


@require_safe
@cache_control(public=True, max_age=60 * 60)
def sitemap(request: HttpRequest) -> HttpResponse:
    """The shop, its categories and its products that are not archived, whatever their currency."""
    paths = [reverse("catalog:shop")]
    paths += [reverse("catalog:shop-category", args=[slug]) for slug in _slugs(_with_goods())]
    paths += [reverse("catalog:product", args=[slug]) for slug in _slugs(_products())]
    context = {"addresses": [request.build_absolute_uri(path) for path in paths[:MOST]]}
    return render(request, "catalog/shop/sitemap.xml", context, content_type="application/xml")


def _with_goods() -> QuerySet[Category, Category]:
    return Category.objects.filter(products__in=_products()).distinct()


def _products() -> QuerySet[Product, Product]:
    return Product.objects.filter(is_active=True, variants__is_active=True).distinct()


def _slugs(rows: QuerySet[Category, Category] | QuerySet[Product, Product]) -> list[str]:
    return list(rows.order_by("pk").values_list("slug", flat=True))
