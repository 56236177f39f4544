"""What was in the lines of the orders sold."""

from analyticsapp.kpis.definition import COUNT, MONEY, Kpi
from analyticsapp.kpis.wording import SALE_DAY

GOODS = (
    Kpi(
        key="units",
        label="Units sold",
        unit=COUNT,
        formula="Pieces in the lines of the orders sold.",
        date_rule=SALE_DAY,
        edge_cases="What came back is not taken off.",
        source="Ledger: sale, with the order's lines",
        compute=lambda facts: facts.further["units"],
        better="up",
        report="products",
        needs=("goods",),
    ),
    Kpi(
        key="gross_product_sales",
        label="Gross product sales",
        unit=MONEY,
        formula="Price × pieces of the lines of the orders sold, before discount.",
        date_rule=SALE_DAY,
        edge_cases=(
            "Without delivery; tax is in it where prices include it, and not where it is added. What shops "
            "such as WooCommerce and Shopify call gross sales; our gross sales are what customers paid."
        ),
        source="Ledger: sale, with the order's lines",
        compute=lambda facts: facts.further["gross_product_sales"],
        better="up",
        report="products",
        needs=("goods",),
    ),
)
