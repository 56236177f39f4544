"""What the figures are compared with: the least SQL that gives the same rows, without further care."""

BARE_ORDERS = """
    COPY (
        SELECT number, email, amount_total, currency, status, created_at, paid_at, refund_status,
            amount_refunded, refunded_at
        FROM orders_order WHERE paid_at IS NOT NULL AND status IN ('paid', 'fulfilled') ORDER BY paid_at, id
    ) TO STDOUT (FORMAT csv)
"""

BARE_TABLES = (
    *("analyticssnapshotdaily", "customerday", "customerreturn", "productday", "refundday", "refundpair"),
)
BARE_BUILD = (
    """
    INSERT INTO bare_analyticssnapshotdaily (day, currency, sales, orders, refunds, disputes, fees, unapplied,
        adjustments, payouts)
    SELECT occurred_on, currency, COALESCE(SUM(amount) FILTER (WHERE kind = 'sale'), 0),
        COUNT(DISTINCT order_id) FILTER (WHERE kind = 'sale'),
        COALESCE(SUM(amount) FILTER (WHERE kind IN ('refund', 'refund_reversal')), 0),
        COALESCE(SUM(amount) FILTER (WHERE kind IN ('dispute_withdrawal', 'dispute_reinstatement')), 0),
        COALESCE(SUM(amount) FILTER (WHERE kind IN ('fee', 'fee_credit')), 0),
        COALESCE(SUM(amount) FILTER (WHERE kind = 'unapplied'), 0),
        COALESCE(SUM(amount) FILTER (WHERE kind = 'adjustment'), 0),
        COALESCE(SUM(amount) FILTER (WHERE kind IN ('payout', 'payout_reversal')), 0)
    FROM payments_ledgerentry GROUP BY occurred_on, currency
    """,
    """
    INSERT INTO bare_customerday (day, currency, email, orders, sales)
    SELECT e.occurred_on, e.currency, o.email, COUNT(*), SUM(e.amount)
    FROM payments_ledgerentry e JOIN orders_order o ON o.id = e.order_id
    WHERE e.kind = 'sale' GROUP BY e.occurred_on, e.currency, o.email
    """,
    """
    INSERT INTO bare_customerreturn (day, currency, earlier, orders, seconds, thirds, firsts_from,
        seconds_from)
    SELECT *, SUM(orders - seconds) OVER later, SUM(seconds - thirds) OVER later
    FROM (
        SELECT day, currency, earlier, COUNT(*) FILTER (WHERE back = 0) AS orders,
            COUNT(*) FILTER (WHERE back = 1) AS seconds, COUNT(*) FILTER (WHERE back = 2) AS thirds
        FROM (
            SELECT e.occurred_on AS day, e.currency,
                ARRAY[e.occurred_on, LAG(e.occurred_on) OVER w, LAG(e.occurred_on, 2) OVER w] AS days
            FROM payments_ledgerentry e JOIN orders_order o ON o.id = e.order_id WHERE e.kind = 'sale'
            WINDOW w AS (PARTITION BY o.email, e.currency ORDER BY e.occurred_on)
        ) sales CROSS JOIN LATERAL UNNEST(days) WITH ORDINALITY AS followed(earlier, at)
            CROSS JOIN LATERAL (SELECT at - 1 AS back) b
        WHERE earlier IS NOT NULL GROUP BY day, currency, earlier
    ) pairs WINDOW later AS (PARTITION BY day, currency ORDER BY earlier DESC)
    """,
    """
    INSERT INTO bare_productday (day, currency, variant_id, units, sales, gross, goods, known_goods, cost,
        units_without_cost)
    SELECT e.occurred_on, e.currency, i.variant_id, SUM(i.quantity), SUM(i.amount_total - i.amount_discount),
        SUM(i.amount_total), SUM(g.goods),
        COALESCE(SUM(g.goods) FILTER (WHERE i.unit_cost IS NOT NULL), 0),
        COALESCE(SUM(i.unit_cost * i.quantity), 0),
        COALESCE(SUM(i.quantity) FILTER (WHERE i.unit_cost IS NULL), 0)
    FROM payments_ledgerentry e JOIN orders_order o ON o.id = e.order_id
        JOIN orders_orderitem i ON i.order_id = e.order_id
        CROSS JOIN LATERAL (SELECT i.amount_total - i.amount_discount
            - CASE o.tax_behavior WHEN 'inclusive' THEN i.amount_tax ELSE 0 END AS goods) g
    WHERE e.kind = 'sale' GROUP BY e.occurred_on, e.currency, i.variant_id
    """,
    """
    INSERT INTO bare_refundday (day, currency, order_id, refunds)
    SELECT occurred_on, currency, order_id, SUM(amount) FROM payments_ledgerentry
    WHERE kind IN ('refund', 'refund_reversal') AND order_id IS NOT NULL
    GROUP BY occurred_on, currency, order_id
    """,
    """
    INSERT INTO bare_refundpair (day, currency, earlier, orders)
    WITH refunds AS (
        SELECT occurred_on AS day, currency, order_id, SUM(SUM(amount)) OVER w AS through,
            SUM(SUM(amount)) OVER w - SUM(amount) AS before
        FROM payments_ledgerentry WHERE kind IN ('refund', 'refund_reversal') AND order_id IS NOT NULL
        GROUP BY occurred_on, currency, order_id HAVING SUM(amount) <> 0
        WINDOW w AS (PARTITION BY order_id, currency ORDER BY occurred_on)
    )
    SELECT b.day, b.currency, a.day, SUM(orders)
    FROM refunds b JOIN refunds a ON a.order_id = b.order_id AND a.currency = b.currency AND a.day <= b.day
        CROSS JOIN LATERAL (SELECT (b.through < a.before)::int - (b.before < a.before)::int
            - (b.through < a.through)::int + (a.day < b.day AND b.before < a.through)::int AS orders) n
    GROUP BY b.day, b.currency, a.day HAVING SUM(orders) <> 0
    """,
)
