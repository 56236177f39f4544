"""The files for bookkeeping: refunds, the ledger, order lines, disputes, payouts."""

from analyticsapp.exports.csv_file import DAY, MOMENT, MONEY, NUMBER, TEXT, WORD, Column
from analyticsapp.exports.export_file import Export, bounds, days, of_query

REFUNDS = """
    SELECT {cells} FROM (
        SELECT e.id, e.source_id, o.number, e.kind, -e.amount AS amount, e.currency, e.occurred_on,
            e.occurred_at, o.paid_at, f.reason, f.status, f.failure_reason
        FROM payments_ledgerentry AS e JOIN orders_order AS o ON o.id = e.order_id
            LEFT JOIN payments_refund AS f ON f.refund_id = e.source_id
        WHERE e.kind IN ('refund', 'refund_reversal') AND e.occurred_on BETWEEN %s AND %s
    ) AS r ORDER BY r.occurred_at, r.id
"""
REFUND_COLUMNS = (
    Column(
        "refund_id",
        WORD,
        "Stripe's id of the refund; the charge's where Stripe named no refund.",
        "r.source_id",
    ),
    Column("order_id", TEXT, "The order it belongs to.", "r.number"),
    Column("kind", WORD, "`refund`, or `refund_reversal` when it failed and the money came back.", "r.kind"),
    Column(
        "amount", MONEY, "What went back; below zero what came back. Sums to Refunded amount.", "r.amount"
    ),
    Column("currency", WORD, "Its currency.", "r.currency"),
    Column("day", DAY, "The store's day it counts on.", "r.occurred_on"),
    Column("refunded_at", MOMENT, "When the money moved.", "r.occurred_at"),
    Column("sold_at", MOMENT, "When the order was paid: the sale this takes from.", "r.paid_at"),
    Column("reason", WORD, "As it was given to Stripe; empty: none.", "r.reason"),
    Column("status", WORD, "The refund's status at Stripe, as it is now.", "r.status"),
    Column("failure_reason", WORD, "Why it failed, if it did.", "r.failure_reason"),
)

LEDGER = """
    SELECT {cells} FROM (
        SELECT e.id, e.occurred_on, e.occurred_at, e.posted_at, e.kind, e.amount, e.currency,
            o.number, e.source_id
        FROM payments_ledgerentry AS e LEFT JOIN orders_order AS o ON o.id = e.order_id
        WHERE e.occurred_on BETWEEN %s AND %s
    ) AS r ORDER BY r.occurred_at, r.id
"""
LEDGER_COLUMNS = (
    Column("entry_id", NUMBER, "The entry's number. Entries never change and are never removed.", "r.id"),
    Column("day", DAY, "The store's day it counts on.", "r.occurred_on"),
    Column("occurred_at", MOMENT, "When the money moved, by Stripe.", "r.occurred_at"),
    Column("posted_at", MOMENT, "When we learnt of it.", "r.posted_at"),
    Column("kind", WORD, "What moved: `sale`, `refund`, `fee`, `payout` and so on.", "r.kind"),
    Column("amount", MONEY, "What came in, or below zero what went out.", "r.amount"),
    Column("currency", WORD, "Its currency.", "r.currency"),
    Column("order_id", TEXT, "The order it belongs to; empty for payouts and fees of no order.", "r.number"),
    Column("source_id", WORD, "Stripe's id of what moved it.", "r.source_id"),
)

LINE_ITEMS = """
    SELECT {cells} FROM (
        SELECT o.paid_at, i.id, o.number, i.sku, i.product_name, i.variant_name, i.quantity, i.unit_amount,
            i.amount_total, i.amount_discount, i.amount_total - i.amount_discount AS net, i.amount_tax,
            o.currency
        FROM orders_orderitem AS i JOIN orders_order AS o ON o.id = i.order_id
        WHERE o.paid_at >= %s AND o.paid_at < %s AND o.status IN ('paid', 'fulfilled')
    ) AS r ORDER BY r.paid_at, r.id
"""
LINE_ITEM_COLUMNS = (
    Column("order_id", TEXT, "The order's number.", "r.number"),
    Column("paid_at", MOMENT, "When the order was paid: this puts it into the window.", "r.paid_at"),
    Column("sku", TEXT, "What was bought, as it was called then.", "r.sku"),
    Column("product", TEXT, "The product's name, as it was then.", "r.product_name"),
    Column("variant", TEXT, "The variant's name, as it was then.", "r.variant_name"),
    Column("quantity", NUMBER, "Pieces.", "r.quantity"),
    Column("unit_amount", MONEY, "The price of one piece.", "r.unit_amount"),
    Column("amount", MONEY, "Price times pieces.", "r.amount_total"),
    Column("discount", MONEY, "What was taken off of it.", "r.amount_discount"),
    Column(
        "net_amount", MONEY, "What is left: the line's share of what the customer paid for goods.", "r.net"
    ),
    Column("tax", MONEY, "The tax in it, or on it where prices are without tax.", "r.amount_tax"),
    Column("currency", WORD, "The order's currency.", "r.currency"),
)

DISPUTES = """
    SELECT {cells} FROM (
        SELECT d.id, d.dispute_id, o.number, d.amount, d.currency, d.status, d.reason, d.created, d.due_by,
            d.charge_id
        FROM payments_dispute AS d LEFT JOIN orders_order AS o ON o.id = d.order_id
        WHERE d.created >= %s AND d.created < %s
    ) AS r ORDER BY r.created, r.id
"""
DISPUTE_COLUMNS = (
    Column("dispute_id", WORD, "Stripe's id.", "r.dispute_id"),
    Column("order_id", TEXT, "The order it is about; empty: none of ours.", "r.number"),
    Column("amount", MONEY, "What the bank claims.", "r.amount"),
    Column("currency", WORD, "Its currency.", "r.currency"),
    Column("status", WORD, "As it is now. `warning_…` is an inquiry, which moves no money.", "r.status"),
    Column("reason", WORD, "Why, in the bank's word.", "r.reason"),
    Column("opened_at", MOMENT, "When it was opened: this puts it into the window.", "r.created"),
    Column("evidence_due_at", MOMENT, "Until when it can be answered.", "r.due_by"),
    Column("charge_id", WORD, "Stripe's id of the disputed charge.", "r.charge_id"),
)

PAYOUTS = """
    SELECT {cells} FROM (
        SELECT p.id, p.payout_id, p.amount, p.currency, p.status, p.created, p.arrival_date,
            p.reconciliation_status, p.failure_code, p.failed_at
        FROM payments_payout AS p WHERE p.created >= %s AND p.created < %s
    ) AS r ORDER BY r.created, r.id
"""
PAYOUT_COLUMNS = (
    Column("payout_id", WORD, "Stripe's id.", "r.payout_id"),
    Column("amount", MONEY, "What was sent to the bank.", "r.amount"),
    Column("currency", WORD, "Its currency.", "r.currency"),
    Column("status", WORD, "As it is now.", "r.status"),
    Column("created_at", MOMENT, "When Stripe sent it: this puts it into the window.", "r.created"),
    Column("arrival_day", DAY, "When the bank has it, by Stripe.", "r.arrival_date"),
    Column(
        "reconciliation_status", WORD, "Whether Stripe has said what is in it.", "r.reconciliation_status"
    ),
    Column("failure_code", WORD, "Why it failed, if it did.", "r.failure_code"),
    Column("failed_at", MOMENT, "When it failed.", "r.failed_at"),
)

BOOKS = (
    Export(
        "refunds",
        "Refunds",
        "Money that went back in the window, by the day it went, with the sale it takes from.",
        REFUND_COLUMNS,
        of_query(REFUND_COLUMNS, REFUNDS, days),
    ),
    Export(
        "ledger",
        "Ledger",
        "Every entry of the window: sales, refunds, disputes, fees, payouts.",
        LEDGER_COLUMNS,
        of_query(LEDGER_COLUMNS, LEDGER, days),
    ),
    Export(
        "line_items",
        "Order lines",
        "What was in the orders paid in the window, line by line.",
        LINE_ITEM_COLUMNS,
        of_query(LINE_ITEM_COLUMNS, LINE_ITEMS, bounds),
    ),
    Export(
        "disputes",
        "Disputes",
        "Disputes and inquiries opened in the window.",
        DISPUTE_COLUMNS,
        of_query(DISPUTE_COLUMNS, DISPUTES, bounds),
    ),
    Export(
        "payouts",
        "Payouts",
        "What Stripe sent to the bank in the window.",
        PAYOUT_COLUMNS,
        of_query(PAYOUT_COLUMNS, PAYOUTS, bounds),
    ),
)
