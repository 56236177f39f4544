"""The customer pays: the payment page, the bank's page of mock mode, and coming back from it."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from orders.access import visible_order
from payments import intents
from payments.mock import bank
from payments.stripe_js import allow_stripe_js


@allow_stripe_js
@require_http_methods(["GET", "POST"])
def pay(request: HttpRequest, number: str) -> HttpResponse:
    """The payment page of one order."""
    order = visible_order(request, number)
    intent = intents.intent_of(order)
    if settings.PAYMENTS_USE_STRIPE:
        return render(request, "payments/pay_stripe.html", {"order": order, **intent})
    if request.method == "POST":
        bank.pay(intent["id"], request.POST.get("number", "").replace(" ", ""))
        return redirect("payments:pay-return", number)
    return render(request, "payments/pay.html", {"order": order})


@require_http_methods(["GET", "POST"])
def challenge(request: HttpRequest, number: str) -> HttpResponse:
    """The bank's page of 3-D Secure, in mock mode."""
    visible_order(request, number)
    return redirect("payments:pay", number)


@require_safe
def come_back(request: HttpRequest, number: str) -> HttpResponse:
    """Where the customer comes back to after paying."""
    order = visible_order(request, number)
    return render(request, "payments/pay.html", {"order": order})


@require_safe
def state(request: HttpRequest, number: str) -> HttpResponse:
    """Whether the payment is confirmed by now."""
    order = visible_order(request, number)
    return render(request, "payments/pay.html", {"order": order})
