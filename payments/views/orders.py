"""One order with its money, and what staff can do to it."""

import uuid
from collections.abc import Callable

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.roles import SignedInRequest, ops_required, staff_required
from orders import lifecycle, mailing
from orders.dispatch import why_not_fulfil
from orders.lifecycle import IllegalMove
from orders.models import REPEATABLE, Order, OrderStatus
from orders.notes import add_note
from payments import giving_up, refunds
from payments.forms import CancelForm, FulfilForm, NoteForm, RefundForm, refund_amount
from payments.models import RefundRequest
from payments.order_actions import refundable_sources, why_not_refund
from payments.order_page import order_page
from payments.refund_lines import PiecesGone
from payments.views.refunds import refund_form, refund_method, tell
from purelaka import money


@staff_required
@require_safe
def order_detail(request: SignedInRequest, number: str) -> HttpResponse:
    """Everything about one order; `?log=` chooses a part of its timeline."""
    return _page(request, get_object_or_404(Order, number=number))


@ops_required
@require_POST
def fulfil_order(request: SignedInRequest, number: str) -> HttpResponse:
    """Mark a paid order as sent. The same click twice is one step."""
    order, form = get_object_or_404(Order, number=number), FulfilForm(request.POST)
    if not form.is_valid():
        return _page(request, order, fulfil_form=form)
    tracking = form.cleaned_data["tracking_number"]

    def step() -> None:
        problem = why_not_fulfil(order)
        if problem:
            raise IllegalMove(f"{order} can't be marked fulfilled. {problem}")
        lifecycle.fulfil(order, actor=request.user, tracking_number=tracking)

    def is_done() -> bool:
        return (order.status, order.tracking_number) == (OrderStatus.FULFILLED, tracking)

    return _moved(request, order, step, is_done, f"{order} is fulfilled.", fulfil_form=form)


@ops_required
@require_POST
def cancel_order(request: SignedInRequest, number: str) -> HttpResponse:
    """Cancel an unpaid order. One that was cancelled before keeps its first reason, and says so."""
    order, form = get_object_or_404(Order, number=number), CancelForm(request.POST)
    if not form.is_valid():
        return _page(request, order, cancel_form=form)

    def step() -> None:
        giving_up.cancel_order(order, actor=request.user, reason=form.cleaned_data["reason"])

    def is_done() -> bool:
        return order.status == OrderStatus.CANCELED

    done = f"{order} is cancelled, its stock is free again."
    response = _moved(request, order, step, is_done, done, cancel_form=form)
    kept = lifecycle.reason_of_end(order)
    if is_done() and kept != form.cleaned_data["reason"]:
        before = f"It was cancelled before, with the reason “{kept}”"
        messages.warning(request, f"{before}. Yours was not kept: add it as a note.")
    return response


@ops_required
@require_POST
def note_order(request: SignedInRequest, number: str) -> HttpResponse:
    """Keep a note; whatever the order's status."""
    order, form = get_object_or_404(Order, number=number), NoteForm(request.POST)
    if not form.is_valid():
        return _page(request, order, note_form=form)
    add_note(order=order, author=request.user, text=form.cleaned_data["text"])
    messages.success(request, "The note is on the timeline.")
    return redirect("orders:order-detail", number)


@ops_required
@require_http_methods(["GET", "HEAD", "POST"])
def refund_order(request: SignedInRequest, number: str) -> HttpResponse:
    """The refund's page, and asking Stripe. What is wrong is said beside the field; what was typed stays."""
    order = get_object_or_404(Order, number=number)
    sources = refundable_sources(order)
    # Asked after what is left: of two clicks at once, the second must not hear that nothing is.
    known = _sent_before(request.POST.get("key", ""), order)
    if known:
        return _answer_again(request, known)
    if not sources:
        why = why_not_refund(order, refunds.sources(order))
        messages.error(request, f"{order} can't be refunded. {why}")
        return redirect("orders:order-detail", number)
    if request.method != "POST":
        return _refund_page(request, order, refund_form(order, request.user, sources))
    form = refund_form(order, request.user, sources, request.POST)
    if not form.is_valid():
        return _refund_page(request, order, form)
    try:
        made = refunds.request_refund(order_id=order.pk, actor=request.user, **form.asked())
    except (refunds.RefundTooLarge, PiecesGone) as problem:  # by somebody else in the meantime
        form.add_error("amount" if isinstance(problem, refunds.RefundTooLarge) else None, str(problem))
        return _refund_page(request, order, form)
    except (refunds.RefundRefused, refunds.NoAnswer):
        made = RefundRequest.objects.get(key=form.cleaned_data["key"])
    tell(request, made)
    return redirect("orders:order-detail", number)


@ops_required
@require_POST
def resend_mail(request: SignedInRequest, number: str, mail_id: int) -> HttpResponse:
    """Send the customer a mail once more."""
    order = get_object_or_404(Order, number=number)
    mail = get_object_or_404(order.mails.filter(kind__in=REPEATABLE), pk=mail_id)
    kind = mail.get_kind_display().lower()
    if mailing.send_again(mail, actor=request.user, now=timezone.now()):
        messages.success(request, f"The {kind} goes to {order.email or mail.email} again.")
    else:
        messages.warning(
            request, f"The {kind} was sent less than a minute ago. Wait a minute, then try again."
        )
    return redirect(f"{reverse('orders:order-detail', args=[number])}#mails")


def _refund_page(request: SignedInRequest, order: Order, form: RefundForm) -> HttpResponse:
    blocked_by = next((source.blocked_by for source in refunds.sources(order) if source.blocked_by), "")
    context = {
        "order": order,
        "refund_form": form,
        "method": refund_method(order),
        "blocked_by": blocked_by,
    }
    return render(request, "payments/refund.html", context, status=422 if form.is_bound else 200)


def _answer_again(request: HttpRequest, known: RefundRequest) -> HttpResponse:
    """To a page that is sent twice: what became of it the first time."""
    tell(request, known)
    if not _is_same(request.POST.get("amount", ""), known):
        messages.warning(request, "That page had been sent before: the amount you wrote now was not sent.")
    return redirect("orders:order-detail", known.order.number)


def _sent_before(key: str, order: Order) -> RefundRequest | None:
    """The request that this very page made, when it was sent before."""
    try:
        return RefundRequest.objects.filter(order=order, key=uuid.UUID(key)).first()
    except ValueError:
        return None


def _is_same(typed: str, made: RefundRequest) -> bool:
    try:
        return not typed or refund_amount(typed, made.currency) == made.amount
    except (money.BadAmount, ValidationError):
        return False


def _moved(
    request: SignedInRequest,
    order: Order,
    step: Callable[[], None],
    is_done: Callable[[], bool],
    done: str,
    **form: forms.Form,
) -> HttpResponse:
    """Take the step, if it is not taken already: the same click twice is one step.

    When it can't be taken: the page as it is now, with what was typed.
    """
    if not is_done():
        try:
            step()
        except IllegalMove as why:
            order.refresh_from_db()
            if not is_done():  # by the other of two clicks
                [sent] = form.values()
                sent.add_error(None, str(why))
                return _page(request, order, **form)
    messages.success(request, done)
    return redirect("orders:order-detail", order.number)


def _page(request: SignedInRequest, order: Order, **sent: forms.Form) -> HttpResponse:
    """The page, with forms that were filled in wrongly in place of fresh ones."""
    page = order_page(order, request.user, request.GET.get("log", ""))
    context = {
        "page": page,
        "fulfil_form": FulfilForm(),
        "cancel_form": CancelForm(),
        "note_form": NoteForm(),
        "refund_form": refund_form(order, request.user, page.choices.sources, parts=page.parts),
        **sent,
    }
    return render(request, "payments/order_detail.html", context, status=422 if sent else 200)
