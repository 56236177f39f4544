"""One order and its receipt, for the customer: what was bought, what was paid, what went back."""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.roles import to_login
from orders.access import must_sign_in, visible_order
from orders.models import SOLD
from payments.customer_order import customer_order


@require_safe
def my_order(request: HttpRequest, number: str) -> HttpResponse:
    """An order of one's own, or one that this browser was let in to."""
    if must_sign_in(request, number):
        return to_login(request)
    order = visible_order(request, number)
    return render(request, "orders/my/order.html", {"page": customer_order(order)})


@require_safe
def receipt(request: HttpRequest, number: str) -> HttpResponse:
    """What was paid for, to be printed. An order that was not paid has none."""
    if must_sign_in(request, number):
        return to_login(request)
    order = visible_order(request, number)
    if order.status not in SOLD:
        raise Http404
    context = {
        "page": customer_order(order),
        "store_address": settings.STORE_ADDRESS,
        "store_vat_number": settings.STORE_VAT_NUMBER,
    }
    return render(request, "orders/my/receipt.html", context)
