"""The dashboard."""

from collections.abc import Callable

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from accounts.roles import SignedInRequest, staff_required
from analyticsapp.exports.files import EXPORTS
from analyticsapp.figures.daily import every_day
from analyticsapp.figures.facts import compare
from analyticsapp.kpis import KPIS
from analyticsapp.reading import one_view
from analyticsapp.report_tabs import tabs
from analyticsapp.reports import money
from analyticsapp.rollups.definitions import state
from analyticsapp.views import asked, cards, charts
from analyticsapp.views.asked import Asked
from analyticsapp.views.frame import file_links, gap, kpi_link, kpi_url, most_used, switches


@staff_required
@require_safe
def dashboard(request: SignedInRequest) -> HttpResponse:
    """KPI cards, revenue by day, all figures, best sellers. Five queries of its own."""
    page = asked.read(request)
    status = 400 if page.error else 200
    files = file_links(request, page)
    with one_view():
        known = state()
        if not known.currencies:
            return render(request, "analyticsapp/empty.html", status=status)
        found = compare(page.window, known, page.against)
        currency = asked.currency(request, known, most_used(found))
        best = charts.best_sellers(
            page.window,
            known,
            currency=currency,
            csv_url=files.get("products", ""),
            cell_url=_cell_url(page, currency, "products", "best-sellers"),
        )
        pending = money.pending_fees(page.window, currency)
    links = {key: kpi_link(key, page, currency) for key, kpi in KPIS.items() if not kpi.report}
    days = every_day(found.days, window=page.window, currency=currency)
    notes = dict.fromkeys(("fees", "net_to_bank"), pending.note)
    context = {
        **switches(page, currency, known.currencies, reverse("analyticsapp:dashboard")),
        "gap": gap(page, known, currency),
        "through": known.data_through,
        "tabs": tabs(page, currency),
        "cards": cards.cards(found, window=page.window, currency=currency, links=links, notes=notes),
        "figures": cards.table(found, cards.MORE, currency=currency, links=links, notes=notes),
        "revenue": charts.revenue(
            days,
            currency=currency,
            csv_url=files.get("daily", ""),
            kpi_url=kpi_url(page, currency),
        ),
        "best": best,
        "files": [(EXPORTS[key], url) for key, url in files.items()],
        "columns_url": page.address(reverse("analyticsapp:columns")),
    }
    return render(request, "analyticsapp/dashboard.html", context, status=status)


def _cell_url(page: Asked, currency: str, report: str, table: str) -> Callable[[str, str], str]:
    """Addresses of the cells of a report's table, by the row's id and the column."""
    url = reverse("analyticsapp:report-cell", args=[report, table])
    return lambda row, column: page.address_of_window(url, page.window, currency, row=row, column=column)
