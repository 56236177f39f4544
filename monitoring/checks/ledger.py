"""Facts → ledger: what the facts say moved is what was posted, by day, to the penny.

Computed here in SQL from the facts alone, not with the code that posts: two ways to one figure.
"""

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal

from monitoring.check import Finding, check, money, rows, spoken_day
from payments.models import BalanceTransaction, Kind, LedgerEntry, Payout

ARROW = ("Facts", "Ledger")

# What succeeded for an order, and which of it pays the order: the earliest of exactly its total.
RECEIPTS = """
    charged AS (
        SELECT order_id, MIN(currency) AS currency, SUM(amount_captured) AS amount, MIN(created) AS at,
            CASE payment_intent_id WHEN '' THEN charge_id ELSE payment_intent_id END AS receipt_id
        FROM payments_charge
        WHERE order_id IS NOT NULL AND status = 'succeeded' AND amount_captured > 0
        GROUP BY order_id, CASE payment_intent_id WHEN '' THEN charge_id ELSE payment_intent_id END
    ),
    paid AS (
        SELECT p.order_id, p.payment_intent_id AS receipt_id, p.currency, p.amount_received AS amount,
            COALESCE(c.at, p.succeeded_at, p.created) AS at
        FROM payments_payment p
            LEFT JOIN charged c ON c.order_id = p.order_id AND c.receipt_id = p.payment_intent_id
        WHERE p.order_id IS NOT NULL AND p.status = 'succeeded'
        UNION ALL
        SELECT c.order_id, c.receipt_id, c.currency, c.amount, c.at
        FROM charged c
            LEFT JOIN payments_payment p ON p.order_id = c.order_id
                AND p.payment_intent_id = c.receipt_id AND p.status = 'succeeded'
        WHERE p.id IS NULL
    ),
    fitting AS (
        SELECT p.*, CASE WHEN o.status <> 'canceled' AND p.amount = o.amount_total
            AND p.currency = o.currency THEN 1 ELSE 0 END AS fits
        FROM paid p JOIN orders_order o ON o.id = p.order_id
    ),
    receipt AS (
        SELECT fitting.*, CASE WHEN fits = 1 AND 1 = ROW_NUMBER() OVER (
            PARTITION BY order_id ORDER BY fits DESC, at, receipt_id) THEN 1 ELSE 0 END AS pays
        FROM fitting
    ),
    receipt_of_charge AS (
        SELECT r.order_id, r.receipt_id, r.pays, c.charge_id, c.currency, c.amount_refunded, c.as_of
        FROM payments_charge c JOIN receipt r ON r.order_id = c.order_id
            AND r.receipt_id = CASE c.payment_intent_id WHEN '' THEN c.charge_id ELSE c.payment_intent_id END
        WHERE c.status = 'succeeded' AND c.amount_captured > 0
    ),
    refund AS (
        SELECT f.order_id, r.receipt_id, r.pays, f.refund_id, f.charge_id, f.currency, f.amount, f.status,
            f.reason, f.created, f.counted_at, f.failed_at
        FROM payments_refund f
            LEFT JOIN receipt_of_charge c ON c.charge_id = f.charge_id AND c.order_id = f.order_id
            JOIN receipt r ON r.order_id = f.order_id AND r.receipt_id IN (f.payment_intent_id, c.receipt_id)
    ),
    counted AS (
        SELECT refund.*, CASE WHEN status IN ('failed', 'canceled') THEN failed_at END AS back_at
        FROM refund
        WHERE reason <> 'expired_uncaptured_charge' AND (status IN ('pending', 'succeeded', 'failed')
            OR (status = 'canceled' AND counted_at IS NOT NULL))
    ),
    dispute AS (
        SELECT d.order_id, r.pays, d.dispute_id, d.amount, d.currency
        FROM payments_dispute d
            LEFT JOIN receipt_of_charge c ON c.charge_id = d.charge_id AND c.order_id = d.order_id
            JOIN receipt r ON r.order_id = d.order_id AND r.receipt_id IN (d.payment_intent_id, c.receipt_id)
    )
"""
# Refunds that only a charge's total tells of have no day of their own here: the total's history
# is in the events. All entries of such a source are compared by their sum.
MONEY_OF_ORDERS = """
    WITH {receipts},
    wanted AS (
        SELECT order_id, CASE pays WHEN 1 THEN 'sale' ELSE 'unapplied' END AS kind,
            receipt_id AS source_id, currency, LOCAL_DAY(at) AS day, amount
        FROM receipt
        UNION ALL
        SELECT order_id, CASE pays WHEN 1 THEN 'refund' ELSE 'unapplied' END, refund_id, currency,
            LOCAL_DAY(created), -amount
        FROM counted
        UNION ALL
        SELECT order_id, CASE pays WHEN 1 THEN 'refund_reversal' ELSE 'unapplied' END, refund_id, currency,
            LOCAL_DAY(back_at), amount
        FROM counted WHERE back_at IS NOT NULL
        UNION ALL
        SELECT c.order_id, CASE c.pays WHEN 1 THEN 'refund' ELSE 'unapplied' END, c.charge_id, c.currency,
            NULL, COALESCE(SUM(f.amount), 0) - c.amount_refunded
        FROM receipt_of_charge c
            LEFT JOIN refund f ON f.order_id = c.order_id AND f.receipt_id = c.receipt_id
                AND f.charge_id IN ('', c.charge_id) AND f.created <= c.as_of
                AND NOT (f.status IN ('failed', 'canceled') AND COALESCE(f.failed_at, c.as_of) < c.as_of)
        WHERE c.amount_refunded > 0
        GROUP BY c.order_id, c.pays, c.charge_id, c.currency, c.amount_refunded
        HAVING c.amount_refunded > COALESCE(SUM(f.amount), 0)
        UNION ALL
        SELECT d.order_id, CASE WHEN d.pays = 0 THEN 'unapplied'
                WHEN t.amount > 0 THEN 'dispute_reinstatement' ELSE 'dispute_withdrawal' END,
            t.balance_transaction_id, d.currency, LOCAL_DAY(t.created),
            CASE WHEN t.currency = d.currency THEN t.amount WHEN t.amount > 0 THEN d.amount ELSE -d.amount END
        FROM dispute d JOIN payments_balancetransaction t ON t.source_id = d.dispute_id
    ),
    both_ends AS (
        SELECT w.order_id, w.kind, w.source_id, w.currency, w.amount AS wanted, 0 AS posted,
            CASE WHEN w.kind = 'unapplied' AND c.id IS NOT NULL THEN NULL ELSE w.day END AS day
        FROM wanted w LEFT JOIN payments_charge c ON c.charge_id = w.source_id AND w.kind = 'unapplied'
        UNION ALL
        SELECT e.order_id, e.kind, e.source_id, e.currency, 0, e.amount,
            CASE WHEN c.id IS NULL THEN e.occurred_on END
        FROM payments_ledgerentry e LEFT JOIN payments_charge c ON c.charge_id = e.source_id
            AND e.kind IN ('refund', 'unapplied')
        WHERE e.order_id IS NOT NULL
            AND e.kind NOT IN ('fee', 'fee_credit', 'payout', 'payout_reversal', 'adjustment')
    )
    SELECT order_id, kind, source_id, currency, day, SUM(wanted), SUM(posted)
    FROM both_ends GROUP BY order_id, kind, source_id, currency, day HAVING SUM(wanted) <> SUM(posted)
"""


@check(ARROW, "Each order's money is posted, to the penny", compares=LedgerEntry.objects.all)
def payments_in_ledger(now: datetime) -> Iterator[Finding]:
    """Payments, refunds and disputes of orders against their ledger entries, by source and day.

    What the facts say moved is summed per kind, source, currency and store-local day, and so are
    the entries. A difference means that an entry is missing or was made up. Trying any event of
    the order again posts what is missing.
    """
    return _differences(MONEY_OF_ORDERS.replace("{receipts}", RECEIPTS))


# An order's fees are those of all transactions about its charges, refunds and disputes.
FEES_OF_ORDERS = """
    WITH owner AS (
        SELECT order_id, charge_id AS source_id FROM payments_charge WHERE order_id IS NOT NULL
        UNION ALL
        SELECT order_id, refund_id FROM payments_refund WHERE order_id IS NOT NULL
        UNION ALL
        SELECT order_id, dispute_id FROM payments_dispute WHERE order_id IS NOT NULL
    ),
    both_ends AS (
        SELECT o.order_id, CASE WHEN t.fee > 0 THEN 'fee' ELSE 'fee_credit' END AS kind,
            t.balance_transaction_id AS source_id, t.currency, LOCAL_DAY(t.created) AS day,
            -t.fee AS wanted, 0 AS posted
        FROM payments_balancetransaction t JOIN owner o ON o.source_id = t.source_id
        WHERE t.fee <> 0
        UNION ALL
        SELECT order_id, kind, source_id, currency, occurred_on, 0, amount
        FROM payments_ledgerentry WHERE order_id IS NOT NULL AND kind IN ('fee', 'fee_credit')
    )
    SELECT order_id, kind, source_id, currency, day, SUM(wanted), SUM(posted)
    FROM both_ends GROUP BY order_id, kind, source_id, currency, day HAVING SUM(wanted) <> SUM(posted)
"""


@check(ARROW, "Each order's fees are posted, to the penny", compares=BalanceTransaction.objects.all)
def fees_in_ledger(now: datetime) -> Iterator[Finding]:
    """The fee of each balance transaction of an order against its ledger entries, by day.

    A difference means that a fee is missing or was made up. Fetching the balance transaction
    again, or trying an event of the order again, posts what is missing.
    """
    return _differences(FEES_OF_ORDERS)


# What moves without an order: payouts, and transactions that no other fact tells of.
WITHOUT_ORDER = """
    WITH failed AS (
        SELECT payout_id, amount, currency, failed_at FROM payments_payout
        WHERE status IN ('failed', 'canceled') AND failed_at IS NOT NULL
    ),
    alone AS (
        SELECT balance_transaction_id, net, currency, created,
            CASE WHEN reporting_category NOT IN ('fee', 'network_cost') THEN 'adjustment'
                WHEN net < 0 THEN 'fee' ELSE 'fee_credit' END AS kind
        FROM payments_balancetransaction
        WHERE net <> 0 AND reporting_category NOT IN ('charge', 'charge_failure', 'refund', 'refund_failure',
            'partial_capture_reversal', 'dispute', 'dispute_reversal', 'payout', 'payout_reversal')
            AND SUBSTR(source_id, 1, 3) NOT IN ('ch_', 'py_', 're_', 'dp_', 'du_', 'po_')
            AND SUBSTR(source_id, 1, 4) <> 'pyr_'
        UNION ALL
        SELECT balance_transaction_id, -fee, currency, created,
            CASE WHEN fee > 0 THEN 'fee' ELSE 'fee_credit' END
        FROM payments_balancetransaction
        WHERE fee <> 0 AND reporting_category IN ('payout', 'payout_reversal')
    ),
    both_ends AS (
        SELECT 'payout' AS kind, payout_id AS source_id, currency, LOCAL_DAY(created) AS day,
            -amount AS wanted, 0 AS posted
        FROM payments_payout
        UNION ALL
        SELECT 'payout_reversal', payout_id, currency, LOCAL_DAY(failed_at), amount, 0 FROM failed
        UNION ALL
        SELECT kind, balance_transaction_id, currency, LOCAL_DAY(created), net, 0 FROM alone
        UNION ALL
        SELECT kind, source_id, currency, occurred_on, 0, amount FROM payments_ledgerentry
        WHERE order_id IS NULL
    )
    SELECT NULL, kind, source_id, currency, day, SUM(wanted), SUM(posted)
    FROM both_ends GROUP BY kind, source_id, currency, day HAVING SUM(wanted) <> SUM(posted)
"""


@check(ARROW, "Payouts and adjustments are posted, to the penny", compares=Payout.objects.all)
def payouts_in_ledger(now: datetime) -> Iterator[Finding]:
    """Payouts, and Stripe's own fees and adjustments, against the entries without an order, by day.

    A difference means that an entry is missing or was made up. Trying the payout's last event
    again posts what is missing.
    """
    return _differences(WITHOUT_ORDER)


Difference = tuple[int | None, str, str, str, date | str | None, Decimal | int, Decimal | int]


def _differences(sql: str) -> Iterator[Finding]:
    difference: Difference
    for difference in rows(sql):
        order_id, kind, source_id, currency, day, wanted, posted = difference
        on = f" on {spoken_day(day)}" if day else ""
        yield Finding(
            f"{source_id} {kind} {currency} {day or ''}".strip()[:255],
            f"{Kind(kind).label} of {source_id}{on}: the ledger has another amount",
            **money(int(wanted), int(posted), currency),
            order_id=order_id,
        )
