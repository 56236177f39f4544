"""Lists of Stripe's objects as the store knows them, for staff."""

from collections.abc import Sequence
from typing import NamedTuple

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.roles import staff_required
from payments import wording
from payments.filters import NEEDS_RESPONSE, NEWEST, DisputeFilter, PaymentFilter, PayoutFilter, RefundFilter
from payments.models import Charge, Dispute, Payment
from purelaka.listing import listing


class PaymentRow(NamedTuple):
    """A payment, and how it was paid or last tried."""

    payment: Payment
    method: str


class DisputeRow(NamedTuple):
    """A dispute; `is_late` when its answer was due, `is_waiting` when we must answer."""

    dispute: Dispute
    is_waiting: bool
    is_late: bool


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
def refund_list(request: HttpRequest) -> HttpResponse:
    """Refunds, newest first."""
    form = RefundFilter(request.GET)
    found = listing(form, form.refunds(), by=NEWEST, money=[("Refunds", "amount")])
    context = {"listing": found, "noun": "refund", "nouns": "refunds"}
    return render(request, "payments/refund_list.html", context)


@staff_required
@require_safe
def dispute_list(request: HttpRequest) -> HttpResponse:
    """Disputes: what is open, the most urgent first; or those that are decided."""
    form, now = DisputeFilter(request.GET), timezone.now()
    found = listing(form, form.disputes(), by=form.by, money=[("At stake", "amount")])
    rows = [
        DisputeRow(dispute, is_waiting, is_waiting and dispute.due_by is not None and dispute.due_by < now)
        for dispute in found.rows
        for is_waiting in [dispute.status in NEEDS_RESPONSE]
    ]
    context = {"listing": found, "rows": rows, "noun": "dispute", "nouns": "disputes"}
    if form.by != NEWEST:
        context |= {"newer_label": "Sooner", "older_label": "Later"}
    return render(request, "payments/dispute_list.html", context)


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
