"""What goods brought above their cost: the lines of the orders sold in a window, with what came back since.

A line's revenue is price times pieces, less its discount and the tax in it. What was refunded of it counts
without tax too, and pieces that came back on the shelf cost nothing. Of a refund that names no line, the
goods' share of what was left of the order is taken off, in a row of its own.
"""

from dataclasses import dataclass, replace

from django.db import connection

from analyticsapp.known import EVERYTHING, Known
from analyticsapp.proof.evidence import Scope
from analyticsapp.reading import Sql, rows
from analyticsapp.rollups.definitions import PRODUCT_ROLLUP, WITHOUT_TAX, State, relation
from analyticsapp.windows import Window

# What went back is what the ledger says: a pending refund counts, one that failed does not.
LINES = """
    WITH {narrowed}sold AS (
        SELECT order_id, currency, MAX(occurred_at) AS sold_at FROM payments_ledgerentry
        WHERE kind = 'sale' AND currency = %s AND occurred_on BETWEEN %s AND %s AND {known} AND {of orders}
        GROUP BY order_id, currency, occurred_on HAVING SUM(amount) > 0
    ),
    gave_back AS (
        SELECT entry.order_id, entry.source_id, -SUM(entry.amount) AS amount
        FROM sold JOIN payments_ledgerentry AS entry ON entry.order_id = sold.order_id
        WHERE entry.kind IN ('refund', 'refund_reversal') AND entry.currency = %s AND {entry known}
        GROUP BY entry.order_id, entry.source_id
    ),
    all_back AS (SELECT order_id, SUM(amount) AS amount FROM gave_back GROUP BY order_id),
    asked AS (
        SELECT request.id, request.order_id, request.amount,
            request.amount_delivery + COALESCE(SUM(line.amount), 0) AS due
        FROM gave_back JOIN payments_refundrequest AS request
                ON request.order_id = gave_back.order_id AND request.refund_id = gave_back.source_id
            LEFT JOIN payments_refundline AS line ON line.request_id = request.id
        WHERE gave_back.amount > 0
        GROUP BY request.id, request.order_id, request.amount, request.amount_delivery
        HAVING request.amount_delivery + COALESCE(SUM(line.amount), 0) > 0
    ),
    named AS (SELECT order_id, SUM(amount) AS amount FROM asked GROUP BY order_id),
    went_back AS (
        SELECT line.item_id, SUM({part of request}) AS amount
        FROM asked JOIN payments_refundline AS line ON line.request_id = asked.id GROUP BY line.item_id
    ),
    returned AS (
        SELECT order_item_id, SUM(quantity) AS pieces FROM catalog_stockmovement
        WHERE reason = 'return' AND order_item_id IS NOT NULL AND {movement known} GROUP BY order_item_id
    ),
    counted AS (
        SELECT item.id, item.order_id, item.variant_id, sold.currency, sold.sold_at, item.quantity,
            item.unit_cost,
            CAST(COALESCE(returned.pieces, 0) AS bigint) AS returned,
            COALESCE(went_back.amount, 0) AS went_back,
            {revenue} AS revenue,
            item.amount_total - item.amount_discount
                + CASE WHEN sale.tax_behavior = 'exclusive' THEN item.amount_tax ELSE 0 END AS paid
        FROM sold JOIN orders_order AS sale ON sale.id = sold.order_id
            JOIN orders_orderitem AS item ON item.order_id = sold.order_id
            LEFT JOIN went_back ON went_back.item_id = item.id
            LEFT JOIN returned ON returned.order_item_id = item.id
        WHERE {of items}
    ),
    priced AS (
        SELECT counted.*, CASE WHEN paid > 0 AND went_back > 0 THEN {part of line} ELSE 0 END AS refunded,
            unit_cost * (quantity - returned) AS cost
        FROM counted
    ),
    goods_left AS (
        SELECT order_id, SUM(revenue - refunded) AS goods FROM priced
        WHERE unit_cost IS NOT NULL GROUP BY order_id HAVING SUM(revenue - refunded) > 0
    ),
    unnamed AS (
        SELECT sale.id, sold.currency, sold.sold_at,
            CASE WHEN all_back.amount < sale.amount_total THEN all_back.amount ELSE sale.amount_total END
                - COALESCE(named.amount, 0) AS unnamed,
            sale.amount_total - COALESCE(named.amount, 0) AS amount
        FROM sold JOIN orders_order AS sale ON sale.id = sold.order_id
            JOIN all_back ON all_back.order_id = sale.id
            LEFT JOIN named ON named.order_id = sale.id
        WHERE {of unnamed}
    ),
    left_over AS (
        SELECT unnamed.*, goods_left.goods
        FROM unnamed JOIN goods_left ON goods_left.order_id = unnamed.id WHERE unnamed.unnamed > 0
    ),
    moved AS (
        SELECT id AS row_id, order_id, variant_id, sold_at, quantity, returned, unit_cost, revenue, refunded,
            cost, currency FROM priced
        UNION ALL
        SELECT -id, id, NULL, sold_at, 0, 0, 0, 0, {part of goods}, 0, currency FROM left_over
    )
"""
OF_SKU = "item.variant_id = (SELECT variant.id FROM catalog_variant AS variant WHERE variant.sku = %s)"
UNNAMED = "Refunds that name no product"
# Orders whose lines are not what they were on the day of their sale.
TOUCHED = """
    SELECT order_id FROM payments_ledgerentry WHERE kind IN ('refund', 'refund_reversal')
    UNION
    SELECT (SELECT item.order_id FROM orders_orderitem AS item WHERE item.id = movement.order_item_id)
    FROM catalog_stockmovement AS movement WHERE movement.reason = 'return'
"""
# Orders of which something was learnt that was not known.
LEARNT = """
    SELECT order_id FROM payments_ledgerentry WHERE order_id IS NOT NULL AND NOT ({known})
    UNION
    SELECT (SELECT item.order_id FROM orders_orderitem AS item WHERE item.id = movement.order_item_id)
    FROM catalog_stockmovement AS movement WHERE movement.reason = 'return' AND NOT ({movement known})
"""
# Names come last: of their sum Postgres then leaves them out.
ROWS = """
    SELECT row_id, sold_at AS sort_key, sold_at AS occurred_at, sale.number, COALESCE(item.sku, '') AS sku,
        COALESCE(item.product_name, '{no product}') AS product_name,
        COALESCE(item.variant_name, '') AS variant_name, line.quantity, returned, line.unit_cost, revenue,
        refunded, cost, line.currency, amount
    FROM (SELECT moved.*, {amount} AS amount FROM moved WHERE {condition}) AS line
        LEFT JOIN orders_order AS sale ON sale.id = line.order_id
        LEFT JOIN orders_orderitem AS item ON item.id = line.row_id
"""
# What lines add: as they are, or as they were sold, by the rollup, and what changed of those touched since.
OF_LINES = """
    SELECT variant_id, quantity AS units, returned, revenue, refunded,
        CASE WHEN unit_cost IS NOT NULL THEN revenue - refunded ELSE 0 END AS kept, COALESCE(cost, 0) AS cost,
        CASE WHEN unit_cost IS NULL THEN quantity - returned ELSE 0 END AS without_cost
    FROM moved
"""
OF_DAYS = """
    SELECT variant_id, units, 0 AS returned, goods AS revenue, 0 AS refunded, known_goods AS kept, cost,
        units_without_cost AS without_cost
    FROM ({products}) AS day WHERE currency = %s
    UNION ALL
    SELECT variant_id, 0, returned, 0, refunded, CASE WHEN unit_cost IS NOT NULL THEN -refunded ELSE 0 END,
        COALESCE(-unit_cost * returned, 0), CASE WHEN unit_cost IS NULL THEN -returned ELSE 0 END
    FROM moved
"""
TOTALS = """
    SELECT COALESCE(SUM(kept), 0), COALESCE(SUM(cost), 0), COALESCE(SUM(units - returned - without_cost), 0),
        COALESCE(SUM(without_cost), 0)
    FROM ({parts}) AS part
"""
BY_PRODUCT = """
    SELECT COALESCE(product.name, '{no product}'), COALESCE(variant.name, ''), COALESCE(variant.sku, ''),
        whole.*
    FROM (
        SELECT variant_id, SUM(units), SUM(returned), SUM(revenue), SUM(refunded), SUM(kept), SUM(cost),
            SUM(without_cost)
        FROM ({parts}) AS part GROUP BY variant_id
    ) AS whole LEFT JOIN catalog_variant AS variant ON variant.id = whole.variant_id
        LEFT JOIN catalog_product AS product ON product.id = variant.product_id
"""


@dataclass(frozen=True)
class Margin:
    """Of goods whose cost is known: what they brought after refunds, without tax, and what they cost.

    Minor units. `pieces` are those that were kept; `pieces_without_cost` are in none of the others.
    """

    revenue: int = 0
    cost: int = 0
    pieces: int = 0
    pieces_without_cost: int = 0

    @property
    def amount(self) -> int:
        """What is left of the revenue; below zero when the goods cost more."""
        return self.revenue - self.cost

    def __sub__(self, other: "Margin") -> "Margin":
        return self + Margin(-other.revenue, -other.cost, -other.pieces, -other.pieces_without_cost)

    def __add__(self, other: "Margin") -> "Margin":
        return Margin(
            self.revenue + other.revenue,
            self.cost + other.cost,
            self.pieces + other.pieces,
            self.pieces_without_cost + other.pieces_without_cost,
        )


@dataclass(frozen=True)
class ProductMargin:
    """One variant. `sold` and `refunded` are of all its lines, `margin` of those whose cost is known."""

    name: str
    sku: str
    units: int
    returned: int
    sold: int
    refunded: int
    margin: Margin


def of_window(window: Window, currency: str, state: State) -> Margin:
    """Of the orders sold in the window, with refunds and returns to date, or by then.

    One query; three, of what was known earlier.
    """
    found = [Margin(*map(int, rows(query)[0])) for query in queries(window, currency, state)]
    return found[0] if len(found) == 1 else found[0] - found[1] + found[2]


def queries(window: Window, currency: str, state: State) -> list[Sql]:
    """What gives the four numbers of a `Margin`.

    Of what was known earlier: of now; and of the orders of which something was learnt since, as they are
    now, which is to be taken off, and as they were known.
    """
    now = _of_parts(TOTALS, window, currency, replace(state, past=EVERYTHING))
    if not state.known:
        return [now]
    orders = _learnt_since(state.past)
    both = [lines(window, currency, past, orders=orders) for past in (EVERYTHING, state.past)]
    return [now, *((text + TOTALS.replace("{parts}", OF_LINES), parameters) for text, parameters in both)]


def by_product(
    window: Window, currency: str, state: State, *, only: str | None = None
) -> list[ProductMargin]:
    """The most margin first, then the most sold; what names no product last. One query.

    `only` is the SKU of the one that is asked for; empty: what names no product.
    """
    merged: dict[tuple[str, str], list[int]] = {}
    for product, variant, sku, _, *numbers in rows(_of_parts(BY_PRODUCT, window, currency, state, only=only)):
        known = merged.setdefault((f"{product} {variant}".strip(), sku), [0] * len(numbers))
        merged[f"{product} {variant}".strip(), sku] = [
            a + int(b) for a, b in zip(known, numbers, strict=True)
        ]
    found = [_product(name, sku, numbers) for (name, sku), numbers in merged.items() if only in (None, sku)]
    return sorted(found, key=lambda one: (not one.sku, -one.margin.amount, -one.sold, one.sku))


def margin_rows(scope: Scope, amount: str, condition: str, *, only: str | None = None) -> Sql:
    """The lines, each with an `amount` made of its columns, where a condition on them holds."""
    orders = _learnt_since(scope.changed_since) if scope.changed_since else ""
    text, parameters = lines(scope.window, scope.currency, scope.state.past, only=only, orders=orders)
    if only is not None:
        condition = f"{condition} AND variant_id IS {'NOT ' if only else ''}NULL"
    query = ROWS.replace("{amount}", amount).replace("{condition}", condition)
    return text + query.replace("{no product}", UNNAMED), parameters


def lines(window: Window, currency: str, past: Known, *, only: str | None = None, orders: str = "") -> Sql:
    """The beginning of a query that may read from `moved`: of all, or of one SKU, or of no product.

    `orders` is a SELECT of the orders that are asked for; empty: all.
    """
    text = LINES.replace("{of items}", OF_SKU if only else "1 = 1")
    text = text.replace("{narrowed}", f"narrowed AS ({orders}), " if orders else "")
    text = text.replace("{of orders}", "order_id IN (SELECT order_id FROM narrowed)" if orders else "1 = 1")
    text = text.replace("{known}", past.entries())
    text = text.replace("{entry known}", past.entries("entry")).replace("{movement known}", past.movements())
    text = text.replace("{of unnamed}", "1 = 0" if only else "1 = 1").replace("{revenue}", WITHOUT_TAX)
    text = text.replace("{part of request}", _part("line.amount", "asked.amount", "asked.due"))
    text = text.replace("{part of line}", _part("went_back", "revenue", "paid"))
    text = text.replace("{part of goods}", _part("unnamed", "goods", "amount"))
    return text, [currency, window.start, window.end, currency, *([only] if only else [])]


def _of_parts(query: str, window: Window, currency: str, state: State, *, only: str | None = None) -> Sql:
    """A query of what all lines add, in `{parts}`.

    What is known now comes from the rollup, with the lines of the orders that were touched since: few. What
    was known earlier comes from all lines.
    """
    query = query.replace("{no product}", UNNAMED)
    if state.known:
        text, parameters = lines(window, currency, state.past, only=only)
        return text + query.replace("{parts}", OF_LINES), parameters
    text, parameters = lines(window, currency, state.past, only=only, orders=TOUCHED)
    products, of_products = relation(PRODUCT_ROLLUP, window, state)
    parts = OF_DAYS.replace("{products}", products)
    return text + query.replace("{parts}", parts), [*parameters, *of_products, currency]


def _learnt_since(past: Known) -> str:
    known = LEARNT.replace("{known}", past.entries())
    return known.replace("{movement known}", past.movements("movement"))


def _part(amount: str, share: str, whole: str) -> str:
    """SQL for `amount * share / whole`, rounded half up; none is below zero."""
    if connection.vendor == "postgresql":
        product = f"2 * CAST({amount} AS numeric) * {share} + {whole}"
        return f"CAST(DIV({product}, 2 * CAST({whole} AS numeric)) AS bigint)"
    return f"((2 * {amount} * {share} + {whole}) / (2 * {whole}))"


def _product(name: str, sku: str, numbers: list[int]) -> ProductMargin:
    units, returned, sold, refunded, revenue, cost, without = numbers
    margin = Margin(revenue, cost, units - returned - without, without)
    return ProductMargin(name, sku, units, returned, sold, refunded, margin)
