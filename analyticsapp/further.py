"""Facts that cost more than the dashboard may: read by the pages and files that show them.

Each group is read at once, for every currency of the store.
"""

from collections.abc import Callable, Iterable, Mapping

from analyticsapp.counts import moments_of
from analyticsapp.reading import Sql, rows
from analyticsapp.rollups import CUSTOMER_ROLLUP, REFUND_ROLLUP, SOLD, State, known_days, relation
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
    SELECT sold.currency, SUM(item.quantity), SUM(item.amount_total)
    FROM ({sold}) AS sold JOIN orders_orderitem AS item ON item.order_id = sold.order_id
    WHERE sold.sales > 0 GROUP BY sold.currency
"""
CHARGES = """
    SELECT currency, COUNT(*), COUNT(CASE WHEN balance_transaction_id = '' AND provider = 'stripe' THEN 1 END)
    FROM payments_charge WHERE status = 'succeeded' AND created >= %s AND created < %s GROUP BY currency
"""
# An inquiry (`warning_…`) is no dispute yet.
DISPUTES = """
    SELECT currency, COUNT(*), COUNT(CASE WHEN status = 'lost' THEN 1 END)
    FROM payments_dispute WHERE status NOT LIKE 'warning%%' AND created >= %s AND created < %s
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
    condition, days = known_days(window, state)
    return GOODS.replace("{sold}", SOLD.replace("{days}", condition)), days


def _charges(window: Window, state: State) -> Sql:
    return CHARGES, moments_of(window)


def _disputes(window: Window, state: State) -> Sql:
    return DISPUTES, moments_of(window)


GROUPS: Mapping[str, tuple[tuple[str, str], Callable[[Window, State], Sql]]] = {
    "customers": (("new_customers", "returning_customers"), _customers),
    "sales": (("refunds_of_sales", "refunded_sold_orders"), _sales),
    "goods": (("units", "gross_product_sales"), _goods),
    "charges": (("charges", "fees_pending"), _charges),
    "disputes": (("disputes", "disputes_lost"), _disputes),
}
"""Group → the names of its facts, and the query that gives them by currency."""


def read(groups: Iterable[str], window: Window, state: State) -> dict[str, dict[str, int]]:
    """The facts of these groups by currency and name. One query for each group."""
    found: dict[str, dict[str, int]] = {currency: {} for currency in state.currencies}
    for group in sorted(groups):
        names, query = GROUPS[group]
        numbers = {currency: values for currency, *values in rows(query(window, state))}
        for currency, facts in found.items():
            facts.update(zip(names, map(int, numbers.get(currency, (0, 0))), strict=True))
    return found
