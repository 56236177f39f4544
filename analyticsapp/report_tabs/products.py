"""The report of goods: their margin, and what sold best."""

from collections.abc import Sequence

from analyticsapp.exports.csv_file import MONEY, TEXT
from analyticsapp.kpis.definition import two_digits
from analyticsapp.proof import drills
from analyticsapp.proof.drills import SUM
from analyticsapp.report_tabs.asking import Asking, Shown
from analyticsapp.report_tabs.tables import PERCENT, Head, Table, Value, share
from analyticsapp.reports import margin, sold
from analyticsapp.reports.margin import ProductMargin
from purelaka.figures import Cell, Chart, count_cell
from purelaka.money import display

PRODUCTS_SHOWN, BEST = 50, 12


def of_products(asking: Asking) -> Shown:
    """What goods brought above their cost, after refunds, and what sold best. Two queries."""
    found = _margins(asking)
    whole = sum((one.margin for one in found), margin.Margin())
    tables = [_statement(whole, asking), _products(found, asking), _best_sellers(asking)]
    return Shown(tables, _best_margins(found, asking), costs_missing(whole))


def _margins(asking: Asking) -> list[ProductMargin]:
    only = None if asking.row == SUM else asking.row
    return margin.by_product(asking.page.window, asking.currency, asking.known, only=only)


def costs_missing(whole: margin.Margin) -> str:
    """What to know of a margin: of how many pieces no cost is known. Empty if of none."""
    if not whole.pieces_without_cost:
        return ""
    return (
        f"{whole.pieces_without_cost:,} of {whole.pieces + whole.pieces_without_cost:,} pieces have no"
        " known cost and are in no margin. Write costs into the catalogue: they count from then on."
    )


def _statement(whole: margin.Margin, asking: Asking) -> Table:
    return Table(
        "margin",
        "From sales of goods to their margin",
        [
            Head("line", "Line", TEXT),
            Head("amount", "Amount", MONEY),
            Head("pieces", "Pieces"),
        ],
        [
            ["Goods, after refunds, without tax", whole.revenue, whole.pieces],
            ["Cost of these goods", -whole.cost, None],
            ["Product margin", whole.amount, None],
            ["Pieces without a known cost", None, whole.pieces_without_cost],
        ],
        asking.currency,
        sub=_margin_share(whole),
        row_ids=MARGIN,
        row_keys=MARGIN,
        url_of=asking.leads("margin", rows={key: key for key in MARGIN}),
        compares="amount",
        foot="Of the orders sold in this window, with what was refunded and came back to date. Delivery and"
        " fees are not in it.",
    )


def _products(found: Sequence[ProductMargin], asking: Asking) -> Table:
    return Table(
        "products",
        "Margin by product",
        PRODUCT_HEADS,
        [_product_row(one) for one in found],
        asking.currency,
        sub="the most margin first",
        row_ids=[one.sku for one in found],
        url_of=asking.leads("products"),
        drill=drills.by_margin({one.sku: one.margin for one in found}),
        sums=["Sum", "", *_product_sums(found)],
        sums_lead=True,
        most=PRODUCTS_SHOWN,
        compares="margin",
        foot="Revenue is after discount and without tax. Cost known: what of it was kept after refunds, of"
        " pieces whose cost was known when the order was placed. Margin is that less their cost.",
        empty="No order was paid in this window and currency. Choose a longer window.",
    )


MARGIN = ("goods_revenue", "goods_cost", "product_margin", "pieces_without_cost")


def _best_sellers(asking: Asking) -> Table:
    only = asking.row if asking.row and asking.row != SUM else ""
    found = sold.by_product(asking.page.window, asking.known, asking.currency, only=only)
    return Table(
        "best-sellers",
        "Best sellers",
        [
            Head("product", "Product", TEXT),
            Head("sku", "SKU", TEXT, narrow=False),
            Head("units", "Units", key="units_by_product"),
            Head("revenue", "Revenue", MONEY, key="sales_by_product"),
        ],
        [[one.name, one.sku, one.units, one.revenue] for one in found],
        asking.currency,
        sub="after discount, without delivery; the most revenue first",
        row_ids=[one.sku for one in found],
        url_of=asking.leads("best-sellers"),
        drill=drills.by_product(),
        sums=["Sum", "", sum(one.units for one in found), sum(one.revenue for one in found)],
        sums_lead=True,
        most=PRODUCTS_SHOWN,
        compares="revenue",
        empty="No order was paid in this window and currency. Choose a longer window.",
    )


PRODUCT_HEADS = [
    Head("product", "Product", TEXT),
    Head("sku", "SKU", TEXT, narrow=False),
    Head("units", "Sold", key="pieces_by_product"),
    Head("revenue", "Revenue", MONEY, narrow=False, key="goods_by_product"),
    Head("refunded", "Refunded", MONEY, narrow=False, key="refunded_by_product"),
    Head("goods_revenue", "Cost known", MONEY, narrow=False, key="known_goods_by_product", absent="–"),
    Head("cost", "Cost", MONEY, narrow=False, key="cost_by_product", absent="–"),
    Head("margin", "Margin", MONEY, key="margin_by_product", absent="–"),
    Head("margin_pct", "Share", PERCENT, key="margin_share_by_product_pct"),
    Head("pieces_without_cost", "No cost", narrow=False, key="pieces_without_cost_by_product"),
]


def _product_row(one: ProductMargin) -> list[Value]:
    known, goods = one.margin, [one.units, one.sold, one.refunded]
    if one.sku and not known.pieces and not known.revenue and known.pieces_without_cost:
        return [one.name, one.sku, *goods, None, None, None, None, known.pieces_without_cost]
    shares = [
        known.revenue,
        known.cost,
        known.amount,
        share(known.amount, known.revenue) if one.sku else None,
    ]
    return [one.name, one.sku, *goods, *shares, known.pieces_without_cost]


def _product_sums(found: Sequence[ProductMargin]) -> list[Value]:
    revenue, cost = sum(one.margin.revenue for one in found), sum(one.margin.cost for one in found)
    return [
        sum(one.units for one in found),
        *(sum(one.sold for one in found), sum(one.refunded for one in found)),
        *(revenue, cost, revenue - cost, share(revenue - cost, revenue)),
        sum(one.margin.pieces_without_cost for one in found),
    ]


def _margin_share(whole: margin.Margin) -> str:
    part = share(whole.amount, whole.revenue)
    return f"{two_digits(part):,.2f}% of it is margin" if part is not None else ""


def _best_margins(found: Sequence[ProductMargin], asking: Asking) -> list[tuple[str, Chart]]:
    best = [one for one in found if one.sku and one.margin.amount > 0][:BEST]
    chart = Chart(
        kind="bestsellers",
        title="What brought most margin",
        sub="after refunds, without tax",
        columns=["Product", "Pieces kept", "Margin"],
        rows=[
            [
                Cell(one.name),
                count_cell(one.margin.pieces),
                Cell(
                    display(one.margin.amount, asking.currency),
                    one.margin.amount,
                    asking.cell_url("products", one.sku, "margin"),
                ),
            ]
            for one in best
        ],
        currency=asking.currency,
        height="tall",
    )
    return [("products", chart)] if best else []


TABLES = {
    "products": lambda asking: _products(_margins(asking), asking),
    "best-sellers": _best_sellers,
}
