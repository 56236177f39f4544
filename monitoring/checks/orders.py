"""Ledger → orders: each order stands where its money says."""

from collections.abc import Iterator
from datetime import datetime

from monitoring.check import Evidence, Finding, check, money, rows, spoken_day
from orders.models import SOLD, Order
from payments.models import Dispute

ARROW = ("Ledger", "Orders")


@check(ARROW, "Each order is paid by its entries, and on their day", compares=Order.objects.all)
def orders_paid(now: datetime) -> Iterator[Finding]:
    """Each order's status and day of payment against the sales posted for it.

    A paid or fulfilled order has sales of exactly its total, a pending or cancelled one has none,
    and `paid_at` lies on the day of the sale. A difference means that the order was changed by
    hand, or its payment by Stripe. Open the order and compare its payments with Stripe's dashboard.
    """
    for pk, number, status, currency, total, paid_on, sales, sold_on in rows(ORDERS_AND_SALES):
        expected = int(total) if status in SOLD else 0
        if int(sales) != expected:
            yield Finding(
                number,
                f"{number} is {status}, but its sales in the ledger do not say so",
                **money(expected, int(sales), currency),
                order_id=pk,
            )
        else:
            yield Finding(
                number,
                f"{number} is marked as paid on another day than its sale",
                expected=spoken_day(sold_on),
                found=spoken_day(paid_on),
                order_id=pk,
            )


ORDERS_AND_SALES = """
    WITH moved AS (
        SELECT order_id, currency, occurred_on, SUM(amount) AS amount
        FROM payments_ledgerentry WHERE kind = 'sale' AND order_id IS NOT NULL
        GROUP BY order_id, currency, occurred_on
    ),
    sale AS (
        SELECT order_id, currency, SUM(amount) AS amount,
            MAX(CASE WHEN amount > 0 THEN occurred_on END) AS day
        FROM moved GROUP BY order_id, currency
    ),
    both_ends AS (
        SELECT o.id, o.number, o.status, o.currency, o.amount_total, LOCAL_DAY(o.paid_at) AS paid_on,
            COALESCE(s.amount, 0) AS sales, s.day AS sold_on
        FROM orders_order o LEFT JOIN sale s ON s.order_id = o.id AND s.currency = o.currency
    )
    SELECT id, number, status, currency, amount_total, paid_on, sales, sold_on FROM both_ends
    WHERE (CASE WHEN status IN ('paid', 'fulfilled') THEN amount_total ELSE 0 END) <> sales
        OR (status IN ('paid', 'fulfilled') AND sales > 0 AND paid_on <> sold_on)
"""


@check(ARROW, "Each order has gone back by its entries", compares=Order.objects.all)
def orders_refunded(now: datetime) -> Iterator[Finding]:
    """`amount_refunded`, `refund_status` and the day of `refunded_at` against the refunds posted.

    Refunds count less their reversals. A difference means that the order was changed by hand, or
    that a refund was posted and the order not written. Trying the refund's event again writes the
    order anew. If more went back than was paid, one of the refunds must have failed, and the event
    that says so did not get here: send it again from Stripe's dashboard.
    """
    for pk, number, currency, total, refunded, status, posted, on, last_on in rows(ORDERS_AND_REFUNDS):
        if posted > total:
            evidence = money(total, int(posted), currency)
            yield Finding(number, f"More went back on {number} than was paid", **evidence, order_id=pk)
            continue
        expected = int(posted)
        evidence = money(expected, refunded, currency)
        if expected == refunded:
            state = "none" if not expected else "full" if expected == total else "partial"
            evidence = _apart(f"{state}, {spoken_day(last_on)}", f"{status}, {spoken_day(on)}")
        yield Finding(number, f"{number} does not show the refunds in the ledger", **evidence, order_id=pk)


def _apart(expected: str, found: str) -> Evidence:
    return {"expected": expected, "found": found, "difference": ""}


ORDERS_AND_REFUNDS = """
    WITH moved AS (
        SELECT order_id, currency, source_id, occurred_on, SUM(amount) AS amount
        FROM payments_ledgerentry
        WHERE kind IN ('refund', 'refund_reversal') AND order_id IS NOT NULL
        GROUP BY order_id, currency, source_id, occurred_on
    ),
    refund AS (
        SELECT order_id, currency, source_id, -SUM(amount) AS amount,
            MAX(CASE WHEN amount < 0 THEN occurred_on END) AS day
        FROM moved GROUP BY order_id, currency, source_id
    ),
    refunded AS (
        SELECT order_id, currency, SUM(amount) AS amount, MAX(CASE WHEN amount > 0 THEN day END) AS day
        FROM refund GROUP BY order_id, currency
    ),
    both_ends AS (
        SELECT o.id, o.number, o.currency, o.amount_total, o.amount_refunded, o.refund_status,
            COALESCE(r.amount, 0) AS posted, r.day AS last_on,
            CASE WHEN o.refunded_at IS NOT NULL THEN LOCAL_DAY(o.refunded_at) END AS refunded_on
        FROM orders_order o LEFT JOIN refunded r ON r.order_id = o.id AND r.currency = o.currency
        WHERE r.order_id IS NOT NULL OR o.amount_refunded <> 0 OR o.refund_status <> 'none'
            OR o.refunded_at IS NOT NULL
    )
    SELECT id, number, currency, amount_total, amount_refunded, refund_status, posted, refunded_on, last_on
    FROM both_ends
    WHERE amount_refunded <> posted OR posted > amount_total
        OR refund_status <> CASE WHEN posted = 0 THEN 'none' WHEN posted = amount_total THEN 'full'
            ELSE 'partial' END
        OR COALESCE(refunded_on <> last_on, refunded_on IS NOT NULL OR last_on IS NOT NULL)
"""


@check(ARROW, "Money that pays no order is flagged", compares=Order.objects.all)
def unapplied_is_flagged(now: datetime) -> Iterator[Finding]:
    """Each order with unapplied money left, by its entries, carries a flag.

    Unapplied is money that came for an order and does not pay it: a wrong amount, a second
    payment, a payment after a cancel. Without a flag nobody would see it. Open the order; trying
    one of its payment's events again sets the flag.
    """
    for pk, number, currency, left in rows(UNFLAGGED):
        yield Finding(
            number,
            f"{number} has unapplied money and no flag",
            **money(0, int(left), currency),
            order_id=pk,
        )


UNFLAGGED = """
    SELECT o.id, o.number, MIN(e.currency), MAX(e.amount)
    FROM (SELECT order_id, currency, SUM(amount) AS amount FROM payments_ledgerentry
        WHERE kind = 'unapplied' AND order_id IS NOT NULL GROUP BY order_id, currency) e
    JOIN orders_order o ON o.id = e.order_id
    WHERE e.amount > 0 AND o.flag = ''
    GROUP BY o.id, o.number
"""


@check(("Facts", "Orders"), "Each order shows its disputes", compares=Dispute.objects.all)
def orders_disputed(now: datetime) -> Iterator[Finding]:
    """`dispute_status` against the order's disputes: open, else lost, else won, else none.

    A difference means that a dispute was applied and the order not written. Trying the dispute's
    last event again writes the order anew.
    """
    for pk, number, expected, found in rows(ORDERS_AND_DISPUTES):
        yield Finding(
            number,
            f"{number} does not show how its disputes stand",
            expected=expected,
            found=found,
            order_id=pk,
        )


ORDERS_AND_DISPUTES = """
    WITH standing AS (
        SELECT order_id, MAX(CASE
            WHEN status IN ('warning_needs_response', 'warning_under_review', 'needs_response',
                'under_review', 'appeal_needs_response', 'appeal_under_review') THEN 3
            WHEN status = 'lost' THEN 2
            WHEN status = 'won' THEN 1
            ELSE 0 END) AS weight
        FROM payments_dispute WHERE order_id IS NOT NULL GROUP BY order_id
    ),
    both_ends AS (
        SELECT o.id, o.number, o.dispute_status AS found, CASE COALESCE(s.weight, 0)
            WHEN 3 THEN 'open' WHEN 2 THEN 'lost' WHEN 1 THEN 'won' ELSE 'none' END AS expected
        FROM orders_order o LEFT JOIN standing s ON s.order_id = o.id
        WHERE s.order_id IS NOT NULL OR o.dispute_status <> 'none'
    )
    SELECT id, number, expected, found FROM both_ends WHERE expected <> found
"""


@check(("Orders", "Their items"), "Each order's items sum to its goods", compares=Order.objects.all)
def order_items_sum(now: datetime) -> Iterator[Finding]:
    """Each order's `amount_subtotal` and `amount_discount` against the sums of its items.

    A difference means that an order or a line was changed after it was placed. What the customer
    paid is the payment's amount: compare it, and correct the line that is wrong.
    """
    for pk, number, currency, expected, items in rows(ORDERS_AND_ITEMS):
        yield Finding(
            number,
            f"The items of {number}, less their discounts, do not sum to its goods",
            **money(int(expected), int(items), currency),
            order_id=pk,
        )


ORDERS_AND_ITEMS = """
    SELECT o.id, o.number, o.currency, o.amount_subtotal - o.amount_discount,
        COALESCE(i.amount, 0) - COALESCE(i.discount, 0)
    FROM orders_order o
        LEFT JOIN (
            SELECT order_id, SUM(amount_total) AS amount, SUM(amount_discount) AS discount
            FROM orders_orderitem GROUP BY order_id
        ) i ON i.order_id = o.id
    WHERE o.amount_subtotal <> COALESCE(i.amount, 0) OR o.amount_discount <> COALESCE(i.discount, 0)
"""
