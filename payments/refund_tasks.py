"""Refunds whose money has not reached the customer: why, what to do, and doing it.

A task is done by a person (made again, paid in another way) or goes by itself (Stripe sends the
refund after all, or the customer gives their details).
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.models import QuerySet
from django.db.models.expressions import RawSQL

from accounts.models import User
from audit import log
from orders.models import Order
from payments import refund_lines, refunds
from payments.models import (
    HOLDING,
    Refund,
    RefundRequest,
    RefundSettlement,
    RefundStatus,
    RequestStatus,
)
from payments.refund_lines import Choice, Pick, PiecesGone
from purelaka import sql

NOT_THERE = (RefundStatus.FAILED, RefundStatus.REQUIRES_ACTION)
REASONS = ("requested_by_customer", "duplicate", "fraudulent")

# Made again: since a refund failed, as much was refunded of its payment as failed of it since then.
NOT_ARRIVED = """
    SELECT f.id FROM payments_refund f
    WHERE f.order_id IS NOT NULL AND f.status IN ('requires_action', 'failed')
        AND NOT EXISTS (SELECT 1 FROM payments_refundsettlement s WHERE s.refund_id = f.refund_id)
        AND (f.status = 'requires_action' OR COALESCE((
            SELECT SUM(g.amount) FROM payments_refund g
            WHERE g.order_id = f.order_id AND g.payment_intent_id = f.payment_intent_id
                AND g.status IN ('pending', 'succeeded') AND g.created >= f.failed_at
        ), 0) < COALESCE((
            SELECT SUM(g.amount) FROM payments_refund g
            WHERE g.order_id = f.order_id AND g.payment_intent_id = f.payment_intent_id
                AND g.status = 'failed' AND g.failed_at >= f.failed_at
                AND NOT EXISTS (SELECT 1 FROM payments_refundsettlement s WHERE s.refund_id = g.refund_id)
        ), f.amount))
"""

# Stripe's `failure_reason` (docs.stripe.com/refunds#failed-refunds): what happened, and what to do.
ANOTHER_WAY = "Ask the customer for a bank account and send the money there, then write down its reference."
FAILURES = {
    "charge_for_pending_refund_disputed": (
        "The customer disputed the payment while the refund was on its way.",
        "Their bank decides now. Answer the dispute instead of paying twice.",
    ),
    "declined": ("The customer's bank declined the refund.", ANOTHER_WAY),
    "expired_or_canceled_card": ("The card has expired or was cancelled.", ANOTHER_WAY),
    "insufficient_funds": (
        "Your Stripe balance did not hold enough money.",
        "Add money to the balance in Stripe's dashboard, then try again.",
    ),
    "lost_or_stolen_card": ("The card was reported lost or stolen.", ANOTHER_WAY),
    "merchant_request": (
        "It was called off at your request, in Stripe's dashboard.",
        "If the customer is still to get the money, try again.",
    ),
}
UNKNOWN = (
    "The customer's bank sent the money back and gave no reason.",
    "Try again once; if it fails again, ask the customer for a bank account and send the money there.",
)
NEEDS_ACTION = (
    "Stripe waits for the customer's bank details.",
    "Stripe has mailed the customer, who has 45 days to answer: ask them to look for that mail. "
    "Without an answer the refund is cancelled, and the money is yours to send again.",
)
WAITING = {
    "insufficient_funds": (
        "Your Stripe balance does not hold enough money.",
        "Add money to the balance in Stripe's dashboard; Stripe sends the refund then by itself.",
    ),
    "charge_pending": (
        "The payment itself has not arrived yet.",
        "Nothing: Stripe sends the refund when it has.",
    ),
}
PROCESSING = ("It is on its way.", "Nothing: banks take 5 to 10 days.")


class NoTask(Exception):
    """It is done already, by somebody or by itself; the message says how. Nothing was written."""


@dataclass(frozen=True)
class Task:
    """A refund that waits for somebody: `why` it did not arrive, and `what` to do, in a sentence each."""

    refund: Refund
    why: str
    what: str

    @property
    def is_failed(self) -> bool:
        """Whether we can do something about it: make it again, or pay in another way."""
        return self.refund.status == RefundStatus.FAILED


def tasks() -> list[Task]:
    """What waits, the oldest first."""
    return [task_of(refund) for refund in waiting()]


def waiting() -> QuerySet[Refund, Refund]:
    """The refunds of which somebody has to see that their money arrives, the oldest first."""
    refunds = Refund.objects.filter(pk__in=RawSQL(NOT_ARRIVED, []))  # noqa: S611 - a text of ours
    return refunds.select_related("order").order_by("created", "pk")


def tasks_among(refunds: Sequence[Refund], order: Order) -> list[Task]:
    """What waits of one order, all of whose refunds are given."""
    if not any(refund.status in NOT_THERE for refund in refunds):
        return []
    waiting = {row[0] for row in sql.fetch(f"{NOT_ARRIVED} AND f.order_id = %s", [order.pk])}
    for refund in refunds:
        refund.order = order
    return [task_of(refund) for refund in refunds if refund.pk in waiting]


def task_of(refund: Refund) -> Task:
    """In plain words why a refund is where it is, whether or not somebody must act."""
    return Task(refund, *_words(refund))


def is_open(refund: Refund) -> bool:
    """Whether the customer still waits for this refund's money and nobody has seen to it."""
    return bool(sql.fetch(f"{NOT_ARRIVED} AND f.id = %s", [refund.pk]))


def retry(refund: Refund, *, actor: User) -> RefundRequest:
    """Ask Stripe for the same refund again, for the same goods; they come back to stock only once.

    Sent twice it is one. Raises NoTask, RefundTooLarge, RefundRefused, NoAnswer.
    """
    key = retry_key(refund)
    with transaction.atomic():
        order = _locked(refund)
        known = RefundRequest.objects.filter(key=key).first()
        if known:
            return known
        _check_open(refund)
        before = _request_of(refund)
        told = {"actor": actor, "key": key, "payment_id": refund.payment_intent_id or refund.charge_id}
        told |= {"reason": refund.reason if refund.reason in REASONS else "requested_by_customer"}
        told |= {"note": f"Again: {refund.refund_id} failed."}
        told |= {"tells_customer": before.tells_customer if before else True}
        try:
            choice = _choice(before)
            made = refunds.keep_request(order, refund.amount, choice=choice, **told)  # type: ignore[arg-type]
        except PiecesGone:  # they went back in the meantime; the money of this one did not
            made = refunds.keep_request(order, refund.amount, **told)  # type: ignore[arg-type]
    if made.status == RequestStatus.PENDING:
        refunds.submit(made)
    return made


def settle(refund: Refund, *, actor: User, reference: str, note: str = "") -> RefundSettlement:
    """Write down that the customer got a failed refund's money in another way. Raises NoTask.

    Sent twice it is one. The amount can't be asked of Stripe any more.
    """
    with transaction.atomic():
        order = _locked(refund)
        known = RefundSettlement.objects.filter(refund_id=refund.refund_id).first()
        if known:
            return known
        _check_open(refund)
        made = RefundSettlement.objects.create(
            order=order,
            refund_id=refund.refund_id,
            amount=refund.amount,
            currency=refund.currency,
            reference=reference,
            note=note,
            actor=actor,
        )
        log.record(
            "refund.settled",
            actor=actor,
            target=order,
            refund=refund.refund_id,
            amount=refund.amount,
            reference=reference,
            note=note,
        )
    return made


def retry_key(refund: Refund) -> uuid.UUID:
    """The key of the request that makes this refund again."""
    return uuid.uuid5(uuid.NAMESPACE_OID, f"retry:{refund.refund_id}")


def _check_open(refund: Refund) -> None:
    """Under the order's lock. Raises NoTask."""
    if refund.status != RefundStatus.FAILED or not is_open(refund):
        raise NoTask("Nothing is left to do: it has arrived, was made again, or was paid in another way.")
    again = RefundRequest.objects.filter(key=retry_key(refund), status__in=HOLDING)
    if again.exists():
        raise NoTask("It is being made again already: see what becomes of that first.")


def _locked(refund: Refund) -> Order:
    if refund.order_id is None:
        raise NoTask("It belongs to no order of ours: see to it in Stripe's dashboard.")
    order = Order.objects.select_for_update().get(pk=refund.order_id)
    refund.refresh_from_db()
    return order


def _request_of(refund: Refund) -> RefundRequest | None:
    found = RefundRequest.objects.filter(refund_id=refund.refund_id).prefetch_related("lines__item")
    return found.first()


def _choice(before: RefundRequest | None) -> Choice:
    """The same goods, of which only those go back on the shelf that have not yet."""
    if before is None:
        return refunds.NOTHING
    lines = list(before.lines.all())
    shelf = refund_lines.returnable(line.item for line in lines)
    picks: Sequence[Pick] = [
        Pick(line.item_id, line.quantity, line.restock and line.quantity <= shelf.get(line.item_id, 0))
        for line in lines
    ]
    return Choice(picks, delivery=before.amount_delivery > 0)


def _words(refund: Refund) -> tuple[str, str]:
    if refund.status == RefundStatus.FAILED:
        return FAILURES.get(refund.failure_reason, UNKNOWN)
    if refund.status == RefundStatus.REQUIRES_ACTION:
        return NEEDS_ACTION
    if refund.status == RefundStatus.PENDING:
        return WAITING.get(refund.pending_reason, PROCESSING)
    if refund.status == RefundStatus.CANCELED:
        return "It was called off before it left your balance.", "If the customer is to get it, refund again."
    return "The customer's bank has it.", "Nothing: banks take 5 to 10 days to show it."
