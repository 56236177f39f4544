"""The list of orders, for staff. One order's page shows its money too: payments has it."""

import re
from collections.abc import Sequence
from typing import NamedTuple

from django.db.models import Count, Min
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from accounts.roles import staff_required
from orders.filters import OrderFilter
from orders.models import Order, OrderItem
from purelaka.listing import listing

STRIPE_ID = re.compile(r"[a-z]{2,5}_[0-9A-Za-z_]{6,}")


class Row(NamedTuple):
    """An order and what was ordered, in a few words."""

    order: Order
    goods: str


@staff_required
@require_safe
def order_list(request: HttpRequest) -> HttpResponse:
    """Orders, newest first, by page; a Stripe id in the search leads to what it belongs to."""
    form = OrderFilter(request.GET)
    sought = form.value("q")
    if sought and STRIPE_ID.fullmatch(sought):
        return _away(request, f"{reverse('orders:jump')}?{urlencode({'q': sought})}")
    orders = listing(
        form,
        form.narrow(Order.objects.all()),
        by=("-created_at", "-id"),
        money=[("Total", "amount_total"), ("Refunded", "amount_refunded")],
    )
    goods = goods_of(orders.rows)
    context = {
        "listing": orders,
        "rows": [Row(order, goods.get(order.pk, "")) for order in orders.rows],
        "noun": "order",
        "nouns": "orders",
    }
    return render(request, "orders/order_list.html", context)


def goods_of(orders: Sequence[Order]) -> dict[int, str]:
    """What was ordered, by order pk: `Clay Mask`, or `2 × Clay Mask + 1` with a line more. Two queries."""
    lines = (
        OrderItem.objects.filter(order__in=[order.pk for order in orders])
        .values("order_id")
        .annotate(first=Min("pk"), number=Count("pk"))
        .order_by()
    )
    more = {line["first"]: line["number"] - 1 for line in lines}
    return {item.order_id: _goods(item, more[item.pk]) for item in OrderItem.objects.filter(pk__in=more)}


def _goods(item: OrderItem, more: int) -> str:
    pieces = f"{item.quantity:,} × " if item.quantity > 1 else ""
    return f"{pieces}{item.product_name}{f' + {more:,}' if more else ''}"


def _away(request: HttpRequest, url: str) -> HttpResponse:
    """To another page, also when only a part of this one was asked for."""
    return HttpResponse(headers={"HX-Redirect": url}) if getattr(request, "htmx", False) else redirect(url)
