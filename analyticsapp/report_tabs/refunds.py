"""The report of refunds: by the day of the refund and by the sale."""

from collections.abc import Mapping
from dataclasses import replace

from analyticsapp.exports.csv_file import MONEY, TEXT
from analyticsapp.figures.daily import DayFigures, daily_figures
from analyticsapp.proof import drills
from analyticsapp.report_tabs.asking import Asking, Shown
from analyticsapp.report_tabs.tables import PERCENT, Head, Table, Value, beside, share
from analyticsapp.reports import customers, refunds
from analyticsapp.windows import LATEST, Window

# The lines of the bridge and what defines each.
BRIDGE = {
    "made": "refunded_amount",
    "less_earlier": "refunds_of_other_sales",
    "of_own_sales": "refunds_of_own_sales",
    "made_later": "refunds_made_later",
    "of_sales": "refunds_of_sales",
}
BEFORE = {
    1: "Before: refunds made on the same days of the month before.",
    12: "Before: refunds made on the same days a year before.",
}
MONTH_HEADS = [
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


def of_refunds(asking: Asking) -> Shown:
    """By the day of the refund and by the sale, with the bridge between the two. Three queries."""
    whole, months = _bridges(asking)
    if asking.is_before:
        return Shown([_bridge(whole, asking), _reasons(asking)])
    window, back = asking.page.window, 12 if asking.page.with_year_before else 1
    before = months_before(customers.of_month(f"{window.start:%Y-%m}", window), back)
    days = _days(Window(before.start, window.end), asking)
    table = _beside_months_before(_months(months, asking, days), asking, days, back)
    return Shown([_bridge(whole, asking), table, _reasons(asking)])


def _bridges(asking: Asking) -> tuple[refunds.Bridge, Mapping[str, refunds.Bridge]]:
    return refunds.bridges(asking.page.window, asking.known, asking.currency)


def _days(window: Window, asking: Asking) -> list[DayFigures]:
    """The days of the asked currency. One query."""
    return [day for day in daily_figures(window, asking.known) if day.currency == asking.currency]


def _beside_months_before(table: Table, asking: Asking, days: list[DayFigures], back: int) -> Table:
    """Refunds made, with those of the same days so many months before, out of `days`."""
    spans = {
        name: months_before(customers.of_month(name, asking.page.window), back) for name in table.row_ids
    }
    first = asking.known.first_days.get(asking.currency, LATEST)
    spans = {name: span for name, span in spans.items() if first <= span.end}
    made = {name: -sum(day.refunds for day in days if day.day in span) for name, span in spans.items()}
    rows = [
        [name, *(made.get(name) if head.name == "refunds_made" else None for head in table.heads[1:])]
        for name in table.row_ids
    ]
    before = replace(table, rows=rows, url_of=asking.leads("months", windows=spans), row_ids=list(spans))
    found = beside(replace(table, compares="refunds_made"), before)
    return replace(found, compares="", foot=f"{table.foot} {BEFORE[back]}")


def months_before(span: Window, months: int) -> Window:
    """The same days so many months before; the end of a month stays one."""
    month = customers.later(f"{span.start:%Y-%m}", -months)
    last = customers.last_day(month)
    whole = span.end == customers.last_day(f"{span.end:%Y-%m}")
    start, end = min(span.start.day, last.day), last.day if whole else min(span.end.day, last.day)
    return Window(last.replace(day=start), last.replace(day=end))


def _sales_by_month(window: Window, days: list[DayFigures]) -> dict[str, int]:
    sales: dict[str, int] = {}
    for day in days:
        if day.day in window:
            sales[f"{day.day:%Y-%m}"] = sales.get(f"{day.day:%Y-%m}", 0) + day.sales
    return sales


def _line(name: str, gross: int, one: refunds.Bridge) -> list[Value]:
    figures = [gross, one.made, one.earlier, one.own, one.later, one.of_sales]
    return [name, *figures, share(one.made, gross), share(one.of_sales, gross)]


def _months(months: Mapping[str, refunds.Bridge], asking: Asking, days: list[DayFigures]) -> Table:
    sales = _sales_by_month(asking.page.window, days)
    names = sorted({*sales, *months})
    spans = {name: customers.of_month(name, asking.page.window) for name in names}
    return Table(
        "months",
        "Refunds by month, and of each month's sales",
        MONTH_HEADS,
        [_line(name, sales.get(name, 0), months.get(name, refunds.Bridge())) for name in names],
        asking.currency,
        row_ids=names,
        url_of=asking.leads("months", windows=spans),
        drill=drills.by_bridge(spans),
        foot="Within the window. Booked: refunds made, whenever sold, over the month's sales. Of its sales:"
        " refunds of this month's sales to date, still growing.",
    )


def _bridge(whole: refunds.Bridge, asking: Asking) -> Table:
    return Table(
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
        asking.currency,
        row_ids=list(BRIDGE),
        row_keys=list(BRIDGE.values()),
        url_of=asking.leads("bridge", rows=BRIDGE),
        drill=drills.by_bridge(dict.fromkeys(BRIDGE, asking.page.window), {row: row for row in BRIDGE}),
        compares="amount",
    )


def _reasons(asking: Asking) -> Table:
    found = refunds.by_reason(asking.page.window, asking.currency, asking.known.past, asking.row)
    return Table(
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
        asking.currency,
        row_ids=[one.reason for one in found],
        url_of=asking.leads("reasons"),
        drill=drills.by_reason(),
        compares="amount",
    )


TABLES = {
    "bridge": lambda asking: _bridge(_bridges(asking)[0], asking),
    "months": lambda asking: _months(_bridges(asking)[1], asking, _days(asking.page.window, asking)),
    "reasons": _reasons,
}
