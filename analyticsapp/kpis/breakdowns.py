"""Every column of the reports that is no figure of a window by itself, defined once like the figures.

A breakdown is shown in the cells of a table. Each cell leads to the rows that make it: see `proof/drills.py`.
A formula that changes gets a new `version`.
"""

from dataclasses import dataclass

from analyticsapp.kpis import KPIS
from analyticsapp.kpis.definition import COUNT, MONEY, PERCENT
from analyticsapp.kpis.wording import BY_EMAIL, SALE_DAY, SOLD_TO_DATE
from analyticsapp.kpis.wording import STILL_GROWS as GROWS


@dataclass(frozen=True)
class Breakdown:
    """One column of a table. Texts are sentences for people; `by` is what a row of the table is."""

    key: str
    label: str
    by: str
    unit: str
    formula: str
    date_rule: str
    edge_cases: str
    source: str
    currency_rule: str = "Within one currency; currencies are never added."
    version: int = 1


WITH_EMAIL = "Ledger: sale, with the order's e-mail address, from the beginning"
BY_FIRST_DAY = (
    f"{BY_EMAIL} Counted on the first day they bought on in the window: the rows sum to the window's figure."
)
COHORT = "A month that is not over is left out. A small cohort says little: its size stands beside it."
BESIDE = (
    "Before, of a row's last figure: that of the cohort of the month before, or of the same month a year "
    "before, when it was as old."
)
BRIDGE = "Refunds, less those that came back. With the two others it leads from one view to the other."
REFUND_ENTRIES = "Ledger: refund, refund_reversal"
SALE_BY_ORDER = "Ledger: sale, by order and day"
CLOCK = "By the clock of the store's time zone, whatever it did that night."
COUNTRY = "Where the order goes, as it was placed; empty: not known."
METHOD = (
    "The brand of the card, or the other way to pay, of the charge that paid the order; empty: not known."
)
OF_LINES = "Ledger: sale, with the order's lines"
LINES_REFUNDED = "Ledger: refund, refund_reversal, with the lines that refunds name"
UNNAMED = "Of a refund that names no line the goods' share stands in a row of its own."
TO_DATE = "To date: refunds and returns of these orders count whenever they were made."


def _pair(name: str, by: str, note: str, *, more: str = "") -> list[Breakdown]:
    """Orders and gross sales by something."""
    source = SALE_BY_ORDER + more
    return [
        Breakdown(f"orders_by_{name}", "Orders", by, COUNT, "Number of orders sold.", SALE_DAY, note, source),
        Breakdown(
            f"sales_by_{name}",
            "Gross sales",
            by,
            MONEY,
            "Sum of the sale entries of these orders.",
            SALE_DAY,
            f"{note} The rows sum to gross sales.",
            source,
        ),
    ]


def _share(name: str, by: str, note: str, *, more: str) -> Breakdown:
    return Breakdown(
        f"sales_share_by_{name}_pct",
        "Share",
        by,
        PERCENT,
        "Gross sales of the row / gross sales of the window × 100.",
        SALE_DAY,
        note,
        SALE_BY_ORDER + more,
    )


def _customers(kind: str, label: str, who: str) -> list[Breakdown]:
    by = "Day, week or month"
    return [
        Breakdown(
            f"{kind}_customers_by_period",
            f"{label} customers",
            by,
            COUNT,
            f"Number of customers {who}.",
            SALE_DAY,
            BY_FIRST_DAY,
            WITH_EMAIL,
        ),
        Breakdown(
            f"{kind}_orders_by_period",
            f"Orders of {label.lower()} customers",
            by,
            COUNT,
            f"Number of orders sold to customers {who}.",
            SALE_DAY,
            f"{BY_EMAIL} All their orders of the window, each on its own day.",
            WITH_EMAIL,
        ),
        Breakdown(
            f"{kind}_sales_by_period",
            f"Gross sales to {label.lower()} customers",
            by,
            MONEY,
            f"Sum of the sale entries of orders of customers {who}.",
            SALE_DAY,
            f"{BY_EMAIL} New and returning together are gross sales.",
            WITH_EMAIL,
        ),
    ]


def _margins() -> list[Breakdown]:
    """Columns of the margin by product; the row below is of the whole window."""

    def column(key: str, label: str, unit: str, formula: str, note: str, source: str) -> Breakdown:
        return Breakdown(key, label, "Product and variant", unit, formula, SOLD_TO_DATE, note, source)

    return [
        column("pieces_by_product", "Pieces sold", COUNT, "Pieces in the lines of the orders sold.",
            "What came back is not taken off.", OF_LINES),
        column("goods_by_product", "Revenue without tax", MONEY,
            "Price times pieces, less discount, less the tax in it.",
            "Whether its cost is known or not.", OF_LINES),
        column("refunded_by_product", "Refunded without tax", MONEY,
            "What was refunded of the lines, without its tax.", f"{TO_DATE} {UNNAMED}", LINES_REFUNDED),
        column("known_goods_by_product", "Goods of known cost, after refunds", MONEY,
            "Of the lines whose cost is known: revenue without tax, less what was refunded of it.",
            f"{TO_DATE} {UNNAMED} The rows sum to goods, after refunds.", f"{OF_LINES}; {LINES_REFUNDED}"),
        column("cost_by_product", "Cost", MONEY,
            "Of the same lines: the cost of a piece times the pieces that are not back on the shelf.",
            "A line keeps the cost of the day it was ordered. The rows sum to cost of goods.",
            f"{OF_LINES}, and stock movements of returns"),
        column("margin_by_product", "Margin", MONEY, "Goods of known cost, after refunds − cost.",
            "Below zero when they cost more than they brought. The rows sum to product margin.",
            "The two columns before it"),
        column("margin_share_by_product_pct", "Margin, share", PERCENT,
            "Margin of the row / goods of known cost, after refunds, of the row × 100.",
            "A dash where nothing is left to divide by.", "The columns beside it"),
        column("pieces_without_cost_by_product", "Pieces without a known cost", COUNT,
            "Pieces sold and not come back whose cost was not known when the order was placed.",
            "They are in no margin. The rows sum to pieces without a known cost.",
            f"{OF_LINES}, and stock movements of returns"),
    ]  # fmt: skip


_ALL = [
    *_customers("new", "New", "whose first order ever is in the window"),
    *_customers("returning", "Returning", "who had bought before the window"),
    Breakdown(
        "cohort_size",
        "Cohort's size",
        "Month of the first order",
        COUNT,
        "Number of customers whose first order ever was in the month.",
        "The store's months.",
        f"{BY_EMAIL} {COHORT}",
        WITH_EMAIL,
    ),
    Breakdown(
        "cohort_retention_pct",
        "Cohort retention",
        "Month of the first order, and months since",
        PERCENT,
        "Customers of the cohort with an order in that month / the cohort's size × 100.",
        "The store's months.",
        f"{BY_EMAIL} {COHORT} Month 0 is all of them, and not shown. {BESIDE}",
        WITH_EMAIL,
    ),
    Breakdown(
        "cohort_lifetime_value",
        "Realised lifetime value",
        "Month of the first order, and months since",
        MONEY,
        "Sales less refunds, disputes and fees of its customers up to the end of that month / its size.",
        "Each entry in the store's month in which the money moved.",
        f"{COHORT} Rounded half to even to the smallest unit. Nothing is forecast. Fees in another currency, "
        f"and those not known yet, are not taken off. {BESIDE}",
        "Ledger: sale, refund, refund_reversal, dispute_withdrawal, dispute_reinstatement, fee, fee_credit",
    ),
    Breakdown(
        "refunds_of_other_sales",
        "Refunds of other sales",
        "Window or month",
        MONEY,
        "Refunds made in it of orders that were sold at another time.",
        "The store's day of the refund; the order's sale lies outside.",
        BRIDGE,
        REFUND_ENTRIES,
    ),
    Breakdown(
        "refunds_of_own_sales",
        "Refunds of its own sales",
        "Window or month",
        MONEY,
        "Refunds made in it of orders that were sold in it.",
        "The store's day of the refund, and that of the sale, both in it.",
        BRIDGE,
        REFUND_ENTRIES,
    ),
    Breakdown(
        "refunds_made_later",
        "Refunds made later",
        "Window or month",
        MONEY,
        "Refunds of orders sold in it that were made at another time, to date.",
        "The store's day of the sale; the refund lies outside.",
        f"{BRIDGE} {GROWS}",
        REFUND_ENTRIES,
    ),
    Breakdown(
        "refunds_by_reason",
        "Refunds",
        "Reason at Stripe",
        COUNT,
        "Number of different refunds.",
        KPIS["refunded_amount"].date_rule,
        "One that failed later and came back stays counted.",
        f"{REFUND_ENTRIES}, with the refund's reason",
    ),
    Breakdown(
        "refunded_by_reason",
        "Refunded amount",
        "Reason at Stripe",
        MONEY,
        "Refunds, less refunds that failed later and came back.",
        KPIS["refunded_amount"].date_rule,
        "The rows sum to the refunded amount.",
        f"{REFUND_ENTRIES}, with the refund's reason",
    ),
    *_pair("weekday", "Weekday", CLOCK),
    *_pair("hour", "Weekday and hour", CLOCK),
    *_pair("country", "Country", COUNTRY, more=", with the order's country"),
    _share("country", "Country", COUNTRY, more=", with the order's country"),
    *_pair("method", "Way to pay", METHOD, more=", with the charge"),
    _share("method", "Way to pay", METHOD, more=", with the charge"),
    Breakdown(
        "units_by_product",
        "Units sold",
        "Product and variant",
        COUNT,
        "Pieces in the lines of the orders sold.",
        SALE_DAY,
        "What came back is not taken off. The rows sum to units sold.",
        "Ledger: sale, with the order's lines",
    ),
    Breakdown(
        "sales_by_product",
        "Product revenue",
        "Product and variant",
        MONEY,
        "Lines of the orders sold, each after its discount.",
        SALE_DAY,
        "Without delivery, and without tax that is added; refunds are not taken off. Not gross sales.",
        "Ledger: sale, with the order's lines",
    ),
    *_margins(),
]
BREAKDOWNS: dict[str, Breakdown] = {one.key: one for one in _ALL}
REGISTRY = {**KPIS, **BREAKDOWNS}
"""Everything a page shows as a number: figures of a window, and breakdowns of them."""
