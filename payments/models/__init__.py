"""The inbox, the facts copied from Stripe, the ledger, and refunds we asked for."""

from payments.models.facts import (
    BalanceTransaction,
    Charge,
    Dispute,
    Fact,
    Payment,
    PaymentStatus,
    Payout,
    Provider,
    Refund,
    RefundStatus,
)
from payments.models.inbox import EventSource, EventStatus, StripeEvent
from payments.models.ledger import Kind, LedgerEntry
from payments.models.mock import MockEvent, MockIntent
from payments.models.requests import HOLDING, RefundLine, RefundRequest, RefundSettlement, RequestStatus

__all__ = [
    "HOLDING",
    "BalanceTransaction",
    "Charge",
    "Dispute",
    "EventSource",
    "EventStatus",
    "Fact",
    "Kind",
    "LedgerEntry",
    "MockEvent",
    "MockIntent",
    "Payment",
    "PaymentStatus",
    "Payout",
    "Provider",
    "Refund",
    "RefundLine",
    "RefundRequest",
    "RefundSettlement",
    "RefundStatus",
    "RequestStatus",
    "StripeEvent",
]
