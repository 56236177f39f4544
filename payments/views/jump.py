"""One search field for everything: an order number, an email, or any of Stripe's ids."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from accounts.roles import staff_required
from orders.models import Order
from orders.views.desk import STRIPE_ID
from payments.models import BalanceTransaction, Payout, StripeEvent
from payments.ownership import order_number

LONGEST = 255


@staff_required
@require_safe
def jump(request: HttpRequest) -> HttpResponse:
    """Straight to what was asked for; to the list of orders when that is not one thing."""
    sought = request.GET.get("q", "").strip().replace("\x00", "")[:LONGEST]
    number = _number(sought)
    if number:
        return redirect("orders:order-detail", number)
    if STRIPE_ID.fullmatch(sought):
        return _by_stripe_id(request, sought)
    return redirect(_list("orders:order-list", sought))


def _number(sought: str) -> str:
    """The order number meant, in whatever case it was typed; empty when there is no such order."""
    wanted = [sought, sought.upper()] if sought else []
    found = Order.objects.filter(number__in=wanted).values_list("number", flat=True)
    return max(found, key=lambda number: number == sought, default="")


def _by_stripe_id(request: HttpRequest, identifier: str) -> HttpResponse:
    """To the event or payout itself; of anything else to its order, or to the events about it."""
    if StripeEvent.objects.filter(event_id=identifier).exists():
        return redirect("payments:event-detail", identifier)
    line = BalanceTransaction.objects.filter(balance_transaction_id=identifier).first()
    about = line.source_id if line and line.source_id else identifier
    number = order_number(about)
    if number:
        return redirect("orders:order-detail", number)
    payout = about if not line or about.startswith("po_") else line.payout_id
    if Payout.objects.filter(payout_id=payout).exists():
        return redirect("payments:payout-detail", payout)
    if not StripeEvent.objects.filter(object_id=about).exists():
        messages.warning(request, f"Stripe has told us nothing of {identifier}.")
    return redirect(_list("payments:event-list", about))


def _list(url_name: str, sought: str) -> str:
    query = f"?{urlencode({'q': sought})}" if sought else ""
    return reverse(url_name) + query
