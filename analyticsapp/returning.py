"""Who came back: how each day's orders followed earlier ones of the same customers.

Made from CustomerDay. A build makes it anew for the customers of the days it touches: what their
orders said before is taken off, and what they say afterwards is added.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

from django.db import connection

from analyticsapp.reading import Sql, in_list

TABLE = "analyticsapp_customerreturn"
TOUCHED = "analyticsapp_touched"

# The first order of a customer's day follows the last of the customer's day before, the second one
# the first. {customers} has CustomerDay's columns.
FOLLOWED = """
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
BOUGHT = """
    SELECT day, currency, orders, LAG(day) OVER one_by_one AS day_before,
        LAG(orders) OVER one_by_one AS orders_before, LAG(day, 2) OVER one_by_one AS two_before
    FROM ({customers}) AS customer_days WHERE orders > 0
    WINDOW one_by_one AS (PARTITION BY email, currency ORDER BY day)
"""
EVERYBODY = "SELECT * FROM analyticsapp_customerday"
THE_TOUCHED = f"""
    SELECT customer.* FROM {TOUCHED} AS touched JOIN analyticsapp_customerday AS customer
        ON customer.email = touched.email AND customer.currency = touched.currency
"""
ADD = f"""
    WITH bought AS ({{bought}})
    INSERT INTO {TABLE} (day, currency, earlier, orders, seconds, thirds)
    SELECT day, currency, earlier, {{sign}} * orders, {{sign}} * seconds, {{sign}} * thirds
    FROM ({FOLLOWED}) AS added WHERE 1 = 1
    ON CONFLICT (day, earlier, currency) DO UPDATE SET orders = {TABLE}.orders + excluded.orders,
        seconds = {TABLE}.seconds + excluded.seconds, thirds = {TABLE}.thirds + excluded.thirds
"""


def followed(customers: str = EVERYBODY) -> str:
    """The SELECT that makes the rows from customers' days."""
    return f"WITH bought AS ({BOUGHT.replace('{customers}', customers)}) {FOLLOWED}"


def remake() -> None:
    """All rows, from all customers' days."""
    _execute(f"DELETE FROM {TABLE}")
    _add(EVERYBODY)


@contextmanager
def following(days: list[date], from_ledger: Sql) -> Iterator[None]:
    """While the block makes the customers of these days anew, `from_ledger`, the returns follow."""
    listed, parameters = in_list("day", days)
    customers, of_customers = from_ledger
    _execute(
        f"CREATE TEMPORARY TABLE {TOUCHED} AS "
        f"SELECT email, currency FROM analyticsapp_customerday WHERE {listed} "
        f"UNION SELECT email, currency FROM ({customers}) AS fresh",
        [*parameters, *of_customers],
    )
    _add(THE_TOUCHED, sign=-1)
    yield
    _add(THE_TOUCHED)
    _execute(f"DELETE FROM {TABLE} WHERE orders = 0 AND seconds = 0 AND thirds = 0")
    _execute(f"DROP TABLE {TOUCHED}")


def _add(customers: str, *, sign: int = 1) -> None:
    bought = BOUGHT.replace("{customers}", customers)
    _execute(ADD.replace("{bought}", bought).replace("{sign}", str(sign)))


def _execute(statement: str, parameters: list[Any] | None = None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
