"""Lists of Stripe's objects as the store knows them, for staff."""

from collections.abc import Sequence
from typing import NamedTuple

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.roles import SignedInRequest, staff_required
from payments import approvals, refund_tasks, wording
from payments.filters import NEWEST, PaymentFilter, PayoutFilter, RefundFilter
from payments.models import Charge, Payment
from payments.order_actions import MAY_ACT
from purelaka.listing import listing


class PaymentRow(NamedTuple):
    """A payment, and how it was paid or last tried."""

    payment: Payment
    method: str


@staff_required
@require_safe
def payment_list(request: HttpRequest) -> HttpResponse:
    """PaymentIntents, newest first."""
    form = PaymentFilter(request.GET)
    money = [("Asked", "amount"), ("Received", "amount_received")]
    found = listing(form, form.payments(), by=NEWEST, money=money)
    methods = _methods([payment.payment_intent_id for payment in found.rows])
    rows = [PaymentRow(payment, methods.get(payment.payment_intent_id, "")) for payment in found.rows]
    context = {"listing": found, "rows": rows, "noun": "payment", "nouns": "payments"}
    return render(request, "payments/payment_list.html", context)


@staff_required
@require_safe
def refund_list(request: SignedInRequest) -> HttpResponse:
    """Refunds, newest first; above them what waits for a person."""
    form = RefundFilter(request.GET)
    found = listing(form, form.refunds(), by=NEWEST, money=[("Refunds", "amount")])
    is_first = not form.chips and not found.newer
    context = {
        "listing": found,
        "noun": "refund",
        "nouns": "refunds",
        "to_approve": list(approvals.waiting()) if is_first else [],
        "tasks": refund_tasks.tasks() if is_first else [],
        "may_act": request.user.role in MAY_ACT,
    }
    return render(request, "payments/refund_list.html", context)


@staff_required
@require_safe
def payout_list(request: HttpRequest) -> HttpResponse:
    """Payouts, newest first."""
    form = PayoutFilter(request.GET)
    found = listing(form, form.payouts(), by=NEWEST, money=[("Payouts", "amount")])
    context = {"listing": found, "noun": "payout", "nouns": "payouts"}
    return render(request, "payments/payout_list.html", context)


def _methods(intents: Sequence[str]) -> dict[str, str]:
    """How each payment was paid, or tried the last time, by its id."""
    charges = Charge.objects.filter(payment_intent_id__in=intents).order_by("created", "pk")
    return {charge.payment_intent_id: wording.method(charge) for charge in charges}
