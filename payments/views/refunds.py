"""Refunds one by one: what became of each, those that wait for a second person, those that failed."""

from collections.abc import Callable, Sequence
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from accounts.models import Role, User
from accounts.roles import SignedInRequest, ops_required, staff_required
from orders.models import Order
from payments import approvals, refund_limits, refund_lines, refund_tasks, refunds, wording
from payments.forms import RefundForm, SettleForm
from payments.ledger import Refundable
from payments.models import Charge, Refund, RefundRequest, RefundSettlement, RequestStatus
from payments.refund_lines import Parts
from purelaka import money


@staff_required
@require_safe
def refund_detail(request: SignedInRequest, refund_id: str) -> HttpResponse:
    """One refund: what it was for, where it is, and what to do when it has not arrived."""
    return _page(request, _refund(refund_id), SettleForm())


@ops_required
@require_POST
def refund_retry(request: SignedInRequest, refund_id: str) -> HttpResponse:
    """Ask Stripe for a failed refund again."""
    refund = _refund(refund_id)

    def ask() -> None:
        tell(request, refund_tasks.retry(refund, actor=request.user))

    return _done(request, ask, refund)


@ops_required
@require_POST
def refund_settle(request: SignedInRequest, refund_id: str) -> HttpResponse:
    """Write down that a failed refund's money went another way."""
    refund, form = _refund(refund_id), SettleForm(request.POST)
    if not form.is_valid():
        return _page(request, refund, form)

    def settle() -> None:
        made = refund_tasks.settle(refund, actor=request.user, **form.cleaned_data)
        amount = money.display(made.amount, made.currency)
        messages.success(request, f"Written down: {amount} went to the customer as {made.reference}.")
        if {name: getattr(made, name) for name in form.cleaned_data} != form.cleaned_data:
            _tell_not_kept(request, "written down")

    return _done(request, settle, refund)


@ops_required
@require_POST
def request_approve(request: SignedInRequest, request_id: int) -> HttpResponse:
    """Let a refund that somebody else asked for go to Stripe."""
    asked = get_object_or_404(RefundRequest, pk=request_id)

    def approve() -> None:
        tell(request, approvals.approve(asked.pk, actor=request.user))

    return _decided(request, approve, asked)


@ops_required
@require_POST
def request_decline(request: SignedInRequest, request_id: int) -> HttpResponse:
    """Take a refund off the list; who asked for it may do so, too."""
    asked = get_object_or_404(RefundRequest, pk=request_id)

    def decline() -> None:
        note = request.POST.get("note", "")[:500]
        declined = approvals.decline(asked.pk, actor=request.user, note=note)
        amount = money.display(asked.amount, asked.currency)
        messages.success(request, f"The refund of {amount} is off the list. Nothing went to Stripe.")
        if declined.decision_note != note:
            _tell_not_kept(request, "declined")

    return _decided(request, decline, asked)


# --- what other pages show as well ----------------------------------------------------------------


def refund_form(
    order: Order, user: User, sources: Sequence[Refundable], data: Any = None, *, parts: Parts | None = None
) -> RefundForm:
    """The form for what is left of an order; without anything left, an empty one."""
    parts = refund_lines.parts_of(order) if parts is None and sources else parts
    most = refund_limits.limit(user, sources[0].currency) if sources else None
    return RefundForm(data, sources=sources, parts=parts, most=most)


def refund_method(order: Order) -> str:
    """How the money would go back: the card it came from."""
    charges = Charge.objects.filter(order=order, status="succeeded").order_by("created", "pk")
    return wording.method(charges.first())


def tell(request: HttpRequest, made: RefundRequest) -> None:
    """What became of a request."""
    amount = money.display(made.amount, made.currency)
    if made.status == RequestStatus.REFUSED:
        messages.error(request, f"Stripe refused the refund of {amount}: {made.error}")
    elif made.status == RequestStatus.PENDING:
        messages.warning(
            request, f"Stripe did not answer. The refund of {amount} is kept and will be sent again."
        )
    elif made.status == RequestStatus.REQUESTED:
        messages.warning(
            request,
            f"The refund of {amount} is more than one person may send back: it waits for somebody else to "
            "approve it. Nothing has gone to Stripe.",
        )
    elif made.status == RequestStatus.DECLINED:
        messages.warning(request, f"The refund of {amount} was declined.")
    else:
        messages.success(request, f"{amount} of {made.order} goes back to the customer.")


def _tell_not_kept(request: HttpRequest, done: str) -> None:
    """To who comes second: the words of the first are the ones that count."""
    messages.warning(
        request, f"It was {done} before: what you wrote now was not kept. Add it to the order as a note."
    )


def _page(request: SignedInRequest, refund: Refund, form: SettleForm) -> HttpResponse:
    is_open = refund.order_id is not None and refund_tasks.is_open(refund)
    made = RefundRequest.objects.filter(refund_id=refund.refund_id).prefetch_related("lines__item")
    context = {
        "refund": refund,
        "task": refund_tasks.task_of(refund),
        "is_open": is_open,
        "may_act": is_open and request.user.role in (Role.OPS, Role.ADMIN),
        "settled": RefundSettlement.objects.filter(refund_id=refund.refund_id)
        .select_related("actor")
        .first(),
        "asked": made.select_related("actor", "decided_by").first(),
        "again": RefundRequest.objects.filter(key=refund_tasks.retry_key(refund)).first(),
        "settle_form": form,
    }
    return render(request, "payments/refund_detail.html", context, status=422 if form.errors else 200)


def _refund(refund_id: str) -> Refund:
    refund = Refund.objects.select_related("order").filter(refund_id=refund_id).first()
    if refund is None:
        raise Http404
    return refund


def _done(request: HttpRequest, act: Callable[[], None], refund: Refund) -> HttpResponse:
    """Do it, or say why not; back to the refund."""
    try:
        act()
    except (refund_tasks.NoTask, refunds.RefundTooLarge) as why:
        messages.error(request, str(why))
    except refunds.RefundRefused as why:
        messages.error(request, f"Stripe refused it: {why}")
    except refunds.NoAnswer:
        messages.warning(request, "Stripe did not answer. The refund is kept and will be sent again.")
    return redirect("payments:refund-detail", refund.refund_id)


def _decided(request: HttpRequest, act: Callable[[], None], asked: RefundRequest) -> HttpResponse:
    """Do it, or say why not; back to the list of what waits, or to the order where it was clicked."""
    try:
        act()
    except approvals.CantDecide as why:
        messages.error(request, str(why))
    except refunds.RefundRefused as why:
        messages.error(request, f"Stripe refused it: {why}")
    except refunds.NoAnswer:
        messages.warning(request, "Stripe did not answer. The refund is kept and will be sent again.")
    if request.POST.get("back") == "order":
        return redirect("orders:order-detail", asked.order.number)
    return redirect("payments:refund-list")
