"""What goods brought above their cost, after refunds."""

from analyticsapp.kpis.definition import COUNT, MONEY, PERCENT, Kpi, percent
from analyticsapp.kpis.wording import NOTHING_SOLD, OF_KNOWN_COST, SOLD_TO_DATE

MARGIN = (
    Kpi(
        key="goods_revenue",
        label="Goods, after refunds",
        unit=MONEY,
        formula=(
            "Of the lines of the orders sold whose cost is known: price times pieces, less discount, less "
            "the tax in it, less what was refunded of them without its tax. Without delivery."
        ),
        date_rule=SOLD_TO_DATE,
        edge_cases=(
            "A refund by lines is taken off these lines. Of a refund that names no line, the share of these "
            "goods, without tax, in what was left of the order is taken off in a row of its own. "
            f"{OF_KNOWN_COST}"
        ),
        source="Ledger: sale, refund, refund_reversal; order lines, and those that refunds name",
        compute=lambda facts: facts.margin.revenue,
        better="up",
        report="products",
    ),
    Kpi(
        key="goods_cost",
        label="Cost of goods",
        unit=MONEY,
        formula="Of the same lines: the cost of a piece times the pieces that are not back on the shelf.",
        date_rule=SOLD_TO_DATE,
        edge_cases=(
            "A piece that was refunded and not put back to stock still costs what it cost. " + OF_KNOWN_COST
        ),
        source="Order lines, and stock movements of returns that name a line",
        compute=lambda facts: facts.margin.cost,
        report="products",
    ),
    Kpi(
        key="product_margin",
        label="Product margin",
        unit=MONEY,
        formula="Goods, after refunds − cost of goods.",
        date_rule=SOLD_TO_DATE,
        edge_cases=(
            f"Below zero when goods cost more than they brought. {OF_KNOWN_COST} Fees are not taken off."
        ),
        source="Goods, after refunds, and cost of goods of the same window",
        compute=lambda facts: facts.margin.amount,
        better="up",
        parts=(("", "goods_revenue"), ("−", "goods_cost")),
        report="products",
    ),
    Kpi(
        key="product_margin_pct",
        label="Product margin, share",
        unit=PERCENT,
        formula="Product margin / goods, after refunds × 100.",
        date_rule=SOLD_TO_DATE,
        edge_cases=f"{NOTHING_SOLD} {OF_KNOWN_COST}",
        source="Product margin and goods, after refunds, of the same window",
        compute=lambda facts: percent(facts.margin.amount, facts.margin.revenue),
        better="up",
        parts=(("", "product_margin"), ("/", "goods_revenue")),
        report="products",
    ),
    Kpi(
        key="pieces_without_cost",
        label="Pieces without a known cost",
        unit=COUNT,
        formula="Pieces sold and not come back whose cost was not known when the order was placed.",
        date_rule=SOLD_TO_DATE,
        edge_cases="They are in no margin. A cost that is written into the catalogue counts from then on.",
        source="Order lines, and stock movements of returns that name a line",
        compute=lambda facts: facts.margin.pieces_without_cost,
        better="down",
        report="products",
    ),
)
