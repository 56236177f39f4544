"""Read Stripe's objects, in the shapes of every API version since 2015, into the fields of facts.

Only what is needed is read, and both the old and the new place of it. Anything else in an object
may be missing, new or odd. See docs.stripe.com/changelog for what moved when.
"""

from datetime import UTC, date, datetime
from typing import Any

from django.conf import settings

from payments.envelope import BadEnvelope, is_storable, moment, storable
from payments.models import PaymentStatus, RefundStatus

Object = dict[str, Any]
Fields = dict[str, Any]

MAX_AMOUNT = 10**15
PAYMENT_RANK = {status: rank for rank, status in enumerate(PaymentStatus.values)}
CHARGE_RANK = {"pending": 0, "failed": 1, "succeeded": 2}
REFUND_RANK = {"requires_action": 0, "pending": 1, "succeeded": 2, "failed": 3, "canceled": 4}
DISPUTE_RANK = {
    status: rank
    for rank, status in enumerate(
        "warning_needs_response warning_under_review warning_closed needs_response under_review prevented "
        "lost appeal_needs_response appeal_under_review won".split()
    )
}
PAYOUT_RANK = {"pending": 0, "in_transit": 1, "paid": 2, "failed": 3, "canceled": 4}
COUNTED = {RefundStatus.PENDING, RefundStatus.SUCCEEDED}
FAILED = {RefundStatus.FAILED, RefundStatus.CANCELED}
# `type` of balance transactions from before `reporting_category` existed
CATEGORY_OF_TYPE = {
    "charge": "charge",
    "payment": "charge",
    "refund": "refund",
    "payment_refund": "refund",
    "payment_failure_refund": "charge_failure",
    "refund_failure": "refund_failure",
    "stripe_fee": "fee",
    "payout": "payout",
    "transfer": "payout",
    "adjustment": "other_adjustment",
}


class OddPayload(ValueError):
    """An object that can't be understood; the message names the field."""


def payment(data: Object, at: datetime) -> Fields:
    """A PaymentIntent, as known at `at`."""
    status = text(data, "status", required=True)
    error = data.get("last_payment_error")
    error = error if isinstance(error, dict) else {}
    total = amount(data, "amount")
    succeeded = status == PaymentStatus.SUCCEEDED
    return {
        "payment_intent_id": text(data, "id", required=True),
        "amount": total,
        "amount_received": amount(data, "amount_received", total if succeeded else 0),
        "currency": currency(data),
        "status": status,
        "succeeded_at": at if succeeded else None,
        "failure_code": words(error, "decline_code") or words(error, "code"),
        "failure_message": words(error, "message", 2000),
        "claimed_order": claimed_order(data),
        "created": when(data, "created", at),
        # Within one second an intent that has failed comes after one that has not been tried.
        "as_of_rank": PAYMENT_RANK.get(status, 0) * 2 + bool(error),
    }


def charge(data: Object, at: datetime) -> Fields:
    """A Charge, as known at `at`. Before 2020 there was no `amount_captured`."""
    status = text(data, "status") or ("succeeded" if data.get("paid") is True else "failed")
    status = "succeeded" if status == "paid" else status
    total, refunded = amount(data, "amount"), amount(data, "amount_refunded", 0)
    is_captured = data.get("captured", True) is not False and status == "succeeded"
    captured = amount(data, "amount_captured", total if is_captured else 0)
    transaction = expandable(data, "balance_transaction")
    method, card = payment_method(data)
    return {
        "charge_id": text(data, "id", required=True),
        "payment_intent_id": expandable(data, "payment_intent"),
        "amount": total,
        "amount_captured": captured,
        "amount_refunded": max(refunded - _counted_as_refunded(data, total, captured), 0),
        "currency": currency(data),
        "status": status,
        "balance_transaction_id": transaction,
        "method": method,
        "card_brand": words(card, "brand", 64),
        "card_last4": words(card, "last4", 4),
        "failure_code": words(data, "failure_code"),
        "failure_message": words(data, "failure_message", 2000),
        "claimed_order": claimed_order(data),
        "created": when(data, "created", at),
        # Within one second a charge only ever gets fuller.
        "as_of_rank": refunded * 8 + CHARGE_RANK.get(status, 0) * 2 + bool(transaction),
    }


def _counted_as_refunded(data: Object, total: int, captured: int) -> int:
    """What was authorised and not captured: until 2025-03-31 `amount_refunded` had it, too.

    Charges of those versions have a field `invoice`, which went in the same version.
    """
    return max(total - captured, 0) if captured and "invoice" in data else 0


def refund(data: Object, at: datetime) -> Fields:
    """A Refund, as known at `at`. Before 2016 it had no status: it had succeeded."""
    status = text(data, "status") or RefundStatus.SUCCEEDED
    return {
        "refund_id": text(data, "id", required=True),
        "payment_intent_id": expandable(data, "payment_intent"),
        "charge_id": expandable(data, "charge"),
        "amount": amount(data, "amount"),
        "currency": currency(data),
        "status": status,
        "reason": words(data, "reason", 64),
        "pending_reason": words(data, "pending_reason", 64),
        "failure_reason": words(data, "failure_reason", 64),
        "request_key": text(metadata(data), "request_key", limit=64),
        "balance_transaction_id": expandable(data, "balance_transaction"),
        "failure_balance_transaction_id": expandable(data, "failure_balance_transaction"),
        "counted_at": at if status in COUNTED else None,
        "failed_at": at if status in FAILED else None,
        "claimed_order": claimed_order(data),
        "created": when(data, "created", at),
        "as_of_rank": REFUND_RANK.get(status, 0),
    }


def dispute(data: Object, at: datetime) -> Fields:
    """A Dispute, as known at `at`, without its balance transactions."""
    status = text(data, "status", required=True)
    details = data.get("evidence_details")
    details = details if isinstance(details, dict) else {}
    due_by, sent = details.get("due_by"), details.get("submission_count")
    refundable = data.get("is_charge_refundable")
    return {
        "dispute_id": text(data, "id", required=True),
        "payment_intent_id": expandable(data, "payment_intent"),
        "charge_id": expandable(data, "charge"),
        "amount": amount(data, "amount"),
        "currency": currency(data),
        "status": status,
        "reason": words(data, "reason", 64),
        "network_reason_code": _network_code(data),
        "due_by": seconds(due_by, "due_by") if due_by is not None else None,
        "is_charge_refundable": refundable if isinstance(refundable, bool) else None,
        "has_evidence": details.get("has_evidence") is True,
        "submission_count": sent if isinstance(sent, int) and 0 < sent < 10_000 else 0,
        "claimed_order": claimed_order(data),
        "created": when(data, "created", at),
        "as_of_rank": DISPUTE_RANK.get(status, 0),
    }


def _network_code(data: Object) -> str:
    """The card network's own reason: with the card, or beside the reason in older versions."""
    details = data.get("payment_method_details")
    card = details.get("card") if isinstance(details, dict) else None
    found = words(card, "network_reason_code", 64) if isinstance(card, dict) else ""
    return found or words(data, "network_reason_code", 64)


def payout(data: Object, at: datetime) -> Fields:
    """A Payout, as known at `at`. Until 2017 it was called a transfer."""
    status = text(data, "status", required=True)
    reconciliation = text(data, "reconciliation_status", limit=64)
    return {
        "payout_id": text(data, "id", required=True),
        "amount": integer(data, "amount"),
        "currency": currency(data),
        "status": status,
        "arrival_date": day(data, "arrival_date", at),
        "automatic": data.get("automatic") is not False,
        "reconciliation_status": reconciliation,
        "failure_code": words(data, "failure_code"),
        "balance_transaction_id": expandable(data, "balance_transaction"),
        "failed_at": at if status in FAILED else None,
        "created": when(data, "created", at),
        "as_of_rank": PAYOUT_RANK.get(status, 0) * 2 + (reconciliation == "completed"),
    }


def balance_transaction(data: Object, at: datetime, payout_id: str = "") -> Fields:
    """A BalanceTransaction. Which payout it is in is not in the object: the list was asked for it."""
    kind, status = text(data, "type", required=True, limit=64), text(data, "status", limit=64)
    amount, fee = integer(data, "amount"), integer(data, "fee", 0)
    source = expandable(data, "source")
    category = text(data, "reporting_category", limit=64) or CATEGORY_OF_TYPE.get(kind, "")
    available = data.get("available_on")
    return {
        "balance_transaction_id": text(data, "id", required=True),
        "type": kind,
        "reporting_category": category,
        "amount": amount,
        "fee": fee,
        "net": integer(data, "net", amount - fee),
        "currency": currency(data),
        "source_id": source,
        "payout_id": payout_id,
        "available_on": seconds(available, "available_on") if available is not None else None,
        "status": status,
        "created": when(data, "created", at),
        "as_of_rank": (status == "available") * 2 + bool(payout_id),
    }


def embedded_transactions(data: Object) -> list[Object]:
    """The balance transactions inside a dispute: in `balance_transactions`, before 2015 a single one."""
    found = data.get("balance_transactions")
    if not isinstance(found, list):
        found = [data.get("balance_transaction")]
    return [item for item in found if isinstance(item, dict)]


def text(data: Object, name: str, *, limit: int = 255, required: bool = False) -> str:
    """A text field; missing or null is empty. Raises OddPayload when it can't be kept."""
    value = data.get(name)
    if value is None and not required:
        return ""
    if not isinstance(value, str) or not is_storable(value, limit) or (required and not value):
        raise OddPayload(f"{name} is not a text of at most {limit} characters")
    return value


def words(data: Object, name: str, limit: int = 255) -> str:
    """A text that is only shown to people: cut to fit, and empty when it is none."""
    value = data.get(name)
    return storable(value[:limit]) if isinstance(value, str) else ""


def amount(data: Object, name: str, default: int | None = None) -> int:
    """What was paid, refunded or disputed, in minor units: never below zero. Raises OddPayload."""
    value = integer(data, name, default)
    if value < 0:
        raise OddPayload(f"{name} is below zero")
    return value


def integer(data: Object, name: str, default: int | None = None) -> int:
    """A whole number of minor units. Raises OddPayload for anything else."""
    value = data.get(name)
    if value is None and default is not None:
        return default
    if not isinstance(value, int) or isinstance(value, bool) or abs(value) >= MAX_AMOUNT:
        raise OddPayload(f"{name} is not a whole number")
    return value


def currency(data: Object) -> str:
    """The lower-case ISO 4217 code."""
    code = text(data, "currency", required=True).lower()
    if len(code) != 3 or not (code.isascii() and code.isalpha()):
        raise OddPayload("currency is not a three-letter code")
    return code


def expandable(data: Object, name: str) -> str:
    """The id of a linked object, whether it is given as an id or expanded."""
    value = data.get(name)
    return text(value, "id") if isinstance(value, dict) else text(data, name)


def seconds(value: object, name: str) -> datetime:
    """Unix seconds. Raises OddPayload."""
    try:
        return moment(value)
    except BadEnvelope:
        raise OddPayload(f"{name} is not a time") from None


def when(data: Object, name: str, default: datetime) -> datetime:
    """A moment, or `default` where the object has none."""
    value = data.get(name)
    return default if value is None else seconds(value, name)


def day(data: Object, name: str, default: datetime) -> date:
    """A calendar day that Stripe gives as midnight UTC; before 2017 it was called `date`."""
    value = data.get(name, data.get("date"))
    return (default if value is None else seconds(value, name)).astimezone(UTC).date()


def metadata(data: Object) -> Object:
    """The object's metadata; anything but an object counts as none."""
    found = data.get("metadata")
    return found if isinstance(found, dict) else {}


def claimed_order(data: Object) -> str:
    """The order number in the metadata, when the metadata names this installation."""
    found = metadata(data)
    return text(found, "order_number") if found.get("instance") == settings.INSTANCE else ""


def is_foreign(data: Object) -> bool:
    """The metadata names another installation or application."""
    return metadata(data).get("instance") not in (None, settings.INSTANCE)


def payment_method(data: Object) -> tuple[str, Object]:
    """How it was paid, and the card if it was one; before 2018 the card was in `source`."""
    details = data.get("payment_method_details")
    if isinstance(details, dict):
        method = words(details, "type", 64)
        card = details.get(method)
        return method, card if isinstance(card, dict) else {}
    source = data.get("source", data.get("card"))
    if isinstance(source, dict) and source.get("object", "card") == "card":
        return "card", source
    return "", {}
