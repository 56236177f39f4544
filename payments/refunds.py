"""Send money back: our row first, then one call to Stripe, its answer applied like a webhook."""

import logging
import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Coalesce
from django.db.models.lookups import LessThan
from django.utils import timezone

from accounts.models import User
from audit import log
from orders.models import Flag, Order
from payments import answers, refund_limits, refund_lines
from payments.gateway import GatewayError, gateway
from payments.ledger import Refundable, refundable
from payments.loading import known_of
from payments.models import (
    HOLDING,
    EventStatus,
    Refund,
    RefundLine,
    RefundRequest,
    RefundSettlement,
    RefundStatus,
    RequestStatus,
)
from payments.refund_lines import Choice
from payments.shapes import FAILED
from purelaka import money
from purelaka.together import together

logger = logging.getLogger(__name__)

# Stripe repeats its answer to an idempotency key for at least this long.
KEY_LIFE = timedelta(hours=23)
NOTHING = Choice()


class RefundTooLarge(ValueError):
    """More than is left to refund. Nothing was written or sent."""


class PaymentDisputed(RefundTooLarge):
    """The customer's bank took the money back, so Stripe would refuse. Nothing was written or sent."""


class RefundRefused(ValueError):
    """Stripe refused; the request is kept as refused with what it said."""


class NoAnswer(Exception):
    """Stripe did not answer, or not in a way we understand. The request is kept and sent again."""


def request_refund(
    *,
    order_id: int,
    amount: int | None,
    actor: User | None,
    reason: str = "",
    note: str = "",
    key: uuid.UUID | None = None,
    payment_id: str = "",
    choice: Choice = NOTHING,
    tells_customer: bool = True,
) -> RefundRequest:
    """Refund `amount` minor units of an order's payment and return the request.

    The row is committed before Stripe is called: after a crash in between, `submit` can finish it.
    A `key` used before returns its request again, so a double click refunds once. `payment_id`
    chooses among several payments; by default it is the one that pays the order. `choice` are the
    goods it is for; with no amount, what they come to. Above the actor's limit the request waits for
    a second person, and Stripe hears nothing (`payments.approvals`). Raises RefundTooLarge,
    PaymentDisputed (which is one), PiecesGone, RefundRefused, NoAnswer.
    """
    key = key or uuid.uuid4()
    with transaction.atomic():
        order = Order.objects.select_for_update().get(pk=order_id)
        known = RefundRequest.objects.filter(key=key).first()
        if known:
            return known
        request = keep_request(
            order,
            amount,
            actor=actor,
            reason=reason,
            note=note,
            key=key,
            payment_id=payment_id,
            choice=choice,
            tells_customer=tells_customer,
        )
    if request.status == RequestStatus.PENDING:
        submit(request)
    return request


def keep_request(
    order: Order,
    amount: int | None,
    *,
    actor: User | None,
    key: uuid.UUID,
    reason: str = "",
    note: str = "",
    payment_id: str = "",
    choice: Choice = NOTHING,
    tells_customer: bool = True,
) -> RefundRequest:
    """Write down a refund of a locked order, in the caller's transaction; `submit` what is pending after it.

    Raises RefundTooLarge, PaymentDisputed, PiecesGone.
    """
    lines, amount_delivery, amount = _chosen(order, choice, amount)
    source = _source(order, payment_id, amount)
    if choice and not source.is_applied:
        raise RefundTooLarge("This payment does not pay the order: write an amount, and choose no goods.")
    waits = refund_limits.needs_second_person(order, actor, amount, source.currency)
    request = RefundRequest.objects.create(
        order=order,
        key=key,
        payment_intent_id=source.payment_id,
        amount=amount,
        amount_delivery=amount_delivery,
        currency=source.currency,
        reason=reason,
        note=note,
        tells_customer=tells_customer,
        actor=actor,
        status=RequestStatus.REQUESTED if waits else RequestStatus.PENDING,
    )
    for line in lines:
        line.request = request
    RefundLine.objects.bulk_create(lines)
    log.record(
        "refund.requested",
        actor=actor,
        target=order,
        amount=amount,
        reason=reason,
        note=note,
        lines=[[line.item.sku, line.quantity, line.restock] for line in lines],
        delivery=amount_delivery,
        waits_for_approval=waits,
        tells_customer=tells_customer,
    )
    return request


def amount_refundable(order: Order) -> int:
    """Minor units that may still be asked for on the payment that pays the order."""
    return max((s.amount for s in sources(order) if s.is_applied and not s.blocked_by), default=0)


def blocked_by(request: RefundRequest) -> str:
    """The dispute that keeps Stripe from making this refund, if there is one."""
    found = (s for s in sources(request.order) if s.payment_id == request.payment_intent_id)
    return next((source.blocked_by for source in found), "")


def submit(request: RefundRequest) -> None:
    """Send a pending request, or look up what became of it. Raises RefundRefused, NoAnswer.

    Safe to repeat: the key finds the refund that was made, at Stripe or in its list.
    """
    now = timezone.now()
    try:
        answer, at = _ask(request, now)
    except GatewayError as error:
        _note_error(request, error)
        raise (RefundRefused if error.is_final else NoAnswer)(str(error)) from error
    with transaction.atomic():
        receipt = answers.take_in("refund.answered", answer, at=at)
        applied = receipt.status == EventStatus.PROCESSED
        if applied:
            request.status = RequestStatus.ANSWERED
        # Until the answer is a fact the request holds its amount: nobody can ask for it twice.
        request.refund_id, request.error = answer["id"], "" if applied else receipt.reason
        request.save(update_fields=["status", "refund_id", "error"])
        if applied:
            refund_lines.put_back(RefundRequest.objects.select_for_update().get(pk=request.pk))
    if not applied:
        raise NoAnswer(f"Stripe's answer could not be applied: {receipt.reason}")


def submit_pending(now: datetime) -> int:
    """Send again what has had no answer for a minute; returns how many were answered."""
    answered = 0
    sendable = Coalesce("decided_at", "created_at")
    for request in RefundRequest.objects.filter(
        Q(status=RequestStatus.PENDING) & Q(LessThan(sendable, now - timedelta(minutes=1)))
    ).order_by("created_at"):
        try:
            submit(request)
            answered += 1
        except (RefundRefused, NoAnswer) as error:
            logger.warning("refund request %s: %s", request.pk, error)
    return answered


def refund_what_cannot_be_sent() -> int:
    """With `OVERSELL_POLICY=refund`: give back money that came for goods that are not there.

    Each payment once, by a key made of its id; returns how many requests were made.
    """
    if settings.OVERSELL_POLICY != "refund":
        return 0
    made = 0
    for order in Order.objects.filter(flag__in=[Flag.OUT_OF_STOCK, Flag.PAID_AFTER_CANCEL]):
        for source in sources(order):
            key = uuid.uuid5(uuid.NAMESPACE_OID, f"oversell:{source.payment_id}")
            if source.amount <= 0 or source.blocked_by or RefundRequest.objects.filter(key=key).exists():
                continue
            try:
                request_refund(
                    order_id=order.pk,
                    amount=source.amount,
                    actor=None,
                    note=f"Automatic: {order.get_flag_display().lower()}.",
                    key=key,
                    payment_id=source.payment_id,
                )
                made += 1
            except (RefundTooLarge, RefundRefused, NoAnswer) as error:
                logger.warning("automatic refund of %s: %s", order, error)
    return made


def sources(order: Order) -> list[Refundable]:
    """The order's payments with what is left of each, less what is asked for already."""
    return sources_of([order])[order.pk]


def sources_of(orders: Sequence[Order]) -> dict[int, list[Refundable]]:
    """The same for several orders, by their pk; three queries however many there are."""
    left = {pk: refundable(known.facts) for pk, known in known_of(orders).items()}
    asked = _amounts_asked([source.payment_id for sources in left.values() for source in sources])
    return {
        pk: [replace(source, amount=source.amount - asked[source.payment_id]) for source in sources]
        for pk, sources in left.items()
    }


def _chosen(order: Order, choice: Choice, amount: int | None) -> tuple[list[RefundLine], int, int]:
    """The request's lines (not saved), its part for delivery, and its amount."""
    if not choice:
        return [], 0, amount or 0
    parts = refund_lines.parts_of(order)
    lines, due = parts.rows(choice), parts.due(choice)
    if amount is not None and amount > due:
        raise RefundTooLarge(
            f"What you chose comes to {money.display(due, order.currency)}: "
            "write that or less, or choose more."
        )
    return lines, parts.delivery_left if choice.delivery else 0, due if amount is None else amount


def _source(order: Order, payment_id: str, amount: int) -> Refundable:
    fits = [s for s in sources(order) if (s.payment_id == payment_id if payment_id else s.is_applied)]
    if not fits:
        raise RefundTooLarge(f"{order} has no payment that could be refunded.")
    if fits[0].blocked_by:
        raise PaymentDisputed(
            f"The customer's bank took this payment of {order} back: dispute {fits[0].blocked_by}. "
            "Stripe refunds nothing of it while that stands; answer the dispute instead."
        )
    left = fits[0].amount
    if not 0 < amount <= left:
        raise RefundTooLarge(
            f"Between {money.display(1, fits[0].currency)} and {money.display(left, fits[0].currency)} "
            f"can be refunded on {order}."
            if left > 0
            else f"Nothing is left to refund on {order}."
        )
    return fits[0]


def _amounts_asked(payment_ids: Sequence[str]) -> Counter[str]:
    """What may go back of each payment without having been counted yet, in minor units.

    Requests that Stripe has not answered, and whose refund no webhook has told us of, or that wait
    for a second person; refunds that wait for the customer's details; and refunds that failed and
    whose money the customer got in another way.
    """
    told = Refund.objects.filter(Q(payment_intent_id__in=payment_ids) | Q(charge_id__in=payment_ids))
    found = together(
        refunds=told,
        pending=RefundRequest.objects.filter(payment_intent_id__in=payment_ids, status__in=HOLDING),
        settlements=RefundSettlement.objects.filter(
            refund_id__in=told.filter(status__in=FAILED).values("refund_id")
        ),
    )
    asked: Counter[str] = Counter()
    settled = {settlement.refund_id for settlement in found["settlements"]}
    for refund in found["refunds"]:
        if refund.status == RefundStatus.REQUIRES_ACTION or refund.refund_id in settled:
            by_intent = refund.payment_intent_id in payment_ids
            asked[refund.payment_intent_id if by_intent else refund.charge_id] += refund.amount
    keys = {refund.request_key for refund in found["refunds"]}
    for request in found["pending"]:
        if str(request.key) not in keys:
            asked[request.payment_intent_id] += request.amount
    return asked


def _ask(request: RefundRequest, now: datetime) -> tuple[dict[str, Any], datetime]:
    """Stripe's refund, and the moment it describes."""
    provider, key = gateway(), str(request.key)
    if now - request.sendable_since > KEY_LIFE:
        found = provider.find_refund(payment_intent_id=request.payment_intent_id, key=key)
        if found:
            return found, now
    answer = provider.create_refund(
        payment_intent_id=request.payment_intent_id,
        amount=request.amount,
        reason=request.reason,
        key=f"refund:{key}",
        metadata={
            "order_number": request.order.number,
            "instance": settings.INSTANCE,
            "request_key": key,
        },
    )
    return answer, datetime.fromtimestamp(answer["created"], now.tzinfo)


def _note_error(request: RefundRequest, error: GatewayError) -> None:
    request.status = RequestStatus.REFUSED if error.is_final else RequestStatus.PENDING
    request.error = str(error)
    request.save(update_fields=["status", "error"])
    if error.is_final:
        log.record("refund.refused", actor=request.actor, target=request.order, error=str(error))
