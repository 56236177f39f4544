"""What the projection reads of each fact: as few columns as the ledger's functions need."""

from datetime import datetime
from typing import NamedTuple


class PaymentRow(NamedTuple):
    payment_intent_id: str
    amount_received: int
    currency: str
    status: str
    created: datetime
    succeeded_at: datetime | None


class ChargeRow(NamedTuple):
    charge_id: str
    payment_intent_id: str
    amount_captured: int
    amount_refunded: int
    currency: str
    status: str
    created: datetime
    as_of: datetime


class RefundRow(NamedTuple):
    refund_id: str
    payment_intent_id: str
    charge_id: str
    amount: int
    was_counted: bool  # it was seen pending or succeeded
    currency: str
    status: str
    created: datetime
    failed_at: datetime | None
    reason: str


class DisputeRow(NamedTuple):
    dispute_id: str
    payment_intent_id: str
    charge_id: str
    amount: int
    currency: str
    status: str
    is_charge_refundable: bool | None = None  # None: Stripe did not say


class TransactionRow(NamedTuple):
    balance_transaction_id: str
    source_id: str
    amount: int
    fee: int
    currency: str
    created: datetime


class PostedRow(NamedTuple):
    """The ledger's sum of one kind, source, currency and day."""

    kind: str
    source_id: str
    amount: int
    currency: str
    day: str  # ISO
    at: datetime  # the earliest of them
