"""A stand-in for Stripe that moves no money: same interface, same shapes, the same test cards.

It knows the payments made in the shop (`payments.mock`). Of others, such as those of the demo's
history, it says what our own facts say.
"""

import hashlib
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from orders.models import Order
from payments.gateway_error import GatewayError
from payments.mock import bank
from payments.mock.steps import tell
from payments.models import Charge, Dispute, MockIntent, Payment, PaymentStatus, Refund
from payments.models.facts import OPEN
from payments.stories import objects
from payments.stories.journal import StoryError

CHARGES = ("ch_", "py_")  # ids of charges that may have no payment intent
# Too late to cancel.
CLOSED = (PaymentStatus.SUCCEEDED, PaymentStatus.PROCESSING, PaymentStatus.REQUIRES_CAPTURE)


class MockGateway:
    """Answers at once, as Stripe does for a card. The same key gives the same answer."""

    def create_payment_intent(
        self,
        *,
        amount: int,
        currency: str,
        key: str,
        metadata: dict[str, str],
        email: str = "",
        description: str = "",
    ) -> dict[str, Any]:
        story = bank.begin(amount=amount, currency=currency, key=key, metadata=metadata, email=email)
        return story.intent

    def payment_intent(self, payment_intent_id: str) -> dict[str, Any]:
        row = bank.find(payment_intent_id)
        return tell(row).intent if row else _intent(payment_intent_id)

    def cancel_payment_intent(self, payment_intent_id: str) -> dict[str, Any]:
        intent = self.payment_intent(payment_intent_id)
        if intent["status"] == PaymentStatus.CANCELED:
            return intent
        try:
            if intent["status"] in CLOSED:
                raise StoryError(f"The payment intent is {intent['status']}.")
            return bank.take(payment_intent_id, "is_canceled").intent
        except StoryError as problem:
            raise GatewayError(str(problem), is_final=True) from problem

    def create_refund(
        self, *, payment_intent_id: str, amount: int, reason: str, key: str, metadata: dict[str, str]
    ) -> dict[str, Any]:
        row = bank.find(payment_intent_id)
        if not row:
            return _refund(payment_intent_id, amount, reason, key, metadata)
        try:
            request_key = metadata.get("request_key", key)
            return bank.refund(row, amount=amount, reason=reason, request_key=request_key)
        except StoryError as problem:
            raise GatewayError(str(problem), is_final=True) from problem

    def find_refund(self, *, payment_intent_id: str, key: str) -> dict[str, Any] | None:
        row = bank.find(payment_intent_id)
        made = tell(row).refunds if row else []
        return next((refund for refund in made if refund["metadata"].get("request_key") == key), None)

    def balance_transactions(self, *, source_id: str = "", payout_id: str = "") -> list[dict[str, Any]]:
        """The book lines of a charge, refund or dispute; the demo's history brings its own with it."""
        row = _paid_by(source_id)
        if row:
            return [line for line in tell(row).balance_transactions if line["source"] == source_id]
        return [_line(refund) for refund in Refund.objects.filter(refund_id=source_id)]


def _paid_by(source_id: str) -> MockIntent | None:
    """The payment a charge, refund or dispute belongs to."""
    for model in (Refund, Dispute):
        fact = model.objects.filter(**{model.key: source_id}).first()
        if fact:
            return bank.find(fact.charge_id)
    return bank.find(source_id)


# --- payments that were not made here -------------------------------------------------------------


def _intent(payment_intent_id: str) -> dict[str, Any]:
    """A payment intent as the facts have it. Nobody can pay on one that is still open: it is over.

    Raises GatewayError when neither a fact nor an order knows it.
    """
    known = Payment.objects.filter(payment_intent_id=payment_intent_id).first()
    if known:
        status = PaymentStatus.CANCELED if known.status in OPEN else known.status
        return _shape(payment_intent_id, status, known.amount, known.currency, known.created)
    order = Order.objects.filter(payment_intent_id=payment_intent_id).first()
    if order is None:
        raise GatewayError(f"No such payment_intent: '{payment_intent_id}'", is_final=True)
    total, currency, at = order.amount_total, order.currency, order.created_at
    return _shape(payment_intent_id, PaymentStatus.CANCELED, total, currency, at)


def _shape(id: str, status: str, amount: int, currency: str, created: datetime) -> dict[str, Any]:
    made = objects.payment_intent(
        id=id,
        secret=f"{id}_secret_mock",
        amount=amount,
        currency=currency,
        at=int(created.timestamp()),
        metadata={},
    )
    received = amount if status == PaymentStatus.SUCCEEDED else 0
    return {**made, "status": str(status), "amount_received": received}


def _refund(payment_id: str, amount: int, reason: str, key: str, metadata: dict[str, str]) -> dict[str, Any]:
    is_charge = payment_id.startswith(CHARGES)
    return {
        "id": f"re_{_digest(key)}",
        "object": "refund",
        "amount": amount,
        "currency": _currency(payment_id),
        "created": int(timezone.now().timestamp()),
        "payment_intent": None if is_charge else payment_id,
        "charge": payment_id if is_charge else None,
        "reason": reason or None,
        "status": "succeeded",
        "metadata": metadata,
        "balance_transaction": f"txn_{_digest(key)}",
    }


def _line(refund: Refund) -> dict[str, Any]:
    return {
        "id": refund.balance_transaction_id,
        "object": "balance_transaction",
        "type": "refund",
        "reporting_category": "refund",
        "amount": -refund.amount,
        "fee": 0,
        "net": -refund.amount,
        "currency": refund.currency,
        "source": refund.refund_id,
        "created": int(refund.created.timestamp()),
        "available_on": int(refund.created.timestamp()),
        "status": "available",
    }


def _currency(payment_id: str) -> str:
    """Of a payment intent or a charge; the event of one may be known without that of the other."""
    intents = Payment.objects.filter(payment_intent_id=payment_id)
    charges = Charge.objects.filter(Q(charge_id=payment_id) | Q(payment_intent_id=payment_id))
    found: str = intents.values_list("currency").union(charges.values_list("currency"))[0][0]
    return found


def _digest(key: str) -> str:
    return hashlib.sha256(f"{settings.INSTANCE}:{key}".encode()).hexdigest()[:24]
