"""Which orders were refunded: each counts once in a window, over however many days its money went back."""

from analyticsapp.models import RefundPair
from analyticsapp.rollups.day_pairs import DayPairs
from analyticsapp.rollups.definitions import REFUND_ROLLUP

# An order counts in a window when what went back on its days there is more than what came back again. Its
# days in a window are those from one to another of its days. So each such span says 1 or 0, less what the
# shorter spans within it have said already: one less its last day and one less its first, in both of which
# the one less both was counted. {rows} has RefundDay's columns.
SPANS = """
    WITH summed AS (
        SELECT day, currency, order_id, SUM(refunds) OVER up_to - refunds AS before,
            SUM(refunds) OVER up_to AS through
        FROM ({rows}) AS refund_days
        WINDOW up_to AS (PARTITION BY order_id, currency ORDER BY day)
    )
    SELECT day, currency, earlier, CAST(SUM(counts) AS bigint) AS orders
    FROM (
        SELECT last.day, last.currency, first.day AS earlier,
            CASE WHEN last.through < first.before THEN 1 ELSE 0 END
                - CASE WHEN last.before < first.before THEN 1 ELSE 0 END
                - CASE WHEN last.through < first.through THEN 1 ELSE 0 END
                + CASE WHEN first.day < last.day AND last.before < first.through THEN 1 ELSE 0 END AS counts
        FROM summed AS last JOIN summed AS first ON first.order_id = last.order_id
            AND first.currency = last.currency AND first.day <= last.day
    ) AS spans
    GROUP BY day, currency, earlier HAVING SUM(counts) <> 0
"""
REFUNDED = DayPairs(RefundPair, REFUND_ROLLUP, key="order_id", select=SPANS, figures=("orders",))
