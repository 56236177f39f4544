"""Who came back: how each day's orders followed earlier ones of the same customers."""

from analyticsapp.models import CustomerReturn
from analyticsapp.rollups.day_pairs import DayPairs
from analyticsapp.rollups.definitions import CUSTOMER_ROLLUP

# The first order of a customer's day follows the last of the customer's day before, the second one
# the first. {rows} has CustomerDay's columns.
FOLLOWED = """
    WITH bought AS (
        SELECT day, currency, orders, LAG(day) OVER one_by_one AS day_before,
            LAG(orders) OVER one_by_one AS orders_before, LAG(day, 2) OVER one_by_one AS two_before
        FROM ({rows}) AS customer_days WHERE orders > 0
        WINDOW one_by_one AS (PARTITION BY email, currency ORDER BY day)
    )
    SELECT day, currency, earlier, CAST(SUM(orders) AS bigint) AS orders,
        CAST(SUM(seconds) AS bigint) AS seconds, CAST(SUM(thirds) AS bigint) AS thirds
    FROM (
        SELECT day, currency, day AS earlier, orders, orders - 1 AS seconds,
            CASE WHEN orders > 2 THEN orders - 2 ELSE 0 END AS thirds
        FROM bought
        UNION ALL
        SELECT day, currency, day_before, 0, 1,
            CASE WHEN orders_before > 1 THEN 1 ELSE 0 END + CASE WHEN orders > 1 THEN 1 ELSE 0 END
        FROM bought WHERE day_before IS NOT NULL
        UNION ALL
        SELECT day, currency, two_before, 0, 0, 1
        FROM bought WHERE two_before IS NOT NULL AND orders_before = 1
    ) AS followed
    GROUP BY day, currency, earlier
"""
# Of a window's orders, those whose customer had none before in it are their customers' first, and so for
# the second and the third.
RETURNS = DayPairs(
    CustomerReturn,
    CUSTOMER_ROLLUP,
    key="email",
    select=FOLLOWED,
    figures=("orders", "seconds", "thirds"),
    running=(("firsts_from", "orders - seconds"), ("seconds_from", "seconds - thirds")),
)
