"""What each report shows: tables and charts of one window and currency."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from django.urls import reverse

from analyticsapp import drills
from analyticsapp.asked import Asked
from analyticsapp.charts import bucketed
from analyticsapp.csv_file import MONEY, TEXT
from analyticsapp.daily import daily_figures, every_day
from analyticsapp.drills import SUM
from analyticsapp.kpis import KPIS, average, two_digits
from analyticsapp.report_tables import PERCENT, Head, Table, Value, beside, share
from analyticsapp.reports import customers, margin, money, refunds, sold
from analyticsapp.reports.margin import ProductMargin
from analyticsapp.rollups import State
from analyticsapp.windows import Window
from purelaka.figures import Cell, Chart, count_cell
from purelaka.money import display

OWN_SUMS = "sums"  # of tables whose rows are days of the window: their line below the title is compared
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


@dataclass(frozen=True)
class Asking:
    """What a report is asked: the page's window, the state of the ledger, and a currency.

    `kpi_url` is the address of a figure's page in a window, `cell_url` that of what makes the cell of a
    table, by the table's key, the row's id and the column's name.
    """

    page: Asked
    known: State
    currency: str
    kpi_url: Callable[[str, Window], str]
    cell_url: Callable[[str, str, str], str]
    is_before: bool = False  # for comparison: what stays the same in every window may be left out

    def leads(
        self,
        table: str,
        *,
        windows: Mapping[str, Window] | None = None,
        rows: Mapping[str, str] | None = None,
    ) -> Callable[[str, Head], str]:
        """Where a table's cells lead: those of a figure to its page, others to what makes them.

        `windows` are the rows' own, by their ids, `rows` their keys where the columns have none.
        """

        def url(row: str, head: Head) -> str:
            key = rows[row] if rows else head.key
            if key in KPIS:
                return self.kpi_url(key, windows[row] if windows else self.page.window)
            return self.cell_url(table, row, head.name)

        return url


@dataclass(frozen=True)
class Shown:
    """A report's parts. `charts` are drawn from the tables named by their title's key."""

    tables: Sequence[Table]
    charts: Sequence[tuple[str, Chart]] = ()  # the key of the table that is its file, and the chart
    note: str = ""


def of_customers(asking: Asking) -> Shown:
    """New and returning, cohorts, and what they brought. Two queries."""
    window, currency = asking.page.window, asking.currency
    found = {one.day: one for one in customers.by_day(window, asking.known, currency)}
    name, buckets = bucketed(every_day([], window=window, currency=currency))
    heads = [
        Head("period", name, TEXT),
        Head("new_customers", "New customers", key="new_customers_by_period"),
        Head("new_orders", "Their orders", narrow=False, key="new_orders_by_period"),
        Head("new_revenue", "Their gross sales", MONEY, key="new_sales_by_period"),
        Head("returning_customers", "Returning", narrow=False, key="returning_customers_by_period"),
        Head("returning_orders", "Their orders", narrow=False, key="returning_orders_by_period"),
        Head("returning_revenue", "Their gross sales", MONEY, key="returning_sales_by_period"),
    ]
    spans = {str(bucket.window): bucket.window for bucket in buckets}
    rows: list[list[Value]] = []
    for bucket in buckets:
        days = [found[day.day] for day in bucket.days if day.day in found]
        new = sum((day.new for day in days), customers.Group())
        old = sum((day.returning for day in days), customers.Group())
        rows.append(
            [bucket.label, new.customers, new.orders, new.revenue, old.customers, old.orders, old.revenue]
        )
    numbers = [sum(row[number] for row in rows if isinstance(row[number], int)) for number in range(1, 7)]  # type: ignore[misc]
    sums: list[Value] = ["Sum", *numbers]
    split = Table(
        "new-and-returning",
        f"New and returning customers by {name.split()[0].lower()}",
        heads,
        rows,
        currency,
        sub=f"{numbers[0]:,} new, {numbers[3]:,} returning",
        sums=sums,
        sums_lead=True,
        row_ids=list(spans),
        url_of=asking.leads("new-and-returning"),
        drill=drills.by_period({**spans, SUM: window}),
        compares=OWN_SUMS,
        foot="New: the first order ever in this currency is in the window. Each customer is counted on the"
        " first day they bought on in the window.",
    )
    chart = Chart(
        kind="customers",
        title=split.title,
        sub=split.sub,
        columns=[name, "New customers", "Returning customers"],
        rows=[[row[0], row[3], row[6]] for row in split.chart_rows],
        keys=[("1", "First order in this window"), ("3", "Bought before it")],
        currency=currency,
        foot="Gross sales. " + split.foot,
    )
    if asking.is_before:
        return Shown([split])
    cohorts = customers.cohorts(window, asking.known, currency, today=asking.page.today)
    return Shown([split, _retention(cohorts, asking), _spent(cohorts, asking)], [(split.key, chart)])


SIZE = Head("customers", "Size", key="cohort_size")


def _retention(cohorts: Sequence[customers.Cohort], asking: Asking) -> Table:
    shares = [[share(people, one.size) for people in one.returned[1:]] for one in cohorts]
    most = max((cell for row in shares for cell in row if cell), default=1)
    return Table(
        "retention",
        "Customers who came back",
        [
            *(Head("cohort", "First order", TEXT), SIZE),
            *_ages("returned", PERCENT, "cohort_retention_pct"),
        ],
        [_padded([one.month, one.size, *row]) for one, row in zip(cohorts, shares, strict=True)],
        asking.currency,
        row_ids=[one.month for one in cohorts],
        url_of=asking.leads("retention"),
        drill=drills.by_cohort({one.month: one for one in cohorts}),
        sub="by month of first order, share that bought again in the month",
        shades=[[0, *(min(7, int(7 * (cell or 0) / most)) for cell in row)] for row in shares],
        foot="Months that are not over are left out.",
        empty="No month with a first order is over yet at the end of this window.",
    )


def _spent(cohorts: Sequence[customers.Cohort], asking: Asking) -> Table:
    return Table(
        "lifetime-value",
        "What a customer has brought by then",
        [
            Head("cohort", "First order", TEXT),
            SIZE,
            Head("spent_0", "Month 0", MONEY, key="cohort_lifetime_value"),
            *_ages("spent", MONEY, "cohort_lifetime_value"),
        ],
        [
            _padded([one.month, one.size, *(average(amount, one.size) for amount in one.spent)], 15)
            for one in cohorts
        ],
        asking.currency,
        row_ids=[one.month for one in cohorts],
        url_of=asking.leads("lifetime-value"),
        drill=drills.by_cohort({one.month: one for one in cohorts}),
        sub="realised so far, for each customer of the cohort",
        foot="Sales less refunds, disputes and fees, each in its own month. Nothing is forecast.",
        empty="No month with a first order is over yet at the end of this window.",
    )


def _ages(name: str, kind: str, key: str) -> list[Head]:
    return [Head(f"{name}_{age}", f"+{age}", kind, key=key) for age in range(1, customers.AGES + 1)]


def _padded(row: list[Value], width: int = 14) -> list[Value]:
    return [*row, *[None] * (width - len(row))]


def of_refunds(asking: Asking) -> Shown:
    """By the day of the refund and by the sale, with the bridge between the two. Three queries."""
    window, currency = asking.page.window, asking.currency
    whole, months = refunds.bridges(window, asking.known, currency)
    sales: dict[str, int] = {}
    for day in daily_figures(window, asking.known):
        if day.currency == currency:
            sales[f"{day.day:%Y-%m}"] = sales.get(f"{day.day:%Y-%m}", 0) + day.sales
    heads = [
        Head("month", "Month", TEXT),
        Head("gross_sales", "Gross sales", MONEY, narrow=False, key="revenue"),
        Head("refunds_made", "Refunds made", MONEY, key="refunded_amount"),
        Head("of_earlier_sales", "of earlier sales", MONEY, narrow=False, key="refunds_of_other_sales"),
        Head("of_own_sales", "of its sales", MONEY, narrow=False, key="refunds_of_own_sales"),
        Head("made_later", "made later", MONEY, narrow=False, key="refunds_made_later"),
        Head("refunds_of_its_sales", "Refunds of its sales", MONEY, key="refunds_of_sales"),
        Head("rate_by_refund_day_pct", "Rate, booked", PERCENT, narrow=False, key="refund_rate_value_pct"),
        Head("rate_by_sale_day_pct", "Rate of its sales", PERCENT, key="refund_rate_sold_value_pct"),
    ]

    def line(name: str, gross: int, one: refunds.Bridge) -> list[Value]:
        figures = [gross, one.made, one.earlier, one.own, one.later, one.of_sales]
        return [name, *figures, share(one.made, gross), share(one.of_sales, gross)]

    names = sorted({*sales, *months})
    spans = {name: customers.of_month(name, window) for name in names}
    table = Table(
        "months",
        "Refunds by month, and of each month's sales",
        heads,
        [line(name, sales.get(name, 0), months.get(name, refunds.Bridge())) for name in names],
        currency,
        row_ids=names,
        url_of=asking.leads("months", windows=spans),
        drill=drills.by_bridge(spans),
        foot="Within the window. Booked: refunds made, whenever sold, over the month's sales. Of its sales:"
        " refunds of this month's sales to date, still growing.",
    )
    bridge = Table(
        "bridge",
        "The same money, seen twice",
        [Head("line", "Refunds", TEXT), Head("amount", "Amount", MONEY)],
        [
            ["Made in the window", whole.made],
            ["less those of earlier sales", -whole.earlier],
            ["Of the window's sales, made in it", whole.own],
            ["plus those made later", whole.later],
            ["Of the window's sales, to date", whole.of_sales],
        ],
        currency,
        row_ids=list(BRIDGE),
        row_keys=list(BRIDGE.values()),
        url_of=asking.leads("bridge", rows=BRIDGE),
        drill=drills.by_bridge(dict.fromkeys(BRIDGE, window), {row: row for row in BRIDGE}),
        compares="amount",
    )
    found = refunds.by_reason(window, currency)
    reasons = Table(
        "reasons",
        "Why money went back",
        [
            Head("reason", "Reason at Stripe", TEXT),
            Head("refunds", "Refunds", key="refunds_by_reason"),
            Head("amount", "Amount", MONEY, key="refunded_by_reason"),
        ],
        [
            [one.reason.replace("_", " ").capitalize() or "None given", one.refunds, one.amount]
            for one in found
        ],
        currency,
        row_ids=[one.reason for one in found],
        url_of=asking.leads("reasons"),
        drill=drills.by_reason(),
        compares="amount",
    )
    return Shown([bridge, table, reasons])


# The lines of the bridge and what defines each.
BRIDGE = {
    "made": "refunded_amount",
    "less_earlier": "refunds_of_other_sales",
    "of_own_sales": "refunds_of_own_sales",
    "made_later": "refunds_made_later",
    "of_sales": "refunds_of_sales",
}
STATEMENT = (
    *("revenue", "refunded_amount", "disputed_amount", "net_revenue", "fees", "unapplied", "adjustments"),
    *("net_to_bank", "paid_out", "left_at_stripe"),
)
# Streams of the chart, by where they come from or go to, and the figure each is.
STREAMS = {
    "Refunds": "refunded_amount",
    "Disputes, net": "disputed_amount",
    "Stripe fees": "fees",
    "Payments without an order": "unapplied",
    "Adjustments": "adjustments",
    "Net to bank": "net_to_bank",
    "Paid out": "paid_out",
    "In balance": "left_at_stripe",
    "Gross sales": "revenue",
}


def of_money(asking: Asking) -> Shown:
    """From what customers paid to the bank. Two queries."""
    window, currency = asking.page.window, asking.currency
    found = money.flow(daily_figures(window, asking.known), currency)
    pending = money.pending_fees(window, currency)
    note = ""
    if pending.charges:
        note = (
            f"The fees of {pending.charges:,} charge{'s' if pending.charges > 1 else ''} of"
            f" {display(pending.amount, currency)} are not known yet: they are in none of these figures."
        )
    statement = Table(
        "statement",
        "From gross sales to the bank",
        [Head("line", "Line", TEXT), Head("amount", "Amount", MONEY)],
        [
            ["Gross sales", found.sales],
            ["Refunds", found.refunds],
            ["Disputes, net", found.disputes],
            ["Net sales", found.net_sales],
            ["Stripe fees", found.fees],
            ["Payments without an order", found.unapplied],
            ["Adjustments", found.adjustments],
            ["Net to bank", found.net_to_bank],
            ["Paid out", found.payouts],
            ["Still at Stripe, of this window", found.left_at_stripe],
        ],
        currency,
        sub="each on the day it moved",
        row_ids=STATEMENT,
        row_keys=STATEMENT,
        url_of=asking.leads("statement", rows={key: key for key in STATEMENT}),
        compares="amount",
        foot="Net sales are what was sold and kept. Net to bank is what is left after fees. " + note,
    )
    steps = found.steps()

    def stream(source: str, target: str, amount: int) -> list[Cell]:
        key = STREAMS.get(target) or STREAMS.get(source, "left_at_stripe")
        url = asking.kpi_url(key, window)
        return [Cell(source), Cell(target), Cell(display(amount, currency), amount, url)]

    chart = Chart(
        kind="sankey",
        title=f"Where {display(found.sales, currency)} went",
        sub="gross to bank",
        columns=["From", "To", "Amount"],
        rows=[stream(*step) for step in steps],
        currency=currency,
        foot=note,
        height="tall",
    )
    return Shown([statement], [(statement.key, chart)] if steps else [], note)


def of_time(asking: Asking) -> Shown:
    """When orders are paid, from where, and how. Three queries."""
    window, currency = asking.page.window, asking.currency
    found = {(one.weekday, one.hour): one for one in sold.by_hour(window, currency)}
    hours = range(24)
    grid = [[found[day, hour].orders if (day, hour) in found else 0 for hour in hours] for day in range(1, 8)]

    def cell_of(row: str) -> str:
        return asking.cell_url("each-hour", row, "orders")

    chart = Chart(
        kind="hours",
        title="When orders are paid",
        sub="orders by weekday and hour, store time",
        columns=["Weekday", *(f"{hour:02}" for hour in hours)],
        rows=[
            [
                Cell(name),
                *(
                    count_cell(number, cell_of(f"{day}-{hour}") if number else "")
                    for hour, number in enumerate(row)
                ),
            ]
            for day, (name, row) in enumerate(zip(WEEKDAYS, grid, strict=True), start=1)
        ],
    )
    by_hour = Table(
        "hours",
        "By weekday",
        _when("weekday"),
        [
            [WEEKDAYS[day], sum(one.orders for one in mine), sum(one.revenue for one in mine)]
            for day in range(7)
            for mine in [[one for (number, _), one in found.items() if number == day + 1]]
        ],
        currency,
        row_ids=[str(day) for day in range(1, 8)],
        url_of=asking.leads("hours"),
        drill=drills.by_clock(),
        compares="gross_sales",
    )
    each_hour = replace(
        by_hour,
        key="each-hour",
        title="By weekday and hour",
        heads=_when("hour"),
        row_ids=[f"{day}-{hour}" for day, hour in sorted(found)],
        url_of=asking.leads("each-hour"),
        rows=[
            [f"{WEEKDAYS[day - 1]} {hour:02}:00", one.orders, one.revenue]
            for (day, hour), one in sorted(found.items())
        ],
    )
    countries, methods = sold.by_country(window, currency), sold.by_method(window, currency)
    shares = [
        replace(
            _shares("countries", "By country", "country", countries, asking),
            drill=drills.by_name(countries, sold.COUNTRY, sold.WITH_ORDER),
        ),
        replace(
            _shares("methods", "By way to pay", "method", methods, asking),
            drill=drills.by_name(methods, sold.METHOD),
        ),
    ]
    return Shown([by_hour, *shares, each_hour], [(each_hour.key, chart)])


def _when(what: str) -> list[Head]:
    return [
        Head("when", "When", TEXT),
        Head("orders", "Orders", key=f"orders_by_{what}"),
        Head("gross_sales", "Gross sales", MONEY, key=f"sales_by_{what}"),
    ]


def _shares(key: str, title: str, name: str, found: Sequence[sold.Share], asking: Asking) -> Table:
    total = sum(one.revenue for one in found)
    return Table(
        key,
        title,
        [
            Head(name, name.capitalize(), TEXT),
            Head("orders", "Orders", key=f"orders_by_{name}"),
            Head("gross_sales", "Gross sales", MONEY, key=f"sales_by_{name}"),
            Head("share_pct", "Share", PERCENT, narrow=False, key=f"sales_share_by_{name}_pct"),
        ],
        [
            [
                (one.name.replace("_", " ").capitalize() if name == "method" else one.name) or "Not known",
                one.orders,
                one.revenue,
                share(one.revenue, total),
            ]
            for one in found
        ],
        asking.currency,
        row_ids=[one.name for one in found],
        url_of=asking.leads(key),
        sums=["Sum", sum(one.orders for one in found), total, share(total, total)],
        compares="gross_sales",
    )


PRODUCTS_SHOWN, BEST = 50, 12


def of_products(asking: Asking) -> Shown:
    """What goods brought above their cost, after refunds, and what sold best. Two queries."""
    window, currency = asking.page.window, asking.currency
    found = margin.by_product(window, currency)
    whole = sum((one.margin for one in found), margin.Margin())
    statement = Table(
        "margin",
        "From sales of goods to their margin",
        [
            Head("line", "Line", TEXT),
            Head("amount", "Amount", MONEY),
            Head("pieces", "Pieces", narrow=False),
        ],
        [
            ["Goods, after refunds, without tax", whole.revenue, whole.pieces],
            ["Cost of these goods", -whole.cost, None],
            ["Product margin", whole.amount, None],
            ["Pieces without a known cost", None, whole.pieces_without_cost],
        ],
        currency,
        sub=_margin_share(whole),
        row_ids=MARGIN,
        row_keys=MARGIN,
        url_of=asking.leads("margin", rows={key: key for key in MARGIN}),
        compares="amount",
        foot="Of the orders sold in this window, with what was refunded and came back to date. Delivery and"
        " fees are not in it.",
    )
    products = Table(
        "products",
        "Margin by product",
        PRODUCT_HEADS,
        [_product_row(one) for one in found],
        currency,
        sub="the most margin first",
        sums=["Sum", "", *_product_sums(found)],
        most=PRODUCTS_SHOWN,
        compares="margin",
        foot="Revenue is after discount and without tax. Cost known: what of it was kept after refunds, of"
        " pieces whose cost was known when the order was placed. Margin is that less their cost.",
        empty="No order was paid in this window and currency. Choose a longer window.",
    )
    note = ""
    if whole.pieces_without_cost:
        note = (
            f"{whole.pieces_without_cost:,} of {whole.pieces + whole.pieces_without_cost:,} pieces have no"
            " known cost and are in no margin. Write costs into the catalogue: they count from then on."
        )
    best = _best_sellers(asking)
    return Shown([statement, products, best], _best_margins(found, currency), note)


MARGIN = ("goods_revenue", "goods_cost", "product_margin", "pieces_without_cost")


def _best_sellers(asking: Asking) -> Table:
    found = sold.by_product(asking.page.window, asking.known, asking.currency)
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
        empty="No order was paid in this window and currency. Choose a longer window.",
    )


PRODUCT_HEADS = [
    Head("product", "Product", TEXT),
    Head("sku", "SKU", TEXT, narrow=False),
    Head("units", "Sold", key="units_by_product"),
    Head("revenue", "Revenue", MONEY, narrow=False, key="goods_by_product"),
    Head("refunded", "Refunded", MONEY, narrow=False, key="refunded_by_product"),
    Head("goods_revenue", "Cost known", MONEY, narrow=False, key="goods_revenue"),
    Head("cost", "Cost", MONEY, narrow=False, key="goods_cost"),
    Head("margin", "Margin", MONEY, key="product_margin"),
    Head("margin_pct", "Share", PERCENT, key="product_margin_pct"),
    Head("pieces_without_cost", "No cost", narrow=False, key="pieces_without_cost"),
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


def _best_margins(found: Sequence[ProductMargin], currency: str) -> list[tuple[str, Chart]]:
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
                Cell(display(one.margin.amount, currency), one.margin.amount),
            ]
            for one in best
        ],
        currency=currency,
        height="tall",
    )
    return [("products", chart)] if best else []


Maker = Callable[[Asking], Shown]
REPORTS: dict[str, tuple[str, Maker]] = {
    "customers": ("Customers", of_customers),
    "products": ("Products", of_products),
    "refunds": ("Refunds", of_refunds),
    "money": ("Money flow", of_money),
    "time": ("When and where", of_time),
}
"""Report → what it is called, and what makes it."""


def compared(shown: Shown, before: Shown | None) -> Shown:
    """The report with what its figures were in the window it is compared with; None: no data yet."""
    earlier = {table.key: table for table in before.tables} if before else {}
    tables = [_compared(table, earlier.get(table.key)) if table.compares else table for table in shown.tables]
    return replace(shown, tables=tables)


def _compared(table: Table, before: Table | None) -> Table:
    if table.compares != OWN_SUMS:
        return beside(table, before)
    return replace(table, sub=f"{table.sub}; before: {before.sub}") if before else table


def tabs(page: Asked, currency: str, current: str = "") -> list[tuple[str, str, bool, None]]:
    """The dashboard and its reports, as `_views.html` takes them."""
    names = [("", "Overview", "dashboard")]
    names += [(key, title, f"report-{key}") for key, (title, _) in REPORTS.items()]
    return [
        (title, page.address(reverse(f"analyticsapp:{name}"), currency=currency), key == current, None)
        for key, title, name in names
    ]
