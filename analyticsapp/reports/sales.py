"""Pieces of SQL that the reports share."""

from django.db import connection

from analyticsapp.known import EVERYTHING, Known
from analyticsapp.reading import Sql
from analyticsapp.rollups.definitions import CUSTOMER_ROLLUP as CUSTOMERS
from analyticsapp.rollups.definitions import State, relation
from analyticsapp.windows import EARLIEST, Window

# The first day on which an order's sale entries sum to more than zero. {order} and {currency} are columns.
SOLD_ON = """(
    SELECT sale.occurred_on FROM payments_ledgerentry AS sale
    WHERE sale.order_id = {order} AND sale.currency = {currency} AND sale.kind = 'sale' AND {known}
    GROUP BY sale.occurred_on HAVING SUM(sale.amount) > 0 ORDER BY sale.occurred_on LIMIT 1
)"""


def sold_on(order: str, currency: str, past: Known = EVERYTHING) -> str:
    """SQL for the day on which an order was sold; NULL of one that never was."""
    query = SOLD_ON.replace("{order}", order).replace("{currency}", currency)
    return query.replace("{known}", past.entries("sale"))


def month_of(column: str) -> str:
    """SQL for `2026-10` of a day's column."""
    if connection.vendor == "postgresql":
        return f"to_char({column}, 'YYYY-MM')"
    return f"strftime('%%Y-%%m', {column})"


def customer_days(until: Window, state: State) -> Sql:
    """CustomerDay's columns of everything up to a window's end."""
    return relation(CUSTOMERS, Window(min(EARLIEST, until.start), until.end), state)


def bought_in(span: Window, state: State) -> Sql:
    """A condition on customers' days: of those who bought in the span, who may be few of all there are."""
    days, parameters = relation(CUSTOMERS, span, state)
    return f"email IN (SELECT email FROM ({days}) AS here)", parameters
