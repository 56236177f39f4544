"""How Stripe's objects and events differ from one API version to the next.

Objects are built in the newest shape and cut down to an older one. A version's name begins with
its date, so names compare as text. Source: docs.stripe.com/changelog, by the date named.
"""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

Json = dict[str, Any]

VERSIONS = ("2022-11-15", "2024-04-10", "2024-10-28.acacia", "2025-03-31.basil", "2026-10-28.endive")
LATEST = VERSIONS[-1]

# The fee of a charge is not known at once: `balance_transaction` is null until charge.updated.
FEE_COMES_LATER = "2024-04-10"
# refund.created, .updated and .failed are sent for refunds of charges, too.
REFUND_EVENTS = "2024-10-28.acacia"
# A charge and a payment intent no longer name their invoice.
NO_INVOICE = "2025-03-31.basil"
# A refund that waits says for what.
PENDING_REASON = "2025-04-30.basil"
BALANCE_TYPE = "2026-01-28.clover"


def in_version(shape: Json, version: str) -> Json:
    """A copy of a Stripe object as this API version shows it."""
    copy = deepcopy(shape)
    cut_down = _CUT.get(copy["object"])
    if cut_down:
        cut_down(copy, version)
    return copy


def _cut_payment_intent(intent: Json, version: str) -> None:
    if version < NO_INVOICE:
        intent["invoice"] = None
    if version < FEE_COMES_LATER:
        intent["capture_method"] = "automatic"


def _cut_charge(charge: Json, version: str) -> None:
    if version < NO_INVOICE:
        charge["invoice"] = None
    if version < REFUND_EVENTS and charge["outcome"]:
        for newer in ("advice_code", "network_advice_code", "network_decline_code"):
            charge["outcome"].pop(newer)


def _cut_refund(refund: Json, version: str) -> None:
    if version < PENDING_REASON:
        refund.pop("pending_reason", None)


def _cut_dispute(dispute: Json, version: str) -> None:
    for transaction in dispute["balance_transactions"]:
        _cut_balance_transaction(transaction, version)
    if version < REFUND_EVENTS:
        dispute.pop("enhanced_eligibility_types")
        dispute["evidence_details"].pop("enhanced_eligibility")
        dispute["payment_method_details"]["card"].pop("case_type")
        dispute["balance_transaction"] = _last_id(dispute["balance_transactions"])


def _cut_payout(payout: Json, version: str) -> None:
    if version < REFUND_EVENTS:
        payout.pop("trace_id")


def _cut_balance_transaction(transaction: Json, version: str) -> None:
    if version < BALANCE_TYPE:
        transaction.pop("balance_type")


def _cut_list(listed: Json, version: str) -> None:
    listed["data"] = [in_version(each, version) for each in listed["data"]]


def _last_id(transactions: list[Json]) -> str | None:
    return transactions[-1]["id"] if transactions else None


_CUT: dict[str, Callable[[Json, str], None]] = {
    "payment_intent": _cut_payment_intent,
    "charge": _cut_charge,
    "refund": _cut_refund,
    "dispute": _cut_dispute,
    "payout": _cut_payout,
    "balance_transaction": _cut_balance_transaction,
    "list": _cut_list,
}
