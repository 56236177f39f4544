"""Rows that make figures, selected by conditions: ledger entries, orders, customers, order lines, facts.

Each function gives SQL with `row_id`, `sort_key`, `amount` and `currency`, and what its table shows besides.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from analyticsapp import told
from analyticsapp.figures.counts import moments_of
from analyticsapp.proof.evidence import Scope
from analyticsapp.reading import Sql
from analyticsapp.reports import sold
from analyticsapp.reports.sales import customer_days, sold_on
from payments.models import Kind

Condition = Callable[[Scope], Sql]
Selection = Callable[[Scope], Sql]
REFUNDS = (Kind.REFUND, Kind.REFUND_REVERSAL)

ENTRIES = """
    SELECT entry.id AS row_id, entry.occurred_at AS sort_key, entry.amount, entry.currency, entry.kind,
        entry.source_id, entry.occurred_at, entry.posted_at, sold.number, sold.paid_at
    FROM payments_ledgerentry AS entry LEFT JOIN orders_order AS sold ON sold.id = entry.order_id
    WHERE entry.currency = %s AND entry.kind IN ({kinds}) AND {condition} AND {known}
"""
ORDERS = """
    SELECT sold.id AS row_id, moved.occurred_at AS sort_key, moved.amount, moved.currency, moved.occurred_at,
        sold.number, sold.paid_at
    FROM (
        SELECT entry.order_id, entry.currency, SUM(entry.amount) AS amount,
            MAX(entry.occurred_at) AS occurred_at
        FROM payments_ledgerentry AS entry
        WHERE entry.currency = %s AND entry.kind IN ({kinds}) AND {condition} AND {known}
        GROUP BY entry.order_id, entry.currency HAVING SUM(entry.amount) {sum}
    ) AS moved JOIN orders_order AS sold ON sold.id = moved.order_id
"""
# One row for each refund or payment that the entries name.
SOURCES = """
    SELECT MIN(entry.id) AS row_id, MIN(entry.occurred_at) AS sort_key, SUM(entry.amount) AS amount,
        entry.currency, MIN(entry.kind) AS kind, entry.source_id, MIN(entry.occurred_at) AS occurred_at,
        MIN(entry.posted_at) AS posted_at, MIN(sold.number) AS number, MIN(sold.paid_at) AS paid_at
    FROM payments_ledgerentry AS entry LEFT JOIN orders_order AS sold ON sold.id = entry.order_id
    WHERE entry.currency = %s AND entry.kind IN ({kinds}) AND {condition} AND {known}
    GROUP BY entry.source_id, entry.currency
"""
# One row for each order and day on which it was sold, as the figure Orders counts them.
SOLD_ORDERS = """
    SELECT s.row_id, s.paid_at AS sort_key, s.amount, s.currency, s.paid_at AS occurred_at, sold.number,
        sold.paid_at
    FROM (SELECT {what}, s.* FROM ({sold}) AS s {joined}) AS s
        LEFT JOIN orders_order AS sold ON sold.id = s.order_id
    WHERE {where}
"""
CUSTOMERS = """
    SELECT email AS row_id, CAST({amount} AS bigint) AS sort_key, {amount} AS amount, currency,
        CAST({orders} AS bigint) AS orders
    FROM ({customers}) AS known WHERE currency = %s GROUP BY currency, email HAVING {condition}
"""
LINES = """
    SELECT item.id AS row_id, moved.occurred_at AS sort_key, {amount} AS amount, moved.currency,
        moved.occurred_at, sold.number, item.sku, item.product_name, item.variant_name, item.quantity,
        {line} AS line
    FROM (
        SELECT order_id, currency, occurred_on, MAX(occurred_at) AS occurred_at FROM payments_ledgerentry
        WHERE kind = 'sale' AND currency = %s AND occurred_on BETWEEN %s AND %s AND {known}
        GROUP BY order_id, currency, occurred_on HAVING SUM(amount) > 0
    ) AS moved JOIN orders_order AS sold ON sold.id = moved.order_id
        JOIN orders_orderitem AS item ON item.order_id = sold.id
    WHERE {condition}
"""
CHARGES = """
    SELECT fact.id AS row_id, fact.created AS sort_key, fact.amount_captured AS amount, fact.currency,
        fact.created AS occurred_at, fact.charge_id AS source_id, fact.status, sold.number
    FROM {charges} AS fact LEFT JOIN orders_order AS sold ON sold.id = fact.order_id
    WHERE fact.currency = %s AND fact.created >= %s AND fact.created < %s AND fact.status = 'succeeded'
        AND {condition}
"""
DISPUTES = """
    SELECT fact.id AS row_id, fact.created AS sort_key, fact.amount, fact.currency,
        fact.created AS occurred_at, fact.dispute_id AS source_id, fact.status, sold.number
    FROM {disputes} AS fact LEFT JOIN orders_order AS sold ON sold.id = fact.order_id
    WHERE fact.currency = %s AND fact.created >= %s AND fact.created < %s
        AND fact.status NOT LIKE 'warning%%' AND {condition}
"""


def in_window(scope: Scope) -> Sql:
    """Of the window, by the day the money moved."""
    return "entry.occurred_on BETWEEN %s AND %s", [scope.window.start, scope.window.end]


def of_its_sales(scope: Scope) -> Sql:
    """Whose order was sold in the window, whenever the money moved."""
    day = sold_on("entry.order_id", "entry.currency", scope.state.past)
    return f"{day} BETWEEN %s AND %s", [scope.window.start, scope.window.end]


def entries(kinds: Iterable[Kind], condition: Condition = in_window) -> Selection:
    """The ledger entries of these kinds that meet a condition on `entry` and its order `sold`."""

    def makes(scope: Scope) -> Sql:
        where, parameters = condition(scope)
        return _of_kinds(ENTRIES, kinds, scope).replace("{condition}", where), [scope.currency, *parameters]

    return makes


def sources(kinds: Iterable[Kind], condition: Condition) -> Selection:
    """The different refunds or payments that such entries name."""

    def makes(scope: Scope) -> Sql:
        where, parameters = condition(scope)
        return _of_kinds(SOURCES, kinds, scope).replace("{condition}", where), [scope.currency, *parameters]

    return makes


def sold_orders(
    where: str,
    condition: Condition | None = None,
    what: Sql = ("0 AS name", []),
    parameters: Sequence[Any] = (),
    joined: str = "",
) -> Selection:
    """The orders sold in the window that meet `where`, a condition on `s`: a row for each day of sale.

    `what` gives `s` further columns; `condition` is on its entries.
    """

    def makes(scope: Scope) -> Sql:
        names, values = what
        query = SOLD_ORDERS.replace("{what}", names).replace("{sold}", sold.sold(scope.state.past))
        query = query.replace("{joined}", joined)
        bound = [*values, scope.currency, scope.window.start, scope.window.end, *parameters]
        if condition is None:
            return query.replace("{where}", where), bound
        of_entries, more = condition(scope)
        named = (
            f"SELECT entry.id FROM payments_ledgerentry AS entry WHERE entry.id = s.row_id AND {of_entries}"
        )
        return query.replace("{where}", f"{where} AND EXISTS ({named})"), [*bound, *more]

    return makes


def orders(kinds: Iterable[Kind], having: str, condition: Condition = in_window) -> Selection:
    """The orders whose entries of these kinds that meet a condition sum to an amount that meets another."""

    def makes(scope: Scope) -> Sql:
        where, parameters = condition(scope)
        query = _of_kinds(ORDERS, kinds, scope).replace("{condition}", where).replace("{sum}", having)
        return query, [scope.currency, *parameters]

    return makes


def customers(condition: Condition, of_days: Condition | None = None) -> Selection:
    """The customers whose days, from the first ever to the window's end, meet a condition on their sums.

    Their orders and amount are those of the window, or of the days that meet `of_days`.
    """

    def makes(scope: Scope) -> Sql:
        days, of_relation = customer_days(scope.window, scope.state)
        which, values = of_days(scope) if of_days else ("day >= %s", [scope.window.start])
        having, of_having = condition(scope)
        query = CUSTOMERS.replace("{amount}", f"SUM(CASE WHEN {which} THEN sales ELSE 0 END)")
        query = query.replace("{orders}", f"SUM(CASE WHEN {which} THEN orders ELSE 0 END)")
        query = query.replace("{customers}", days).replace("{condition}", having)
        return query, [*values * 3, *of_relation, scope.currency, *of_having]

    return makes


def bought_here(before: str) -> Condition:
    """Who bought in the window, with a condition on the number of orders before it (`= 0`, `> 0`)."""
    here = "SUM(CASE WHEN day >= %s THEN orders ELSE 0 END) > 0"
    earlier = f"SUM(CASE WHEN day < %s THEN orders ELSE 0 END) {before}"
    return lambda scope: (f"{here} AND {earlier}", [scope.window.start] * 2)


def lines(amount: str, condition: Sql = ("1 = 1", []), *, line: str = "item.amount_total") -> Selection:
    """The lines of the orders sold that meet a condition on `item`.

    `amount` is what each adds to the figure, which may be pieces; `line` what it adds in money.
    """
    where, parameters = condition
    query = LINES.replace("{amount}", amount).replace("{line}", line).replace("{condition}", where)

    def makes(scope: Scope) -> Sql:
        bound = [scope.currency, scope.window.start, scope.window.end, *parameters]
        return query.replace("{known}", scope.state.past.entries()), bound

    return makes


def charges(condition: str = "1 = 1") -> Selection:
    """The successful charges of the window that meet a condition on `fact`."""
    return _facts(CHARGES, condition)


def disputes(condition: str = "1 = 1") -> Selection:
    """The disputes opened in the window that meet a condition on `fact`."""
    return _facts(DISPUTES, condition)


def _facts(query: str, condition: str) -> Selection:
    text = query.replace("{condition}", condition)

    def makes(scope: Scope) -> Sql:
        parameters: list[Any] = [scope.currency, *moments_of(scope.window)]
        past = scope.state.past
        query = text.replace("{charges}", told.charges(past)).replace("{disputes}", told.disputes(past))
        return query, parameters

    return makes


def _of_kinds(query: str, kinds: Iterable[Kind], scope: Scope) -> str:
    query = query.replace("{kinds}", ", ".join(f"'{kind}'" for kind in kinds))
    return query.replace("{known}", scope.state.past.entries("entry"))
