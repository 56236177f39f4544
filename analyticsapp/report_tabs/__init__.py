"""What each report shows: tables and charts of one window and currency."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from django.urls import reverse

from analyticsapp.report_tabs import clock, customers, products, refunds
from analyticsapp.report_tabs.asking import OWN_SUMS, Asking, Shown
from analyticsapp.report_tabs.clock import of_time
from analyticsapp.report_tabs.customers import of_customers
from analyticsapp.report_tabs.money import of_money
from analyticsapp.report_tabs.products import of_products
from analyticsapp.report_tabs.refunds import of_refunds
from analyticsapp.report_tabs.tables import Table, beside
from analyticsapp.views.asked import Asked

Maker = Callable[[Asking], Shown]
REPORTS: dict[str, tuple[str, Maker]] = {
    "customers": ("Customers", of_customers),
    "products": ("Products", of_products),
    "refunds": ("Refunds", of_refunds),
    "money": ("Money flow", of_money),
    "time": ("When and where", of_time),
}
"""Report → what it is called, and what makes it."""
CELLS: dict[str, Mapping[str, Callable[[Asking], Table]]] = {
    "customers": customers.TABLES,
    "products": products.TABLES,
    "refunds": refunds.TABLES,
    "time": clock.TABLES,
}
"""Report → its tables whose cells lead to rows, each made alone, in one query."""


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
