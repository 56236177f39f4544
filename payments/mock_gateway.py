"""A stand-in for Stripe that moves no money: same interface, same shapes, the same answer each time."""

import hashlib
from typing import Any

from django.conf import settings
from django.utils import timezone

from payments.models import Payment, Refund


class MockGateway:
    """Answers at once, as Stripe does for a card. The same key gives the same refund."""

    def create_refund(
        self, *, payment_intent_id: str, amount: int, reason: str, key: str, metadata: dict[str, str]
    ) -> dict[str, Any]:
        payment = Payment.objects.get(payment_intent_id=payment_intent_id)
        return {
            "id": f"re_{_digest(key)}",
            "object": "refund",
            "amount": amount,
            "currency": payment.currency,
            "created": int(timezone.now().timestamp()),
            "payment_intent": payment_intent_id,
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


def _digest(key: str) -> str:
    return hashlib.sha256(f"{settings.INSTANCE}:{key}".encode()).hexdigest()[:24]
