"""Paid orders that can't be sent as they are: the queue, and what a person decides."""

import uuid

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from accounts.models import Role
from accounts.roles import SignedInRequest, ops_required, staff_required
from orders.models import Order
from payments import refunds
from payments.models import RefundRequest, RequestStatus
from payments.stuck import deciding
from payments.stuck.deciding import CantDecide
from payments.stuck.queue import OLDEST, StuckFilter, stuck
from purelaka.listing import listing
from purelaka.money import display


class RefundAllForm(forms.Form):
    """`key` is made once for each page that is shown: sending the same page twice refunds once."""

    key = forms.UUIDField()


class SubstituteForm(forms.Form):
    item = forms.IntegerField()
    variant = forms.IntegerField()


@staff_required
@require_safe
def stuck_list(request: SignedInRequest) -> HttpResponse:
    """The longest waiting first."""
    form = StuckFilter(request.GET)
    found = listing(form, form.orders(), by=OLDEST, money=[("Ordered", "amount_total")])
    context = {
        "listing": found,
        "rows": stuck(found.rows),
        "noun": "order",
        "nouns": "orders",
        "may_decide": request.user.role in (Role.OPS, Role.ADMIN),
        "key": uuid.uuid4(),
    }
    return render(request, "payments/stuck_list.html", context)


@ops_required
@require_POST
def stuck_refund(request: SignedInRequest, number: str) -> HttpResponse:
    """Send back all that can be sent back of it."""
    order, form = get_object_or_404(Order, number=number), RefundAllForm(request.POST)
    if not form.is_valid():
        messages.error(request, "The page was incomplete. Load it again; nothing was refunded.")
        return _back()
    try:
        made = deciding.refund_all(order, actor=request.user, key=form.cleaned_data["key"])
    except (CantDecide, refunds.RefundTooLarge) as why:
        messages.error(request, str(why))
    except refunds.RefundRefused as why:
        messages.error(request, f"Stripe refused the refund of {order}: {why}")
    except refunds.NoAnswer:
        messages.warning(request, f"Stripe did not answer. The refund of {order} is kept and sent again.")
    else:
        _tell(request, order, made)
    return _back()


@ops_required
@require_POST
def stuck_back_order(request: SignedInRequest, number: str) -> HttpResponse:
    """Let it wait for its goods."""
    order = get_object_or_404(Order, number=number)
    try:
        deciding.back_order(order, actor=request.user)
    except CantDecide as why:
        messages.error(request, str(why))
    else:
        messages.success(request, f"{order} waits for its goods. It is allocated by itself when they come.")
    return _back()


@ops_required
@require_POST
def stuck_substitute(request: SignedInRequest, number: str) -> HttpResponse:
    """Send something of the same price in the place of a line that is short."""
    order, form = get_object_or_404(Order, number=number), SubstituteForm(request.POST)
    if not form.is_valid():
        messages.error(request, f"Choose what is sent instead. Nothing of {order} was changed.")
        return _back()
    try:
        item_id, variant_id = form.cleaned_data["item"], form.cleaned_data["variant"]
        deciding.substitute(order, item_id=item_id, variant_id=variant_id, actor=request.user)
    except CantDecide as why:
        messages.error(request, str(why))
    else:
        messages.success(request, f"{order} is sent with the goods you chose. Its customer is told.")
    return _back()


def _tell(request: HttpRequest, order: Order, made: list[RefundRequest]) -> None:
    """What became of the requests, the same for whoever sends the page again."""
    for each in made:
        amount = display(each.amount, each.currency)
        if each.status == RequestStatus.REFUSED:
            messages.error(request, f"Stripe refused the refund of {amount}: {each.error}")
        elif each.status == RequestStatus.PENDING:
            messages.warning(request, f"The refund of {amount} of {order} is kept and waits for Stripe.")
        elif each.status == RequestStatus.REQUESTED:
            messages.warning(request, f"The refund of {amount} waits for somebody else to approve it.")
        else:
            messages.success(request, f"{amount} of {order} goes back to the customer.")


def _back() -> HttpResponse:
    return redirect("payments:stuck-list")
