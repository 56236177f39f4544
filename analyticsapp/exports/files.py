"""The files: which columns, which rows, in which order. The headers are a contract."""

from collections.abc import Generator, Sequence

from analyticsapp.exports import csv_file
from analyticsapp.exports.books import BOOKS
from analyticsapp.exports.csv_file import DAY, MOMENT, MONEY, NUMBER, PERSON, TEXT, WORD, Column, Source
from analyticsapp.exports.export_file import Export, bounds, of_query
from analyticsapp.figures.daily import daily_figures, every_day
from analyticsapp.figures.facts import Facts, window_facts
from analyticsapp.kpis import KPIS
from analyticsapp.kpis.definition import for_file
from analyticsapp.reading import Sql, by_bytes
from analyticsapp.rollups.definitions import PRODUCT_ROLLUP, State, relation, state
from analyticsapp.windows import Window
from purelaka import csv_text
from purelaka.money import to_major

CONTRACT_VERSION = 1


# --- orders ---------------------------------------------------------------------------------------

ORDERS = """
    SELECT {cells} FROM orders_order AS r
    WHERE r.paid_at >= %s AND r.paid_at < %s AND r.status IN ('paid', 'fulfilled') ORDER BY r.paid_at, r.id
"""
ORDER_COLUMNS = (
    Column("order_id", TEXT, "The order's number, as on the order page.", "r.number"),
    Column("email", PERSON, "The customer's e-mail address, in lower case.", "r.email"),
    Column("total", MONEY, "What the customer paid.", "r.amount_total"),
    Column("currency", WORD, "The order's currency.", "r.currency"),
    Column("status", WORD, "`paid` or `fulfilled`, as it is now.", "r.status"),
    Column("created_at", MOMENT, "When the order was placed.", "r.created_at"),
    Column("paid_at", MOMENT, "When it was paid: this puts it into the window.", "r.paid_at"),
    Column("refund_status", WORD, "`none`, `partial` or `full`, as it is now.", "r.refund_status"),
    Column("amount_refunded", MONEY, "What has gone back so far, on whatever day.", "r.amount_refunded"),
    Column("refunded_at", MOMENT, "When its latest refund was made; empty without one.", "r.refunded_at"),
)


# --- customers ------------------------------------------------------------------------------------

CUSTOMERS = """
    SELECT {cells} FROM (
        SELECT email, currency, COUNT(*) AS orders, SUM(amount_total) AS total,
            MIN(paid_at) AS first_at, MAX(paid_at) AS last_at
        FROM orders_order WHERE paid_at >= %s AND paid_at < %s AND status IN ('paid', 'fulfilled')
        GROUP BY email, currency
    ) AS r ORDER BY {by email}, r.currency
"""
CUSTOMER_COLUMNS = (
    Column("email", PERSON, "The customer's e-mail address, in lower case.", "r.email"),
    Column("orders", NUMBER, "Orders paid in the window.", "r.orders"),
    Column("total_spent", MONEY, "What was paid for them; refunds are not taken off.", "r.total"),
    Column("currency", WORD, "One row for each currency the customer paid in.", "r.currency"),
    Column("first_order_at", MOMENT, "When the first of these orders was paid.", "r.first_at"),
    Column("last_order_at", MOMENT, "When the last of these orders was paid.", "r.last_at"),
)


def customer_lines(
    asked: Sequence[Window], columns: Sequence[Column] = CUSTOMER_COLUMNS
) -> Generator[bytes, None, None]:
    for window in asked:
        yield from csv_file.lines(Source(columns, customers(window, by=columns[0].expression)))


def customers(window: Window, *, by: str = "r.email") -> Sql:
    """`{cells}` of who bought in a window, by the bytes of their address, or of the key in its place."""
    return CUSTOMERS.replace("{by email}", by_bytes(by)), bounds(window)


# --- products -------------------------------------------------------------------------------------

# {sold} is a relation of ProductDay.
PRODUCTS = """
    SELECT {cells} FROM (
        SELECT product.name AS product, variant.name AS variant, variant.sku, sold.currency,
            CAST(SUM(sold.units) AS bigint) AS units, CAST(SUM(sold.sales) AS bigint) AS sales
        FROM ({sold}) AS sold JOIN catalog_variant AS variant ON variant.id = sold.variant_id
            JOIN catalog_product AS product ON product.id = variant.product_id{only}
        GROUP BY variant.id, variant.name, variant.sku, product.name, sold.currency
    ) AS r
"""
PRODUCT_ORDER = "ORDER BY r.currency, r.sales DESC, {by sku}"
PRODUCT_COLUMNS = (
    Column("product", TEXT, "The product's name, as it is now.", "r.product"),
    Column("sku", TEXT, "The stock-keeping unit that was sold: one row for each.", "r.sku"),
    Column("units", NUMBER, "Pieces in orders paid in the window; refunds are not taken off.", "r.units"),
    Column("revenue", MONEY, "These orders' lines, each after its discount, without delivery.", "r.sales"),
    Column("currency", WORD, "One row for each currency it was sold in.", "r.currency"),
)


def product_lines(asked: Sequence[Window]) -> Generator[bytes, None, None]:
    known = state()
    for window in asked:
        yield from csv_file.lines(Source(PRODUCT_COLUMNS, products(window, known)))


def products(window: Window, known: State, *, currency: str = "", sku: str = "") -> Sql:
    """`{cells}` of what was sold in a window, in one currency or each; best sellers first, or of one SKU."""
    sold, parameters = relation(PRODUCT_ROLLUP, window, known)
    only, codes = ("WHERE r.currency = %s", [currency]) if currency else ("", [])
    order = PRODUCT_ORDER.replace("{by sku}", by_bytes("r.sku"))
    of_sku, skus = ("\n        WHERE variant.sku = %s", [sku]) if sku else ("", [])
    text = PRODUCTS.replace("{sold}", sold).replace("{only}", of_sku)
    return f"{text} {only} {order}", [*parameters, *skus, *codes]


# --- KPI summary, days ----------------------------------------------------------------------------

WINDOW_COLUMNS = (
    Column("window_days", NUMBER, "How many days the window has."),
    Column("start_day", DAY, "Its first day, in the store's time zone."),
    Column("end_day", DAY, "Its last day, included; today's is not over."),
    Column("currency", WORD, "One row for each window and each currency that ever moved."),
    Column("latest_snapshot_day", DAY, "The last day of the window on which money moved; empty: none."),
)
SUMMARY_KPIS = (
    *("revenue", "orders", "aov", "refunded_amount", "refunded_orders", "refund_rate_orders_pct"),
    *("refund_rate_value_pct", "net_revenue", "unique_customers", "repeat_customers", "repeat_rate_pct"),
    *("wishlisted_users", "purchased_users"),
)
FILE_KIND = {"money": MONEY, "count": NUMBER, "percent": NUMBER}
SUMMARY_COLUMNS = (
    *WINDOW_COLUMNS,
    *(
        Column(key, FILE_KIND[KPIS[key].unit], f"{KPIS[key].label}: {KPIS[key].formula}")
        for key in SUMMARY_KPIS
    ),
)


def summary_lines(asked: Sequence[Window]) -> Generator[bytes, None, None]:
    known = state()
    for window in asked:
        for facts in window_facts(window, known, needs=()).values():
            yield csv_text.line(summary_cells(window, facts))


def summary_cells(window: Window, facts: Facts) -> list[str]:
    """One row of the KPI summary."""
    days = [str(window.days), str(window.start), str(window.end)]
    figures = [for_file(KPIS[key], KPIS[key].compute(facts), facts.currency) for key in SUMMARY_KPIS]
    return [*days, facts.currency, str(facts.latest_day or ""), *figures]


DAILY_COLUMNS = (
    Column("day", DAY, "A day of the window, in the store's time zone."),
    Column("currency", WORD, "One row for each day and each currency that ever moved."),
    Column("gross_sales", MONEY, "Sales paid on this day."),
    Column("refunds", MONEY, "Refunds made on this day, and those that came back: below zero, money left."),
    Column(
        "disputes", MONEY, "Funds that disputes withdrew or reinstated on this day: below zero, money left."
    ),
    Column("net_sales", MONEY, "The three together."),
    Column("fees", MONEY, "Fees and fee credits of this day: below zero, money left."),
    Column("orders", NUMBER, "Orders paid on this day."),
)


def daily_lines(asked: Sequence[Window]) -> Generator[bytes, None, None]:
    known = state()
    for window in asked:
        figures = daily_figures(window, known)
        for days in zip(
            *(every_day(figures, window=window, currency=c) for c in known.currencies), strict=True
        ):
            for one in days:
                amounts = (one.sales, one.refunds, one.disputes, one.net_sales, one.fees)
                money = [to_major(amount, one.currency) for amount in amounts]
                yield csv_text.line([str(one.day), one.currency, *money, str(one.orders)])


EXPORTS: dict[str, Export] = {
    export.key: export
    for export in (
        Export(
            "orders",
            "Orders",
            "Orders paid in the window, by payment.",
            ORDER_COLUMNS,
            of_query(ORDER_COLUMNS, ORDERS, bounds),
        ),
        Export(
            "kpi_summary",
            "KPI summary",
            "The KPIs, a row for each window and currency: the one asked for, or those of 7, 30 and 90 days.",
            SUMMARY_COLUMNS,
            summary_lines,
            all_presets=True,
        ),
        Export(
            "customers",
            "Customers",
            "Who bought in the window, by e-mail address.",
            CUSTOMER_COLUMNS,
            customer_lines,
        ),
        Export(
            "products",
            "Products",
            "What was sold in the window, best sellers first.",
            PRODUCT_COLUMNS,
            product_lines,
        ),
        Export("daily", "Daily figures", "The dashboard's chart, day by day.", DAILY_COLUMNS, daily_lines),
        *BOOKS,
    )
}
