"""The report of when orders are paid, from where, and how."""

from collections.abc import Sequence
from dataclasses import replace

from analyticsapp.exports.csv_file import MONEY, TEXT
from analyticsapp.figures.daily import daily_figures
from analyticsapp.proof import drills
from analyticsapp.report_tabs.asking import Asking, Shown
from analyticsapp.report_tabs.tables import PERCENT, Head, Table, Value, share
from analyticsapp.reports import sold
from purelaka.figures import Cell, Chart, count_cell

WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


Hours = dict[tuple[int, int], sold.Hour]
"""(weekday, hour) → what was sold then; Monday is 1."""


def of_time(asking: Asking) -> Shown:
    """When orders are paid, from where, and how. Three queries."""
    found = _hours(asking)
    tables = [_by_weekday(found, asking), _countries(asking), _methods(asking), _each_hour(found, asking)]
    return Shown(tables, [("each-hour", _heatmap(found, asking))])


def _hours(asking: Asking) -> Hours:
    only = sold.at(asking.row or "")
    hours = sold.by_hour(asking.page.window, asking.currency, asking.known.past, only)
    return {(one.weekday, one.hour): one for one in hours}


def _countries(asking: Asking) -> Table:
    found = sold.by_country(asking.page.window, asking.currency, asking.known.past, asking.row)
    table = _shares("countries", "By country", "country", found, asking)
    return replace(table, drill=drills.by_name(found, sold.COUNTRY, sold.WITH_ORDER))


def _methods(asking: Asking) -> Table:
    found = sold.by_method(asking.page.window, asking.currency, asking.known.past, asking.row)
    table = _shares("methods", "By way to pay", "method", found, asking)
    return replace(table, drill=drills.by_name(found, sold.METHOD))


def _heatmap(found: Hours, asking: Asking) -> Chart:
    def cell(day: int, hour: int) -> Cell:
        orders = found[day, hour].orders if (day, hour) in found else 0
        url = asking.cell_url("each-hour", f"{day}-{hour}", "orders") if orders else ""
        return count_cell(orders, url)

    return Chart(
        kind="hours",
        title="When orders are paid",
        sub="orders by weekday and hour, store time",
        columns=["Weekday", *(f"{hour:02}" for hour in range(24))],
        rows=[
            [Cell(name), *(cell(day, hour) for hour in range(24))]
            for day, name in enumerate(WEEKDAYS, start=1)
        ],
    )


def _by_weekday(found: Hours, asking: Asking) -> Table:
    def line(day: int) -> list[Value]:
        mine = [one for (number, _), one in found.items() if number == day]
        return [WEEKDAYS[day - 1], sum(one.orders for one in mine), sum(one.revenue for one in mine)]

    return Table(
        "hours",
        "By weekday",
        _when("weekday"),
        [line(day) for day in range(1, 8)],
        asking.currency,
        row_ids=[str(day) for day in range(1, 8)],
        url_of=asking.leads("hours"),
        drill=drills.by_clock(),
        compares="gross_sales",
    )


def _each_hour(found: Hours, asking: Asking) -> Table:
    return Table(
        "each-hour",
        "By weekday and hour",
        _when("hour"),
        [
            [f"{WEEKDAYS[day - 1]} {hour:02}:00", one.orders, one.revenue]
            for (day, hour), one in sorted(found.items())
        ],
        asking.currency,
        row_ids=[f"{day}-{hour}" for day, hour in sorted(found)],
        url_of=asking.leads("each-hour"),
        drill=drills.by_clock(),
        compares="gross_sales",
    )


def _when(what: str) -> list[Head]:
    return [
        Head("when", "When", TEXT),
        Head("orders", "Orders", key=f"orders_by_{what}"),
        Head("gross_sales", "Gross sales", MONEY, key=f"sales_by_{what}"),
    ]


def _shares(key: str, title: str, name: str, found: Sequence[sold.Share], asking: Asking) -> Table:
    total = _gross(asking) if asking.column == "share_pct" else sum(one.revenue for one in found)
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


def _gross(asking: Asking) -> int:
    """Gross sales of the window, where not all rows are asked for. One query."""
    days = daily_figures(asking.page.window, asking.known)
    return sum(day.sales for day in days if day.currency == asking.currency)


TABLES = {
    "hours": lambda asking: _by_weekday(_hours(asking), asking),
    "countries": _countries,
    "methods": _methods,
    "each-hour": lambda asking: _each_hour(_hours(asking), asking),
}
