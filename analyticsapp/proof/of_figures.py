"""Which rows prove which figure."""

from collections.abc import Callable
from dataclasses import replace

from analyticsapp.exports.csv_file import MOMENT, MONEY, NUMBER, PERSON, TEXT, WORD, Column
from analyticsapp.figures.counts import BASKET_AFTERWARDS, BOUGHT_AFTERWARDS, WISHED, wish_bounds
from analyticsapp.proof import selections
from analyticsapp.proof.evidence import Evidence, Scope
from analyticsapp.proof.selections import REFUNDS, Selection
from analyticsapp.reading import Sql
from analyticsapp.reports.margin import margin_rows
from analyticsapp.rollups.definitions import CUSTOMER_ROLLUP, relation
from analyticsapp.wishes.known import as_known
from payments.models import Kind

BY_CUSTOMER = """
    SELECT email AS row_id, CAST(SUM(sales) AS bigint) AS sort_key, SUM(sales) AS amount, currency,
        CAST(SUM(orders) AS bigint) AS orders
    FROM ({customers}) AS bought WHERE currency = %s GROUP BY currency, email HAVING SUM(orders) >= %s
"""
BY_PERSON = """
    SELECT person.id AS row_id, wishes.first_at AS sort_key, 0 AS amount, '' AS currency, person.email
    FROM (SELECT wisher.user_id, wisher.first_at {wished}) AS wishes
        JOIN accounts_user AS person ON person.id = wishes.user_id
"""

EVERY_LINE = "1 = 1"
KNOWN_COST, UNKNOWN_COST = "unit_cost IS NOT NULL", "unit_cost IS NULL"
KEPT_REVENUE, MARGIN, PIECES_KEPT = "revenue - refunded", "revenue - refunded - cost", "quantity - returned"
PIECES = ("quantity", PIECES_KEPT)


def customers(least: int) -> Callable[[Scope], Sql]:
    """The customers with at least so many orders."""

    def makes(scope: Scope) -> Sql:
        days, parameters = relation(CUSTOMER_ROLLUP, scope.window, scope.state)
        return BY_CUSTOMER.replace("{customers}", days), [*parameters, scope.currency, least]

    return makes


def wishers(scope: Scope) -> Sql:
    """The people with a wish."""
    return _people(WISHED, scope), wish_bounds(scope.window)


def wishers_with_basket(scope: Scope) -> Sql:
    """Those of them who put something into their basket afterwards."""
    return _people(WISHED + BASKET_AFTERWARDS, scope), wish_bounds(scope.window, ends=2)


def wishers_who_bought(scope: Scope) -> Sql:
    """Those of them who paid an order afterwards."""
    return _people(WISHED + BOUGHT_AFTERWARDS, scope), wish_bounds(scope.window, ends=1)


def _people(wished: str, scope: Scope) -> str:
    return as_known(BY_PERSON.replace("{wished}", wished), scope.state.past)


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
GOODS_COLUMNS = (
    Column("occurred_at", MOMENT, "When the order was paid.", "r.occurred_at"),
    Column("order_id", TEXT, "The order's number.", "r.number"),
    Column("sku", TEXT, "What was sold, as it was called then.", "r.sku"),
    Column("product", TEXT, "The product's name, as it was then.", "r.product_name"),
    Column("variant", TEXT, "The variant's name, as it was then.", "r.variant_name"),
    Column("quantity", NUMBER, "Pieces sold.", "r.quantity"),
    Column("amount", MONEY, "What the line adds to an amount.", "r.line"),
    Column("currency", WORD, "Its currency.", "r.currency"),
)
FACT_COLUMNS = (
    Column("occurred_at", MOMENT, "When it was made.", "r.occurred_at"),
    Column("source_id", TEXT, "Its id at Stripe.", "r.source_id"),
    Column("status", TEXT, "As it is now, in Stripe's word.", "r.status"),
    Column("order_id", TEXT, "The order's number; empty without one.", "r.number"),
    Column("amount", MONEY, "What it is about.", "r.amount"),
    Column("currency", WORD, "Its currency.", "r.currency"),
)

ENTRY, ORDER = ("ledger entry", "ledger entries"), ("order", "orders")
CUSTOMER, WISHER = ("customer", "customers"), ("person", "people")
LINE = ("order line", "order lines")
CHARGE, DISPUTE = ("charge", "charges"), ("dispute", "disputes")


def of_entries(makes: Selection, *, sign: int = 1) -> Evidence:
    """Ledger entries that sum to the figure."""
    return Evidence(ENTRY, "entries", ENTRY_COLUMNS, makes, sign=sign)


def of_orders(makes: Selection, *, counted: bool = True) -> Evidence:
    """Orders, as many as the figure says, or those that sum to it."""
    return Evidence(ORDER, "orders", ORDER_COLUMNS, makes, counted=counted)


def of_customers(makes: Selection) -> Evidence:
    """Customers, as many as the figure says."""
    return Evidence(
        CUSTOMER,
        "customers",
        CUSTOMER_COLUMNS,
        makes,
        counted=True,
        id_is_text=True,
        sorted_by_moment=False,
    )


def of_goods(makes: Selection) -> Evidence:
    """Order lines whose amounts, or pieces, sum to the figure."""
    return Evidence(LINE, "goods", GOODS_COLUMNS, makes)


def of_margins(amount: str, condition: str = KNOWN_COST, *, only: str | None = None) -> Evidence:
    """The lines of the orders sold, and what of their refunds names no line; or `only` of one SKU or none.

    `amount` is what a line adds to the figure: money, or pieces.
    """
    is_pieces = amount in PIECES

    def makes(scope: Scope) -> Sql:
        return margin_rows(scope, amount, condition, only=only)

    return Evidence(
        LINE,
        "pieces" if is_pieces else "lines",
        PIECE_COLUMNS if is_pieces else LINE_COLUMNS,
        makes,
        of_its_day=True,
    )


SALE_ENTRIES = of_entries(selections.entries([Kind.SALE]))
SOLD_ORDERS = of_orders(selections.orders([Kind.SALE], "> 0"))
REFUND_ENTRIES = of_entries(selections.entries(REFUNDS), sign=-1)
REFUNDED_ORDERS = of_orders(selections.orders(REFUNDS, "< 0"))
DISPUTES = (Kind.DISPUTE_WITHDRAWAL, Kind.DISPUTE_REINSTATEMENT)
DISPUTE_ENTRIES = of_entries(selections.entries(DISPUTES), sign=-1)
FEE_ENTRIES = of_entries(selections.entries([Kind.FEE, Kind.FEE_CREDIT]), sign=-1)
NET_ENTRIES = of_entries(selections.entries([Kind.SALE, *REFUNDS, *DISPUTES]))
CUSTOMERS = of_customers(customers(1))
REPEAT_CUSTOMERS = of_customers(customers(2))
WISHERS = Evidence(WISHER, "people", PERSON_COLUMNS, wishers, counted=True)
WISHERS_WITH_BASKET = Evidence(WISHER, "people", PERSON_COLUMNS, wishers_with_basket, counted=True)
WISHERS_WHO_BOUGHT = Evidence(WISHER, "people", PERSON_COLUMNS, wishers_who_bought, counted=True)
GOODS_LINES = of_margins(KEPT_REVENUE)
COST_LINES = of_margins("cost")
MARGIN_LINES = of_margins(MARGIN)
LINES_WITHOUT_COST = of_margins(PIECES_KEPT, UNKNOWN_COST)
NEW_CUSTOMERS = of_customers(selections.customers(selections.bought_here("= 0")))
RETURNING_CUSTOMERS = of_customers(selections.customers(selections.bought_here("> 0")))
REFUNDS_OF_SALES = of_entries(selections.entries(REFUNDS, selections.of_its_sales), sign=-1)
REFUNDED_SOLD_ORDERS = of_orders(selections.orders(REFUNDS, "< 0", selections.of_its_sales))
CHARGES = Evidence(CHARGE, "facts", FACT_COLUMNS, selections.charges(), counted=True)
UNKNOWN_FEE = "fact.balance_transaction_id = '' AND fact.provider = 'stripe'"
CHARGES_WITHOUT_FEE = Evidence(CHARGE, "facts", FACT_COLUMNS, selections.charges(UNKNOWN_FEE), counted=True)
DISPUTES_OPENED = Evidence(DISPUTE, "facts", FACT_COLUMNS, selections.disputes(), counted=True)
LOST = "fact.status = 'lost'"
DISPUTES_LOST = Evidence(DISPUTE, "facts", FACT_COLUMNS, selections.disputes(LOST), counted=True)
PAYOUTS = (Kind.PAYOUT, Kind.PAYOUT_REVERSAL)
BANK_ENTRIES = of_entries(selections.entries([kind for kind in Kind if kind not in PAYOUTS]))

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
    "new_customers": ("new_customers", NEW_CUSTOMERS),
    "returning_customers": ("returning_customers", RETURNING_CUSTOMERS),
    "returning_rate_pct": ("returning_customers", RETURNING_CUSTOMERS),
    "refunds_of_sales": ("refunds_of_sales", REFUNDS_OF_SALES),
    "refunded_sold_orders": ("refunded_sold_orders", REFUNDED_SOLD_ORDERS),
    "refund_rate_sold_orders_pct": ("refunded_sold_orders", REFUNDED_SOLD_ORDERS),
    "refund_rate_sold_value_pct": ("refunds_of_sales", REFUNDS_OF_SALES),
    "charges": ("charges", CHARGES),
    "disputes": ("disputes", DISPUTES_OPENED),
    "disputes_lost": ("disputes_lost", DISPUTES_LOST),
    "dispute_rate_pct": ("disputes", DISPUTES_OPENED),
    "fees_pending": ("fees_pending", CHARGES_WITHOUT_FEE),
    "unapplied": ("unapplied", of_entries(selections.entries([Kind.UNAPPLIED]))),
    "adjustments": ("adjustments", of_entries(selections.entries([Kind.ADJUSTMENT]))),
    "net_to_bank": ("net_to_bank", BANK_ENTRIES),
    "paid_out": ("paid_out", of_entries(selections.entries(PAYOUTS), sign=-1)),
    "left_at_stripe": ("left_at_stripe", of_entries(selections.entries(Kind))),
    "units": ("units", of_goods(selections.lines("item.quantity"))),
    "gross_product_sales": ("gross_product_sales", of_goods(selections.lines("item.amount_total"))),
}
"""KPI key → the KPI that the rows prove, and the rows."""
