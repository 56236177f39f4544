"""Refunds above one person's limit: asked for by one, approved or declined by another.

While a request waits it holds its amount and its pieces, and Stripe has not heard of it.
"""

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import User
from audit import log
from orders.models import Order
from payments import refunds
from payments.models import RefundRequest, RequestStatus


class CantDecide(Exception):
    """It can't be decided so; the message says why. Nothing was written or sent."""


def waiting() -> QuerySet[RefundRequest, RefundRequest]:
    """What waits for a second person, oldest first."""
    requests = RefundRequest.objects.filter(status=RequestStatus.REQUESTED)
    return (
        requests.select_related("order", "actor").prefetch_related("lines__item").order_by("created_at", "pk")
    )


def approve(request_id: int, *, actor: User) -> RefundRequest:
    """Let it go to Stripe. Raises CantDecide, RefundRefused, NoAnswer.

    What was approved before is returned again.
    """
    with transaction.atomic():
        request = _locked(request_id)
        if request.status not in (RequestStatus.REQUESTED, RequestStatus.DECLINED):
            return request
        if request.status == RequestStatus.DECLINED:
            raise CantDecide(f"It was declined already by {_who(request)}.")
        if request.actor_id == actor.pk:
            raise CantDecide("You asked for it yourself: somebody else has to approve it.")
        blocked = refunds.blocked_by(request)
        if blocked:
            raise CantDecide(
                f"The customer's bank has taken this payment back (dispute {blocked}): "
                "a refund would pay the customer twice."
            )
        _decide(request, RequestStatus.PENDING, actor)
        log.record("refund.approved", actor=actor, target=request.order, amount=request.amount)
    refunds.submit(request)
    return request


def decline(request_id: int, *, actor: User, note: str = "") -> RefundRequest:
    """Take it off the list; its amount and pieces are free again. Who asked may take it back as well.

    What was declined before is returned again. Raises CantDecide.
    """
    with transaction.atomic():
        request = _locked(request_id)
        if request.status == RequestStatus.DECLINED:
            return request
        if request.status != RequestStatus.REQUESTED:
            raise CantDecide(f"It was approved already by {_who(request)}, and has gone to Stripe.")
        _decide(request, RequestStatus.DECLINED, actor, note)
        log.record("refund.declined", actor=actor, target=request.order, amount=request.amount, note=note)
    return request


def _locked(request_id: int) -> RefundRequest:
    """With its order's row locked, which is what all refunds of an order wait for."""
    order_id = RefundRequest.objects.values_list("order", flat=True).get(pk=request_id)
    Order.objects.select_for_update().get(pk=order_id)
    return RefundRequest.objects.select_related("order", "actor", "decided_by").get(pk=request_id)


def _decide(request: RefundRequest, status: RequestStatus, actor: User, note: str = "") -> None:
    request.status, request.decided_by, request.decided_at = status, actor, timezone.now()
    request.decision_note = note
    request.save(update_fields=["status", "decided_by", "decided_at", "decision_note"])


def _who(request: RefundRequest) -> str:
    return request.decided_by.get_short_name() if request.decided_by else "somebody else"
