"""Facts that cost more than the dashboard may: read by the pages and files that show them.

Each group has a query, which gives its two facts for every currency.
"""

from collections.abc import Callable, Collection, Mapping, Sequence

from analyticsapp import told
from analyticsapp.figures.counts import moments_of
from analyticsapp.reading import Sql, rows
from analyticsapp.reports.sales import bought_in, customer_days, sold_on
from analyticsapp.rollups.definitions import PRODUCT_ROLLUP, REFUND_ROLLUP, State, relation
from analyticsapp.windows import EARLIEST, LATEST, Window

# A customer is new in the window that holds the day of their first order in this currency.
CUSTOMERS = """
    SELECT currency, COUNT(CASE WHEN here > 0 AND before = 0 THEN 1 END),
        COUNT(CASE WHEN here > 0 AND before > 0 THEN 1 END)
    FROM (
        SELECT currency, email, SUM(CASE WHEN day >= %s THEN orders ELSE 0 END) AS here,
            SUM(CASE WHEN day < %s THEN orders ELSE 0 END) AS before
        FROM ({customers}) AS known WHERE {bought here} GROUP BY currency, email
    ) AS bought GROUP BY currency
"""
# Refunds of the orders sold in the window, whenever they were made. Most orders have no sale entry there, and
# are left out before each is looked up.
SALES = """
    SELECT currency, -SUM(refunds), COUNT(CASE WHEN refunds < 0 THEN 1 END)
    FROM (
        SELECT currency, order_id, SUM(refunds) AS refunds FROM ({refunds}) AS made
        WHERE order_id IN (
            SELECT order_id FROM payments_ledgerentry
            WHERE kind = 'sale' AND occurred_on BETWEEN %s AND %s AND {known}
        )
        GROUP BY currency, order_id
    ) AS went_back WHERE {sold on} BETWEEN %s AND %s GROUP BY currency
"""
GOODS = """
    SELECT currency, SUM(units), SUM(gross) FROM ({products}) AS sold GROUP BY currency
"""
CHARGES = """
    SELECT currency, COUNT(*), COUNT(CASE WHEN balance_transaction_id = '' AND provider = 'stripe' THEN 1 END)
    FROM {charges} AS fact WHERE status = 'succeeded' AND created >= %s AND created < %s GROUP BY currency
"""
# An inquiry (`warning_…`) is no dispute yet.
DISPUTES = """
    SELECT currency, COUNT(*), COUNT(CASE WHEN status = 'lost' THEN 1 END)
    FROM {disputes} AS fact WHERE status NOT LIKE 'warning%%' AND created >= %s AND created < %s
    GROUP BY currency
"""


def _customers(window: Window, state: State) -> Sql:
    days, parameters = customer_days(window, state)
    bought, of_bought = bought_in(window, state)
    query = CUSTOMERS.replace("{customers}", days).replace("{bought here}", bought)
    return query, [window.start, window.start, *parameters, *of_bought]


def _sales(window: Window, state: State) -> Sql:
    refunds, of_refunds = relation(REFUND_ROLLUP, Window(EARLIEST, LATEST), state)
    query = SALES.replace("{refunds}", refunds).replace("{known}", state.past.entries())
    query = query.replace("{sold on}", sold_on("went_back.order_id", "went_back.currency", state.past))
    return query, [*of_refunds, *[window.start, window.end] * 2]


def _goods(window: Window, state: State) -> Sql:
    products, parameters = relation(PRODUCT_ROLLUP, window, state)
    return GOODS.replace("{products}", products), parameters


def _charges(window: Window, state: State) -> Sql:
    return CHARGES.replace("{charges}", told.charges(state.past)), moments_of(window)


def _disputes(window: Window, state: State) -> Sql:
    return DISPUTES.replace("{disputes}", told.disputes(state.past)), moments_of(window)


GROUPS: Mapping[str, tuple[tuple[str, str], Callable[[Window, State], Sql]]] = {
    "customers": (("new_customers", "returning_customers"), _customers),
    "sales": (("refunds_of_sales", "refunded_sold_orders"), _sales),
    "goods": (("units", "gross_product_sales"), _goods),
    "charges": (("charges", "fees_pending"), _charges),
    "disputes": (("disputes", "disputes_lost"), _disputes),
}
"""Group → the names of its facts, and the query that gives them by currency."""


def read(groups: Collection[str], windows: Sequence[Window], state: State) -> list[dict[str, dict[str, int]]]:
    """The facts of these groups, of each window, by currency and name. One query."""
    found: list[dict[str, dict[str, int]]] = [
        {currency: _nothing(groups) for currency in state.currencies} for _ in windows
    ]
    parts, parameters = [], []
    for number, window in enumerate(windows):
        for group in sorted(groups):
            query, values = GROUPS[group][1](window, state)
            parts.append(f"SELECT {number} AS place, '{group}' AS what, q.* FROM ({query}) AS q")
            parameters += values
    for place, group, currency, *numbers in rows((" UNION ALL ".join(parts), parameters)):
        if currency in found[place]:
            found[place][currency].update(zip(GROUPS[group][0], map(int, numbers), strict=True))
    return found


def _nothing(groups: Collection[str]) -> dict[str, int]:
    return {name: 0 for group in groups for name in GROUPS[group][0]}
