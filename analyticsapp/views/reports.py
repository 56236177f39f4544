"""The reports beside the dashboard, and the files of their tables."""

import re
from dataclasses import replace

from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from accounts.roles import SignedInRequest, analyst_required, staff_required
from analyticsapp.exports.download import respond
from analyticsapp.exports.packing import Download
from analyticsapp.figures.facts import compare
from analyticsapp.kpis import KPIS
from analyticsapp.reading import one_view
from analyticsapp.report_tabs import REPORTS, compared, tabs
from analyticsapp.report_tabs.asking import Asking, Shown
from analyticsapp.rollups.definitions import State, state
from analyticsapp.views import asked, cards
from analyticsapp.views.asked import Asked
from analyticsapp.views.frame import (
    EXPORTERS,
    GET_ONLY,
    PLAIN,
    gap,
    kpi_link,
    most_used,
    said,
    switches,
)
from analyticsapp.windows import Window


@staff_required
@require_safe
def report(request: SignedInRequest, report: str) -> HttpResponse:
    """One report of a window and a currency, beside an earlier window. At most eleven queries of its own."""
    title = REPORTS[report][0]
    keys = figures_of(report)
    page = asked.read(request)
    status = 400 if page.error else 200
    with one_view():
        known = state()
        if not known.currencies:
            return render(request, "analyticsapp/empty.html", status=status)
        needs = {group for key in keys for group in KPIS[key].needs}
        found = compare(page.window, known, page.against, needs=needs)
        currency = asked.currency(request, known, most_used(found))
        shown = _made(report, page, known, currency)
    may_export = request.user.role in EXPORTERS

    def csv_url(key: str) -> str:
        url = reverse("analyticsapp:report-table", args=[report, key])
        return page.address(url, currency=currency) if may_export else ""

    here = reverse(f"analyticsapp:report-{report}")
    switching = switches(page, currency, known.currencies, here)
    context = {
        **switching,
        "title": title,
        "gap": gap(page, known, currency),
        "through": known.data_through,
        "tabs": tabs(page, currency, report),
        "charts": [replace(chart, csv_url=csv_url(key)) for key, chart in shown.charts],
        "tables": [replace(table, csv_url=csv_url(table.key)) for table in shown.tables],
        "note": shown.note,
        "figures": cards.table(
            found,
            keys,
            currency=currency,
            links={key: kpi_link(key, page, currency) for key in keys},
            notes={},
        ),
    }
    return render(request, "analyticsapp/report.html", context, status=status)


@analyst_required
@GET_ONLY
def report_table(request: SignedInRequest, report: str, table: str) -> HttpResponseBase:
    """One table of a report as a file, with the cells of the page."""
    if report not in REPORTS:
        raise Http404
    page = asked.read(request)
    if page.error:
        return HttpResponse(f"{page.error}\n", status=400, content_type=PLAIN)
    code = request.GET.get("currency", "").strip().lower()
    if not re.fullmatch("[a-z]{3}", code):
        return HttpResponse("Say in which currency, as ?currency=gbp.\n", status=400, content_type=PLAIN)
    with one_view():
        shown = _made(report, page, state(), code)
    found = next((one for one in shown.tables if one.key == table), None)
    if found is None:
        raise Http404
    return respond(
        request,
        Download(
            name=f"purelaka-{report}-{table}-{code}-{page.window.start}-{page.window.end}",
            columns=found.columns,
            lines=found.lines(),
            says={"export": f"{report}_{table}", "currency": code, **said([page.window])},
        ),
    )


def _made(report: str, page: Asked, known: State, currency: str) -> Shown:
    """The report, beside itself of the window before."""
    makes, now = REPORTS[report][1], asking(page, known, currency, report)
    first = known.first_days.get(currency)
    if first is None or first > page.against.end:
        return compared(makes(now), None)
    earlier = replace(page, window=page.against, preset="")
    return compared(makes(now), makes(replace(asking(earlier, known, currency, report), is_before=True)))


def figures_of(report: str) -> list[str]:
    """The figures that a report shows above its tables; what a table of it says is not said twice."""
    return [key for key, kpi in KPIS.items() if kpi.report == report and kpi.needs]


def asking(page: Asked, known: State, currency: str, report: str) -> Asking:
    """What a report is asked, with the addresses its figures and cells lead to."""

    def kpi_url(key: str, window: Window) -> str:
        url = reverse("analyticsapp:kpi-detail", args=[key])
        if window == page.window:
            return page.address(url, currency=currency)
        return page.address_of_window(url, window, currency)

    def cell_url(table: str, row: str, column: str, window: Window | None = None) -> str:
        url = reverse("analyticsapp:report-cell", args=[report, table])
        return page.address_of_window(url, window or page.window, currency, row=row, column=column)

    return Asking(page, known, currency, kpi_url, cell_url)
