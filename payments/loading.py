"""Read what is known of orders' money, for the projection: one statement for all of it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from orders.models import Order, OrderStatus
from payments import shapes
from payments.ledger import OrderFacts, RefundTotal
from payments.models import EventStatus, StripeEvent
from payments.rows import ChargeRow, DisputeRow, PaymentRow, PostedRow, RefundRow, TransactionRow
from purelaka import sql

NO_MOMENT = "CAST(NULL AS timestamp with time zone)"
OF_ORDERS = "order_id IN ({orders})"
# One shape for all: kind, order, id, intent, charge, amount, amount, currency, word, moment, moment, text
FACTS = f"""
SELECT 'payment', order_id, payment_intent_id, '', '', amount_received, 0, currency, status,
    created, succeeded_at, '' FROM payments_payment WHERE {OF_ORDERS}
UNION ALL SELECT 'charge', order_id, charge_id, payment_intent_id, '', amount_captured,
    amount_refunded, currency, status, created, as_of, '' FROM payments_charge WHERE {OF_ORDERS}
UNION ALL SELECT 'refund', order_id, refund_id, payment_intent_id, charge_id, amount,
    CASE WHEN counted_at IS NULL THEN 0 ELSE 1 END, currency, status, created, failed_at, reason
    FROM payments_refund WHERE {OF_ORDERS}
UNION ALL SELECT 'dispute', order_id, dispute_id, payment_intent_id, charge_id, amount,
    CASE WHEN is_charge_refundable IS NULL THEN -1 WHEN is_charge_refundable THEN 1 ELSE 0 END, currency,
    status, created, {NO_MOMENT}, '' FROM payments_dispute WHERE {OF_ORDERS}
UNION ALL SELECT 'posted', order_id, source_id, '', '', CAST(SUM(amount) AS bigint), 0, currency, kind,
    MIN(occurred_at), {NO_MOMENT}, CAST(occurred_on AS varchar) FROM payments_ledgerentry
    WHERE {OF_ORDERS} GROUP BY order_id, source_id, currency, kind, occurred_on
"""
TRANSACTIONS = " ".join(
    f"""UNION ALL SELECT 'transaction', {fact}.order_id, t.balance_transaction_id, t.source_id, '',
    t.amount, t.fee, t.currency, '', t.created, {NO_MOMENT}, '' FROM payments_balancetransaction t
    JOIN payments_{fact} {fact} ON t.source_id = {fact}.{fact}_id WHERE {fact}.{OF_ORDERS}"""
    for fact in ("charge", "refund", "dispute")
)
BRANCHES = 8


@dataclass(slots=True)
class Known:
    """The facts of one order, and what its ledger says."""

    facts: OrderFacts
    posted: list[PostedRow] = field(default_factory=list)


def known_of(orders: Sequence[Order]) -> dict[int, Known]:
    """All facts and ledger sums of each order, by the order's pk."""
    found = {
        order.pk: Known(
            OrderFacts(
                amount_total=order.amount_total,
                currency=order.currency,
                is_canceled=order.status == OrderStatus.CANCELED,
            )
        )
        for order in orders
    }
    if found:
        statement = (FACTS + TRANSACTIONS).replace("{orders}", ", ".join(["%s"] * len(found)))
        for row in sql.fetch(statement, [*found] * BRANCHES):
            _put(found[row[1]], row)
    for known in found.values():
        known.facts.transactions.sort()  # the database gives no order, and lines follow it
    return found


def refund_totals(charge_id: str) -> list[RefundTotal]:
    """Every `amount_refunded` Stripe ever told of a charge, from the inbox, in time order."""
    told: dict[object, RefundTotal] = {}
    for event in StripeEvent.objects.filter(
        object_id=charge_id, object_type="charge", status=EventStatus.PROCESSED
    ):
        fields = shapes.charge(event.body["data"]["object"], event.created)
        total = RefundTotal(event.created, fields["amount_refunded"])
        same_second = told.get(event.created)
        if same_second is None or total.amount > same_second.amount:
            told[event.created] = total
    return sorted(told.values(), key=lambda total: total.at)


def _put(known: Known, row: tuple[Any, ...]) -> None:
    kind, _, key, intent, charge, amount, other, currency, word, created, at, text = row
    created, at = sql.moment(created), sql.moment(at) if at else None
    facts = known.facts
    if kind == "payment":
        facts.payments.append(PaymentRow(key, amount, currency, word, created, at))
    elif kind == "charge":
        facts.charges.append(ChargeRow(key, intent, amount, other, currency, word, created, at or created))
    elif kind == "refund":
        facts.refunds.append(
            RefundRow(key, intent, charge, amount, bool(other), currency, word, created, at, text)
        )
    elif kind == "dispute":
        is_refundable = None if other < 0 else bool(other)
        facts.disputes.append(DisputeRow(key, intent, charge, amount, currency, word, is_refundable))
    elif kind == "transaction":
        facts.transactions.append(TransactionRow(key, intent, amount, other, currency, created))
    else:
        known.posted.append(PostedRow(word, key, amount, currency, text, created))
