"""Facts that cost more than the dashboard may: read by the pages and files that show them.

Each group has a query, which gives its two facts for every currency.
"""

from collections.abc import Callable, Collection, Mapping, Sequence

from analyticsapp import told
from analyticsapp.counts import moments_of
from analyticsapp.reading import Sql, rows
from analyticsapp.rollups import (
    CUSTOMER_ROLLUP,
    PRODUCT_ROLLUP,
    REFUND_ROLLUP,
    SOLD,
    State,
    known_days,
    relation,
)
from analyticsapp.windows import EARLIEST, LATEST, Window

# A customer is new in the window that holds the day of their first order in this currency.
CUSTOMERS = """
    SELECT currency, COUNT(CASE WHEN here > 0 AND before = 0 THEN 1 END),
        COUNT(CASE WHEN here > 0 AND before > 0 THEN 1 END)
    FROM (
        SELECT currency, email, SUM(CASE WHEN day >= %s THEN orders ELSE 0 END) AS here,
            SUM(CASE WHEN day < %s THEN orders ELSE 0 END) AS before
        FROM ({customers}) AS known GROUP BY currency, email
    ) AS bought GROUP BY currency
"""
# Refunds of the orders sold in the window, whenever they were made.
SALES = """
    WITH went_back AS (
        SELECT currency, order_id, SUM(refunds) AS refunds FROM ({refunds}) AS made
        GROUP BY currency, order_id
    ),
    firsts AS (
        SELECT currency, order_id, MIN(day) AS sold_on FROM ({sold}) AS sold WHERE sales > 0
        GROUP BY currency, order_id
    )
    SELECT went_back.currency, -SUM(went_back.refunds), COUNT(CASE WHEN went_back.refunds < 0 THEN 1 END)
    FROM went_back JOIN firsts
        ON firsts.order_id = went_back.order_id AND firsts.currency = went_back.currency
    WHERE firsts.sold_on BETWEEN %s AND %s GROUP BY went_back.currency
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
    days, parameters = relation(CUSTOMER_ROLLUP, Window(min(EARLIEST, window.start), window.end), state)
    return CUSTOMERS.replace("{customers}", days), [window.start, window.start, *parameters]


def _sales(window: Window, state: State) -> Sql:
    refunds, of_refunds = relation(REFUND_ROLLUP, Window(EARLIEST, LATEST), state)
    condition, days = known_days(Window(EARLIEST, window.end), state)
    only_refunded = f"{condition} AND order_id IN (SELECT order_id FROM went_back)"
    query = SALES.replace("{refunds}", refunds).replace("{sold}", SOLD.replace("{days}", only_refunded))
    return query, [*of_refunds, *days, window.start, window.end]


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
