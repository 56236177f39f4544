"""What the facts of one order mean, as pure functions: which money moved, and how the order stands.

Nothing here reads the database or the clock; the same facts always give the same answer.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from orders.models import DisputeState, Flag, RefundState
from payments.models import BalanceTransaction, Kind, Payout
from payments.rows import ChargeRow, DisputeRow, PaymentRow, RefundRow, TransactionRow
from payments.shapes import COUNTED, FAILED

# Reason of the "refund" that older API versions make of an uncaptured remainder: no money moved.
UNCAPTURED = "expired_uncaptured_charge"
OPEN_DISPUTE = {
    "warning_needs_response",
    "warning_under_review",
    "needs_response",
    "under_review",
    "appeal_needs_response",
    "appeal_under_review",
}
# The bank has the money, or it is being decided who keeps it: Stripe refunds nothing then.
AT_THE_BANK = {"needs_response", "under_review", "appeal_needs_response", "appeal_under_review", "lost"}
# Categories whose money is told by a charge, refund, dispute or payout of its own.
TOLD_BY_OTHER_FACTS = {
    "charge",
    "charge_failure",
    "refund",
    "refund_failure",
    "partial_capture_reversal",
    "dispute",
    "dispute_reversal",
}
FEES = {"fee", "network_cost"}
PAYOUTS = {"payout", "payout_reversal"}  # not payout_minimum_balance_hold: that money stays with Stripe
# Sources whose money is told by the fact of that id, whatever the category says.
SOURCES_WITH_FACTS = ("ch_", "py_", "re_", "pyr_", "dp_", "du_", "po_")


@dataclass(frozen=True, slots=True)
class Line:
    """`amount` minor units of `currency` moved at `at`, signed as `Kind` says."""

    kind: Kind
    source_id: str
    amount: int
    currency: str
    at: datetime


@dataclass(frozen=True, slots=True)
class RefundTotal:
    """A charge's cumulative `amount_refunded`, as Stripe said at `at`."""

    at: datetime
    amount: int


@dataclass(slots=True)
class OrderFacts:
    """All that is known of one order's money."""

    amount_total: int
    currency: str
    is_canceled: bool = False
    payments: list[PaymentRow] = field(default_factory=list)
    charges: list[ChargeRow] = field(default_factory=list)
    refunds: list[RefundRow] = field(default_factory=list)
    disputes: list[DisputeRow] = field(default_factory=list)
    transactions: list[TransactionRow] = field(default_factory=list)
    # charge id -> totals in time order; given for charges that `totals_needed` names
    refund_totals: dict[str, list[RefundTotal]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class OrderState:
    """What the projection writes on the order. `paid_at` is None while nothing pays it."""

    paid_at: datetime | None
    amount_refunded: int
    refund_status: RefundState
    refunded_at: datetime | None
    dispute_status: DisputeState
    flag: Flag


@dataclass(frozen=True, slots=True)
class Refundable:
    """What is left of one payment: it could be refunded, unless a dispute is in the way (`blocked_by`).

    `asked_by` is an open inquiry: the bank asks, has taken nothing yet, and a refund is possible.
    """

    payment_id: str
    amount: int
    currency: str
    is_applied: bool
    blocked_by: str = ""
    asked_by: str = ""


@dataclass(slots=True)
class Receipt:
    """One successful payment with everything that hangs on it."""

    id: str
    amount: int
    currency: str
    at: datetime
    charges: list[ChargeRow]
    refunds: list[RefundRow] = field(default_factory=list)
    disputes: list[DisputeRow] = field(default_factory=list)


def order_lines(facts: OrderFacts) -> list[Line]:
    """Every movement of this order's money that the facts prove."""
    receipts = _receipts(facts)
    applied = _applied(facts, receipts)
    lines = [line for receipt in receipts for line in _receipt_lines(facts, receipt, receipt is applied)]
    return lines + [line for transaction in facts.transactions for line in _fee_lines(transaction)]


def order_state(facts: OrderFacts) -> OrderState:
    """How the order stands: paid by which moment, what went back, what a person must look at.

    `amount_refunded` counts refunds that succeeded or are pending and never exceeds the total.
    """
    receipts = _receipts(facts)
    applied = _applied(facts, receipts)
    lines = _refund_lines(facts, applied, Kind.REFUND, Kind.REFUND_REVERSAL) if applied else []
    lines = [line for line in lines if line.currency == facts.currency]
    refunded = min(-sum(line.amount for line in lines), facts.amount_total)
    live = [line.at for line in lines if line.kind == Kind.REFUND and _is_live(line, lines)]
    return OrderState(
        paid_at=applied.at if applied else None,
        amount_refunded=refunded,
        refund_status=_refund_state(refunded, facts.amount_total),
        refunded_at=max(live, default=None) if refunded else None,
        dispute_status=_dispute_state(facts.disputes),
        flag=_flag(facts, receipts, applied),
    )


def totals_needed(facts: OrderFacts) -> list[str]:
    """Charges whose `amount_refunded` exceeds the refund objects we know of.

    Newer API versions put no refund objects into `charge.refunded`; until they arrive, the
    charge's cumulative total counts (docs.stripe.com/changelog, 2022-11-15).
    """
    return [
        charge.charge_id
        for receipt in _receipts(facts)
        for charge in receipt.charges
        if charge.amount_refunded > _explained(receipt.refunds, charge, charge.as_of)
    ]


def refundable(facts: OrderFacts) -> list[Refundable]:
    """What has not gone back of each successful payment, the one that pays the order first."""
    receipts = _receipts(facts)
    applied = _applied(facts, receipts)
    left = [_refundable(facts, receipt, receipt is applied) for receipt in receipts]
    return sorted(left, key=lambda source: not source.is_applied)


def blocks_refund(status: str, is_charge_refundable: bool | None) -> bool:
    """Whether Stripe refuses to refund a payment with such a dispute: it says so, or its status does."""
    return status in AT_THE_BANK if is_charge_refundable is None else not is_charge_refundable


def payout_lines(payout: Payout) -> list[Line]:
    """The payout leaves the balance when Stripe makes it, and comes back when it fails."""
    lines = [Line(Kind.PAYOUT, payout.payout_id, -payout.amount, payout.currency, payout.created)]
    if payout.status in FAILED and payout.failed_at:
        lines.append(
            Line(Kind.PAYOUT_REVERSAL, payout.payout_id, payout.amount, payout.currency, payout.failed_at)
        )
    return lines


def transaction_lines(transaction: BalanceTransaction) -> list[Line]:
    """Money that no order tells of: Stripe's own fees, a payout's fee, adjustments, top-ups."""
    category, amount = transaction.reporting_category, transaction.net
    if category in PAYOUTS:
        category, amount = "fee", -transaction.fee
    elif category in TOLD_BY_OTHER_FACTS or transaction.source_id.startswith(SOURCES_WITH_FACTS):
        return []
    if not amount:
        return []
    fee_kind = Kind.FEE if amount < 0 else Kind.FEE_CREDIT
    kind = fee_kind if category in FEES else Kind.ADJUSTMENT
    key = transaction.balance_transaction_id
    return [Line(kind, key, amount, transaction.currency, transaction.created)]


# --- which payments succeeded, and which one pays the order ---------------------------------------


def _receipts(facts: OrderFacts) -> list[Receipt]:
    """Successful payments, earliest first, each with its refunds and disputes."""
    charges: dict[str, list[ChargeRow]] = defaultdict(list)
    for charge in facts.charges:
        if charge.status == "succeeded" and charge.amount_captured > 0:
            charges[charge.payment_intent_id or charge.charge_id].append(charge)
    intents = {payment.payment_intent_id: payment for payment in facts.payments}
    found = [_receipt(key, intents.get(key), charges.get(key, [])) for key in {*intents, *charges}]
    receipts = sorted((r for r in found if r is not None), key=lambda r: (r.at, r.id))
    for receipt in receipts:
        ids = {charge.charge_id for charge in receipt.charges}
        receipt.refunds = [
            r for r in facts.refunds if r.payment_intent_id == receipt.id or r.charge_id in ids
        ]
        receipt.disputes = [
            d for d in facts.disputes if d.payment_intent_id == receipt.id or d.charge_id in ids
        ]
    return receipts


def _receipt(key: str, payment: PaymentRow | None, charges: list[ChargeRow]) -> Receipt | None:
    """A payment counts from the moment its charge was made, or when the intent said so."""
    moments = [charge.created for charge in charges]
    if payment and payment.status == "succeeded":
        at = min(moments) if moments else payment.succeeded_at or payment.created
        return Receipt(key, payment.amount_received, payment.currency, at, charges)
    if charges:
        captured = sum(charge.amount_captured for charge in charges)
        return Receipt(key, captured, charges[0].currency, min(moments), charges)
    return None


def _applied(facts: OrderFacts, receipts: Sequence[Receipt]) -> Receipt | None:
    """The payment that pays the order: the earliest of exactly its amount and currency."""
    if facts.is_canceled:
        return None
    fits = (r for r in receipts if (r.amount, r.currency) == (facts.amount_total, facts.currency))
    return next(fits, None)


# --- lines ----------------------------------------------------------------------------------------


def _receipt_lines(facts: OrderFacts, receipt: Receipt, is_applied: bool) -> Iterator[Line]:
    if is_applied:
        kinds = (
            Kind.SALE,
            Kind.REFUND,
            Kind.REFUND_REVERSAL,
            Kind.DISPUTE_WITHDRAWAL,
            Kind.DISPUTE_REINSTATEMENT,
        )
    else:
        kinds = (Kind.UNAPPLIED,) * 5
    sale, refund, reversal, withdrawal, reinstatement = kinds
    if receipt.amount:
        yield Line(sale, receipt.id, receipt.amount, receipt.currency, receipt.at)
    yield from _refund_lines(facts, receipt, refund, reversal)
    yield from _dispute_lines(facts, receipt, withdrawal, reinstatement)


def _refund_lines(facts: OrderFacts, receipt: Receipt, out: Kind, back: Kind) -> list[Line]:
    lines = [line for refund in receipt.refunds for line in _lines_of_refund(refund, out, back)]
    for charge in receipt.charges:
        lines += _lines_of_totals(charge, receipt.refunds, facts.refund_totals.get(charge.charge_id, []), out)
    return lines


def _lines_of_refund(refund: RefundRow, out: Kind, back: Kind) -> Iterator[Line]:
    """A refund counts from its creation while pending or succeeded. One that failed comes back on
    the day it failed; one canceled before it was ever on its way never counted."""
    came_back = refund.status == "failed" or (refund.status == "canceled" and refund.was_counted)
    if refund.reason == UNCAPTURED or not (refund.status in COUNTED or came_back):
        return
    yield Line(out, refund.refund_id, -refund.amount, refund.currency, refund.created)
    if came_back and refund.failed_at:
        yield Line(back, refund.refund_id, refund.amount, refund.currency, refund.failed_at)


def _lines_of_totals(
    charge: ChargeRow, refunds: Sequence[RefundRow], totals: Sequence[RefundTotal], out: Kind
) -> Iterator[Line]:
    """What the charge's cumulative total says beyond the refund objects, on the day it rose.

    Reading from the end, the least unexplained total so far is what really went back by then.
    """
    unexplained = [max(t.amount - _explained(refunds, charge, t.at), 0) for t in totals]
    for index in range(len(unexplained) - 2, -1, -1):
        unexplained[index] = min(unexplained[index], unexplained[index + 1])
    before = 0
    for total, amount in zip(totals, unexplained, strict=True):
        if amount > before:
            yield Line(out, charge.charge_id, before - amount, charge.currency, total.at)
            before = amount


def _explained(refunds: Iterable[RefundRow], charge: ChargeRow, at: datetime) -> int:
    """How much of the charge's total at `at` the known refunds account for; a tie counts as known."""
    return sum(
        refund.amount
        for refund in refunds
        if refund.created <= at
        and not (refund.failed_at and refund.status in FAILED and refund.failed_at < at)
        if not refund.charge_id or refund.charge_id == charge.charge_id
    )


def _dispute_lines(
    facts: OrderFacts, receipt: Receipt, withdrawal: Kind, reinstatement: Kind
) -> Iterator[Line]:
    """Only the dispute's balance transactions move money; its status does not."""
    disputes = {dispute.dispute_id: dispute for dispute in receipt.disputes}
    for transaction in facts.transactions:
        dispute = disputes.get(transaction.source_id)
        if dispute is None or not transaction.amount:
            continue
        amount, currency = transaction.amount, transaction.currency
        if currency != dispute.currency:  # settled in another currency: the ledger keeps the sale's
            amount, currency = (dispute.amount if amount > 0 else -dispute.amount), dispute.currency
        kind = reinstatement if amount > 0 else withdrawal
        yield Line(kind, transaction.balance_transaction_id, amount, currency, transaction.created)


def _fee_lines(transaction: TransactionRow) -> Iterator[Line]:
    if transaction.fee:
        kind = Kind.FEE if transaction.fee > 0 else Kind.FEE_CREDIT
        yield Line(
            kind,
            transaction.balance_transaction_id,
            -transaction.fee,
            transaction.currency,
            transaction.created,
        )


# --- the order's own fields -----------------------------------------------------------------------


def _is_live(line: Line, lines: Sequence[Line]) -> bool:
    return not any(other.kind != line.kind and other.source_id == line.source_id for other in lines)


def _refund_state(refunded: int, total: int) -> RefundState:
    if not refunded:
        return RefundState.NONE
    return RefundState.FULL if refunded == total else RefundState.PARTIAL


def _dispute_state(disputes: Sequence[DisputeRow]) -> DisputeState:
    """The most pressing of them: open, then lost, then won. A closed inquiry is none of these."""
    statuses = {dispute.status for dispute in disputes}
    if statuses & OPEN_DISPUTE:
        return DisputeState.OPEN
    if "lost" in statuses:
        return DisputeState.LOST
    return DisputeState.WON if "won" in statuses else DisputeState.NONE


def _flag(facts: OrderFacts, receipts: Sequence[Receipt], applied: Receipt | None) -> Flag:
    """Why money here needs a person; stock is the projection's to add."""
    loose = [r for r in receipts if r is not applied and _outstanding(facts, r) > 0]
    if not loose:
        return Flag.NONE
    if facts.is_canceled:
        return Flag.PAID_AFTER_CANCEL
    if applied:
        return Flag.PAID_TWICE
    return Flag.WRONG_AMOUNT if any(r.currency == facts.currency for r in loose) else Flag.WRONG_CURRENCY


def _refundable(facts: OrderFacts, receipt: Receipt, is_applied: bool) -> Refundable:
    blocks = [d for d in receipt.disputes if blocks_refund(d.status, d.is_charge_refundable)]
    asks = [d for d in receipt.disputes if d.status in OPEN_DISPUTE and d not in blocks]
    return Refundable(
        receipt.id,
        _outstanding(facts, receipt),
        receipt.currency,
        is_applied,
        blocked_by=blocks[0].dispute_id if blocks else "",
        asked_by=asks[0].dispute_id if asks else "",
    )


def _outstanding(facts: OrderFacts, receipt: Receipt) -> int:
    """What of a payment has not gone back, in the payment's currency."""
    lines = _receipt_lines(facts, receipt, is_applied=False)
    return sum(line.amount for line in lines if line.currency == receipt.currency)
