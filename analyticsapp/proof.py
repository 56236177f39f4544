"""Which rows prove which figure."""

from collections.abc import Callable
from dataclasses import replace

from analyticsapp.counts import BASKET_AFTERWARDS, BOUGHT_AFTERWARDS, WISHED, wish_bounds
from analyticsapp.csv_file import MOMENT, MONEY, NUMBER, PERSON, TEXT, WORD, Column
from analyticsapp.evidence import Evidence, Scope
from analyticsapp.reading import Sql
from analyticsapp.reports.margin import margin_rows
from analyticsapp.rollups import CUSTOMER_ROLLUP, relation
from payments.models import Kind

ENTRIES = """
    SELECT entry.id AS row_id, entry.occurred_at AS sort_key, entry.amount, entry.currency, entry.kind,
        entry.source_id, entry.occurred_at, entry.posted_at, sold.number, sold.paid_at
    FROM payments_ledgerentry AS entry LEFT JOIN orders_order AS sold ON sold.id = entry.order_id
    WHERE entry.occurred_on BETWEEN %s AND %s AND entry.currency = %s AND entry.kind IN ({kinds})
"""
BY_ORDER = """
    SELECT sold.id AS row_id, moved.occurred_at AS sort_key, moved.amount, moved.currency, moved.occurred_at,
        sold.number, sold.paid_at
    FROM (
        SELECT order_id, currency, SUM(amount) AS amount, MAX(occurred_at) AS occurred_at
        FROM payments_ledgerentry
        WHERE occurred_on BETWEEN %s AND %s AND currency = %s AND kind IN ({kinds})
        GROUP BY order_id, currency
    ) AS moved JOIN orders_order AS sold ON sold.id = moved.order_id
"""
BY_CUSTOMER = """
    SELECT email AS row_id, CAST(SUM(sales) AS bigint) AS sort_key, SUM(sales) AS amount, currency,
        CAST(SUM(orders) AS bigint) AS orders
    FROM ({customers}) AS bought WHERE currency = %s GROUP BY currency, email HAVING SUM(orders) >= %s
"""
BY_PERSON = """
    SELECT person.id AS row_id, wishes.first_at AS sort_key, 0 AS amount, '' AS currency, person.email
    FROM (SELECT wish.user_id, MIN(wish.created_at) AS first_at {wished} GROUP BY wish.user_id) AS wishes
        JOIN accounts_user AS person ON person.id = wishes.user_id
"""


def entries(*kinds: Kind) -> Callable[[Scope], Sql]:
    """The ledger entries of these kinds."""
    query = ENTRIES.replace("{kinds}", ", ".join(f"'{kind}'" for kind in kinds))
    return lambda scope: (query, [scope.window.start, scope.window.end, scope.currency])


def orders(*kinds: Kind, condition: str) -> Callable[[Scope], Sql]:
    """The orders whose entries of these kinds sum to an amount that meets the condition."""
    query = BY_ORDER.replace("{kinds}", ", ".join(f"'{kind}'" for kind in kinds))
    query = f"{query} WHERE moved.amount {condition}"
    return lambda scope: (query, [scope.window.start, scope.window.end, scope.currency])


def customers(least: int) -> Callable[[Scope], Sql]:
    """The customers with at least so many orders."""

    def makes(scope: Scope) -> Sql:
        days, parameters = relation(CUSTOMER_ROLLUP, scope.window, scope.state)
        return BY_CUSTOMER.replace("{customers}", days), [*parameters, scope.currency, least]

    return makes


def wishers(scope: Scope) -> Sql:
    """The people with a wish."""
    return BY_PERSON.replace("{wished}", WISHED), wish_bounds(scope.window)


def wishers_with_basket(scope: Scope) -> Sql:
    """Those of them who put something into their basket afterwards."""
    return BY_PERSON.replace("{wished}", WISHED + BASKET_AFTERWARDS), wish_bounds(scope.window, ends=2)


def wishers_who_bought(scope: Scope) -> Sql:
    """Those of them who paid an order afterwards."""
    return BY_PERSON.replace("{wished}", WISHED + BOUGHT_AFTERWARDS), wish_bounds(scope.window, ends=1)


def margins(amount: str, condition: str = "unit_cost IS NOT NULL") -> Callable[[Scope], Sql]:
    """The lines of the orders sold, and what of their refunds names no line."""
    return lambda scope: margin_rows(scope.window, scope.currency, amount, condition)


ENTRY_COLUMNS = (
    Column("occurred_at", MOMENT, "When the money moved.", "r.occurred_at"),
    Column("kind", WORD, "What moved.", "r.kind"),
    Column("source_id", TEXT, "The payment, refund or balance transaction that says so.", "r.source_id"),
    Column("order_id", TEXT, "The order's number; empty for money without one.", "r.number"),
    Column("paid_at", MOMENT, "When the order was paid.", "r.paid_at"),
    Column("posted_at", MOMENT, "When we learnt of it.", "r.posted_at"),
    Column("amount", MONEY, "Below zero: money that left.", "r.amount"),
    Column("currency", WORD, "Its currency.", "r.currency"),
)
ORDER_COLUMNS = (
    Column("occurred_at", MOMENT, "When its money moved last in the window.", "r.occurred_at"),
    Column("order_id", TEXT, "The order's number.", "r.number"),
    Column("paid_at", MOMENT, "When it was paid.", "r.paid_at"),
    Column("amount", MONEY, "What moved in the window; below zero: money that left.", "r.amount"),
    Column("currency", WORD, "Its currency.", "r.currency"),
)
CUSTOMER_COLUMNS = (
    Column("email", PERSON, "The customer.", "r.row_id"),
    Column("orders", NUMBER, "Orders paid in the window.", "r.orders"),
    Column("amount", MONEY, "What was paid for them.", "r.amount"),
    Column("currency", WORD, "Its currency.", "r.currency"),
)
PERSON_COLUMNS = (
    Column("email", PERSON, "Who wished.", "r.email"),
    Column("wished_at", MOMENT, "The first such wish in the window.", "r.sort_key"),
)

LINE_COLUMNS = (
    Column("paid_at", MOMENT, "When the order was paid.", "r.occurred_at"),
    Column("order_id", TEXT, "The order's number.", "r.number"),
    Column("sku", TEXT, "What was sold, as it was called then; empty: a refund that names no line.", "r.sku"),
    Column("product", TEXT, "The product's name, as it was then.", "r.product_name"),
    Column("variant", TEXT, "The variant's name, as it was then.", "r.variant_name"),
    Column("quantity", NUMBER, "Pieces sold.", "r.quantity"),
    Column("returned", NUMBER, "Of these: came back on the shelf.", "r.returned"),
    Column("unit_cost", MONEY, "What one cost when the order was placed; empty: not known.", "r.unit_cost"),
    Column("revenue", MONEY, "Price times pieces, less discount, without tax.", "r.revenue"),
    Column("refunded", MONEY, "What of it went back, without tax.", "r.refunded"),
    Column("cost", MONEY, "Of the pieces that did not come back on the shelf.", "r.cost"),
    Column("amount", MONEY, "What the line adds to the figure.", "r.amount"),
    Column("currency", WORD, "Its currency.", "r.currency"),
)
# The same, where the figure is pieces.
PIECE_COLUMNS = tuple(
    replace(column, kind=NUMBER) if column.name == "amount" else column for column in LINE_COLUMNS
)

ENTRY, ORDER = ("ledger entry", "ledger entries"), ("order", "orders")
CUSTOMER, WISHER = ("customer", "customers"), ("person", "people")
LINE = ("order line", "order lines")

SALE_ENTRIES = Evidence(ENTRY, "entries", ENTRY_COLUMNS, entries(Kind.SALE))
SOLD_ORDERS = Evidence(ORDER, "orders", ORDER_COLUMNS, orders(Kind.SALE, condition="> 0"), counted=True)
REFUNDS = (Kind.REFUND, Kind.REFUND_REVERSAL)
REFUND_ENTRIES = Evidence(ENTRY, "entries", ENTRY_COLUMNS, entries(*REFUNDS), sign=-1)
REFUNDED_ORDERS = Evidence(ORDER, "orders", ORDER_COLUMNS, orders(*REFUNDS, condition="< 0"), counted=True)
DISPUTES = (Kind.DISPUTE_WITHDRAWAL, Kind.DISPUTE_REINSTATEMENT)
DISPUTE_ENTRIES = Evidence(ENTRY, "entries", ENTRY_COLUMNS, entries(*DISPUTES), sign=-1)
FEE_ENTRIES = Evidence(ENTRY, "entries", ENTRY_COLUMNS, entries(Kind.FEE, Kind.FEE_CREDIT), sign=-1)
NET_ENTRIES = Evidence(ENTRY, "entries", ENTRY_COLUMNS, entries(Kind.SALE, *REFUNDS, *DISPUTES))
CUSTOMERS = Evidence(
    CUSTOMER,
    "customers",
    CUSTOMER_COLUMNS,
    customers(1),
    counted=True,
    id_is_text=True,
    sorted_by_moment=False,
)
REPEAT_CUSTOMERS = Evidence(
    CUSTOMER,
    "customers",
    CUSTOMER_COLUMNS,
    customers(2),
    counted=True,
    id_is_text=True,
    sorted_by_moment=False,
)
WISHERS = Evidence(WISHER, "people", PERSON_COLUMNS, wishers, counted=True)
WISHERS_WITH_BASKET = Evidence(WISHER, "people", PERSON_COLUMNS, wishers_with_basket, counted=True)
WISHERS_WHO_BOUGHT = Evidence(WISHER, "people", PERSON_COLUMNS, wishers_who_bought, counted=True)
GOODS_LINES = Evidence(LINE, "lines", LINE_COLUMNS, margins("revenue - refunded"))
COST_LINES = Evidence(LINE, "lines", LINE_COLUMNS, margins("cost"))
MARGIN_LINES = Evidence(LINE, "lines", LINE_COLUMNS, margins("revenue - refunded - cost"))
LINES_WITHOUT_COST = Evidence(
    LINE, "pieces", PIECE_COLUMNS, margins("quantity - returned", "unit_cost IS NULL")
)

# What a rate or an average is made of is proven by the rows of the figure above its line.
EVIDENCE: dict[str, tuple[str, Evidence]] = {
    "revenue": ("revenue", SALE_ENTRIES),
    "orders": ("orders", SOLD_ORDERS),
    "aov": ("revenue", SALE_ENTRIES),
    "refunded_amount": ("refunded_amount", REFUND_ENTRIES),
    "refunded_orders": ("refunded_orders", REFUNDED_ORDERS),
    "refund_rate_orders_pct": ("refunded_orders", REFUNDED_ORDERS),
    "refund_rate_value_pct": ("refunded_amount", REFUND_ENTRIES),
    "disputed_amount": ("disputed_amount", DISPUTE_ENTRIES),
    "fees": ("fees", FEE_ENTRIES),
    "net_revenue": ("net_revenue", NET_ENTRIES),
    "unique_customers": ("unique_customers", CUSTOMERS),
    "repeat_customers": ("repeat_customers", REPEAT_CUSTOMERS),
    "repeat_rate_pct": ("repeat_customers", REPEAT_CUSTOMERS),
    "wishlisted_users": ("wishlisted_users", WISHERS),
    "basket_users": ("basket_users", WISHERS_WITH_BASKET),
    "purchased_users": ("purchased_users", WISHERS_WHO_BOUGHT),
    "goods_revenue": ("goods_revenue", GOODS_LINES),
    "goods_cost": ("goods_cost", COST_LINES),
    "product_margin": ("product_margin", MARGIN_LINES),
    "product_margin_pct": ("product_margin", MARGIN_LINES),
    "pieces_without_cost": ("pieces_without_cost", LINES_WITHOUT_COST),
}
"""KPI key → the KPI that the rows prove, and the rows."""
