"""A stand-in for Stripe that moves no money: same interface, same shapes, the same answer each time."""

import hashlib
from typing import Any

from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from payments.models import Charge, Payment, Refund

CHARGES = ("ch_", "py_")  # ids of charges that may have no payment intent


class MockGateway:
    """Answers at once, as Stripe does for a card. The same key gives the same refund."""

    def create_refund(
        self, *, payment_intent_id: str, amount: int, reason: str, key: str, metadata: dict[str, str]
    ) -> dict[str, Any]:
        is_charge = payment_intent_id.startswith(CHARGES)
        return {
            "id": f"re_{_digest(key)}",
            "object": "refund",
            "amount": amount,
            "currency": _currency(payment_intent_id),
            "created": int(timezone.now().timestamp()),
            "payment_intent": None if is_charge else payment_intent_id,
            "charge": payment_intent_id if is_charge else None,
            "reason": reason or None,
            "status": "succeeded",
            "metadata": metadata,
            "balance_transaction": f"txn_{_digest(key)}",
        }

    def find_refund(self, *, payment_intent_id: str, key: str) -> dict[str, Any] | None:
        """It never loses an answer, so there is nothing to find."""
        return None

    def balance_transactions(self, *, source_id: str = "", payout_id: str = "") -> list[dict[str, Any]]:
        """The book line of a refund; charges and payouts of mock mode bring theirs with them."""
        return [
            {
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
            for refund in Refund.objects.filter(refund_id=source_id)
        ]


def _currency(payment_id: str) -> str:
    """Of a payment intent or a charge; the event of one may be known without that of the other."""
    intents = Payment.objects.filter(payment_intent_id=payment_id)
    charges = Charge.objects.filter(Q(charge_id=payment_id) | Q(payment_intent_id=payment_id))
    found: str = intents.values_list("currency").union(charges.values_list("currency"))[0][0]
    return found


def _digest(key: str) -> str:
    return hashlib.sha256(f"{settings.INSTANCE}:{key}".encode()).hexdigest()[:24]
