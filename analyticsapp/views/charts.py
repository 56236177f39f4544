"""The drawings of the analytics pages, as values: tables of exact figures."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from analyticsapp.exports.files import products
from analyticsapp.figures.daily import DayFigures, every_day
from analyticsapp.figures.facts import Comparison
from analyticsapp.kpis.definition import MONEY, Kpi
from analyticsapp.reading import rows
from analyticsapp.rollups.definitions import State
from analyticsapp.views.cards import PER_DAY
from analyticsapp.windows import Window
from purelaka import moments
from purelaka.figures import Cell, Chart, count_cell, money_cell
from purelaka.money import display

ADDITIVE = frozenset(PER_DAY) - {"aov"}  # whose days sum to the window
DAYS_AT_MOST, WEEKS_AT_MOST = 100, 100
BEST = 8


@dataclass(frozen=True)
class Bucket:
    """Some days drawn as one: a day, a week or a month."""

    label: str
    days: Sequence[DayFigures]

    @property
    def window(self) -> Window:
        """From the first to the last of them."""
        return Window(self.days[0].day, self.days[-1].day)

    def sum(self, figure: Callable[[DayFigures], int]) -> int:
        return sum(figure(day) for day in self.days)


def bucketed(days: Sequence[DayFigures]) -> tuple[str, list[Bucket]]:
    """Days as they are, or in weeks or months when there are many; and what a bucket is called."""
    if len(days) <= DAYS_AT_MOST:
        return "Day", [Bucket(moments.short_day(day.day), [day]) for day in days]
    if len(days) <= 7 * WEEKS_AT_MOST:
        weeks = [days[start : start + 7] for start in range(0, len(days), 7)]
        return "Week of", [Bucket(moments.day(week[0].day), week) for week in weeks]
    months: dict[tuple[int, int], list[DayFigures]] = {}
    for day in days:
        months.setdefault((day.day.year, day.day.month), []).append(day)
    return "Month", [Bucket(f"{month[0].day:%b %Y}", month) for month in months.values()]


def revenue(
    days: Sequence[DayFigures], *, currency: str, csv_url: str, kpi_url: Callable[[str, Window], str]
) -> Chart:
    """Gross above zero, what went back below, net as a tick. Each leads to its figure's page."""
    name, buckets = bucketed(days)
    figures: list[tuple[str, str, Callable[[DayFigures], int]]] = [
        ("Gross sales", "revenue", lambda day: day.sales),
        ("Refunds", "refunded_amount", lambda day: day.refunds),
        ("Disputes", "disputed_amount", lambda day: day.disputes),
        ("Net sales", "net_revenue", lambda day: day.net_sales),
    ]
    return Chart(
        kind="revenue",
        title=f"Revenue by {name.split()[0].lower()}, refunds and disputes below zero",
        sub=f"{currency.upper()}, by day the money moved",
        columns=[name, *(label for label, *_ in figures)],
        rows=[
            [
                Cell(bucket.label),
                *(
                    money_cell(bucket.sum(figure), currency, kpi_url(key, bucket.window))
                    for _, key, figure in figures
                ),
            ]
            for bucket in buckets
        ],
        keys=[("1", "Gross sales"), ("loss", "Refunds"), ("5", "Disputes"), ("line", "Net sales")],
        currency=currency,
        csv_url=csv_url,
        height="tall",
    )


def of_kpi(
    kpi: Kpi, found: Comparison, window: Window, *, currency: str, kpi_url: Callable[[str, Window], str]
) -> Chart | None:
    """One KPI day by day; None where the days do not sum to the window."""
    if kpi.key not in ADDITIVE:
        return None
    name, buckets = bucketed(every_day(found.days, window=window, currency=currency))
    figures = [(bucket.sum(PER_DAY[kpi.key]), kpi_url(kpi.key, bucket.window)) for bucket in buckets]
    is_money = kpi.unit == MONEY
    cells = [money_cell(n, currency, url) if is_money else count_cell(n, url) for n, url in figures]
    return Chart(
        kind="days" if kpi.better == "down" else "daily",
        title=f"By {name.split()[0].lower()}",
        sub=currency.upper(),
        columns=[name, kpi.label],
        rows=[[Cell(bucket.label), cell] for bucket, cell in zip(buckets, cells, strict=True)],
        currency=currency if is_money else "",
        height="short",
    )


def best_sellers(
    window: Window, known: State, *, currency: str, csv_url: str, cell_url: Callable[[str, str], str]
) -> Chart:
    """The products that brought most; `cell_url` is of a SKU's units or revenue. One query."""
    query, parameters = products(window, known, currency=currency)
    cells = "r.product, r.variant, r.units, r.sales, COUNT(*) OVER (), SUM(r.sales) OVER (), r.sku"
    found = rows((f"{query.replace('{cells}', cells)} LIMIT {BEST}", parameters))
    shown = sum(row[3] for row in found)
    number, total = (found[0][4], int(found[0][5])) if found else (0, 0)
    amounts = f"{display(shown, currency)} of {display(total, currency)}"
    return Chart(
        kind="bestsellers",
        title="Best sellers",
        sub="product revenue",
        columns=["Product", "Units", "Revenue"],
        rows=[
            [
                Cell(f"{product} {variant}".strip()),
                count_cell(units, cell_url(sku, "units")),
                money_cell(sales, currency, cell_url(sku, "revenue")),
            ]
            for product, variant, units, sales, *_, sku in found
        ],
        currency=currency,
        csv_url=csv_url,
        foot=f"{len(found)} of {number:,} products, {amounts}, after discount and without delivery.",
        height="tall",
    )
