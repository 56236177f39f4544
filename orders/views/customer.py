"""A customer's orders, and the ways to one for those who bought without an account.

One order and its receipt show money too: payments has them.
"""

from typing import NamedTuple

from allauth.core import ratelimit
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.roles import SignedInRequest, signed_in_required
from orders import access
from orders.finding import FindOrderForm, mail_link
from orders.models import Order, OrderItem
from orders.reordering import buy_again
from orders.standing import Standing, standing
from purelaka.paging import keyset

PAGE_SIZE = 20


class OrderRow(NamedTuple):
    """An order as its buyer sees it in the list."""

    order: Order
    standing: Standing
    items: list[OrderItem]


@signed_in_required
@require_safe
def my_orders(request: SignedInRequest) -> HttpResponse:
    """The orders of whoever is signed in, newest first."""
    page = keyset(
        Order.objects.filter(user=request.user).prefetch_related("items__variant__product"),
        by=("-created_at", "-id"),
        at=request.GET.get("page", ""),
        size=PAGE_SIZE,
    )
    rows = [OrderRow(order, standing(order), list(order.items.all())) for order in page.rows]
    context = {"rows": rows, "newer": _beside(page.before), "older": _beside(page.after)}
    return render(request, "orders/my/orders.html", context)


@require_safe
def open_order(request: HttpRequest, token: str) -> HttpResponse:
    """The signed link of a mail: lets this browser in, and leads to the order."""
    order = access.order_of_link(token)
    access.let_in(request, order)
    return redirect("orders:my-order", order.number)


@require_http_methods(["GET", "HEAD", "POST"])
def find_order(request: HttpRequest) -> HttpResponse:
    """For guests: mails the link to an order. The answer is the same whether there is such an order."""
    form = FindOrderForm(request.POST or None)
    if request.method != "POST" or not form.is_valid():
        return render(request, "orders/my/find.html", {"form": form}, status=422 if form.errors else 200)
    if not ratelimit.consume(request, action="find_order"):
        form.add_error(None, "Too many tries. Wait ten minutes, then try again.")
        return render(request, "orders/my/find.html", {"form": form}, status=429)
    mail_link(**form.cleaned_data, now=timezone.now())
    messages.success(request, "If there is such an order, its link is on its way to that address.")
    return redirect("orders:find")


@require_POST
def reorder(request: HttpRequest, number: str) -> HttpResponse:
    """Buy the same once more: into the basket, and say what could not be had."""
    order = access.visible_order(request, number)
    outcome = buy_again(request, order)
    if outcome.products:
        goods = "product is" if outcome.products == 1 else "products are"
        messages.success(request, f"{outcome.products} {goods} in your basket, at today's prices.")
    for text in outcome.repriced:
        messages.info(request, text)
    for text in outcome.short:
        messages.warning(request, text)
    return redirect("orders:basket")


def _beside(marker: str) -> str:
    return f"?{urlencode({'page': marker})}" if marker else ""
