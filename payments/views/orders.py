"""One order with its money, and what staff can do to it."""

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.roles import SignedInRequest, ops_required, staff_required
from orders import lifecycle
from orders.lifecycle import IllegalMove
from orders.models import Order
from orders.notes import add_note
from payments import refunds
from payments.forms import FulfilForm, NoteForm, RefundForm
from payments.order_page import order_page
from purelaka import money


@staff_required
@require_GET
def order_detail(request: SignedInRequest, number: str) -> HttpResponse:
    return _page(request, get_object_or_404(Order, number=number))


@ops_required
@require_POST
def fulfil_order(request: SignedInRequest, number: str) -> HttpResponse:
    order = get_object_or_404(Order, number=number)
    form = FulfilForm(request.POST)
    if not form.is_valid():
        return _page(request, order, fulfil_form=form)
    tracking = form.cleaned_data["tracking_number"]
    return _moved(
        request,
        order,
        lambda: lifecycle.fulfil(order, actor=request.user, tracking_number=tracking),
        "is fulfilled.",
    )


@ops_required
@require_POST
def cancel_order(request: SignedInRequest, number: str) -> HttpResponse:
    order = get_object_or_404(Order, number=number)
    return _moved(
        request,
        order,
        lambda: lifecycle.cancel(order, actor=request.user, reason="cancelled by staff"),
        "is cancelled, its stock is free again.",
    )


@ops_required
@require_POST
def note_order(request: SignedInRequest, number: str) -> HttpResponse:
    order = get_object_or_404(Order, number=number)
    form = NoteForm(request.POST)
    if not form.is_valid():
        return _page(request, order, note_form=form)
    add_note(order=order, author=request.user, text=form.cleaned_data["text"])
    messages.success(request, "The note is on the timeline.")
    return redirect("orders:order-detail", number)


@ops_required
@require_http_methods(["POST"])
def refund_order(request: SignedInRequest, number: str) -> HttpResponse:
    """Ask Stripe for a refund. What is wrong is said beside the field, and what was typed stays."""
    order = get_object_or_404(Order, number=number)
    form = RefundForm(request.POST, currency=order.currency, left=refunds.amount_refundable(order))
    if not form.is_valid():
        return _page(request, order, refund_form=form)
    try:
        refunds.request_refund(order_id=order.pk, actor=request.user, **form.cleaned_data)
    except refunds.RefundTooLarge as problem:
        form.add_error("amount", str(problem))
        return _page(request, order, refund_form=form)
    except refunds.RefundRefused as problem:
        messages.error(request, f"Stripe refused the refund: {problem}")
    except refunds.NoAnswer:
        messages.warning(request, "Stripe did not answer. The refund is kept and will be sent again.")
    else:
        amount = money.display(form.cleaned_data["amount"], order.currency)
        messages.success(request, f"{amount} of {order} goes back to the customer.")
    return redirect("orders:order-detail", number)


def _moved(request: HttpRequest, order: Order, step: Callable[[], None], done: str) -> HttpResponse:
    try:
        step()
    except IllegalMove as why:
        messages.error(request, str(why))
    else:
        messages.success(request, f"{order} {done}")
    return redirect("orders:order-detail", order.number)


def _page(request: SignedInRequest, order: Order, **forms: object) -> HttpResponse:
    """The page, with forms that were filled in wrongly in place of fresh ones."""
    page = order_page(order, request.user)
    fresh = {
        "fulfil_form": FulfilForm(),
        "note_form": NoteForm(),
        "refund_form": RefundForm(currency=order.currency, left=page.allowed.refund),
    }
    status = 422 if forms else 200
    return render(request, "payments/order_detail.html", {"page": page, **fresh, **forms}, status=status)
