"""One figure: its own page, and its rows as a file."""

import re

from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from accounts.roles import SignedInRequest, analyst_required, staff_required
from analyticsapp.exports.download import respond
from analyticsapp.exports.packing import Download
from analyticsapp.figures.facts import compare, with_margin
from analyticsapp.kpis import KPIS
from analyticsapp.kpis.definition import COUNT
from analyticsapp.proof import evidence, explained
from analyticsapp.proof.earlier import earlier_knowledge
from analyticsapp.proof.evidence import BadPage, Scope
from analyticsapp.proof.explained import Told
from analyticsapp.proof.learnt import MARGINS
from analyticsapp.proof.of_figures import EVIDENCE
from analyticsapp.reading import one_view
from analyticsapp.report_tabs.products import costs_missing
from analyticsapp.rollups.definitions import state
from analyticsapp.views import asked, charts
from analyticsapp.views.asked import Asked
from analyticsapp.views.frame import (
    EXPORTERS,
    GET_ONLY,
    LABELS,
    PLAIN,
    gap,
    kpi_link,
    kpi_url,
    most_used,
    said,
    switches,
)
from purelaka.money import display


@staff_required
@require_safe
def kpi_detail(request: SignedInRequest, kpi: str) -> HttpResponse:
    """One figure: what it is, how it is made here and now, and the rows that make it, 50 a page."""
    if kpi not in KPIS:
        raise Http404
    page = asked.read(request)
    with one_view():
        known = state()
        if not known.currencies:
            return render(request, "analyticsapp/empty.html", status=400 if page.error else 200)
        found = compare(page.window, known, page.against, needs=KPIS[kpi].needs)
        currency = asked.currency(request, known, most_used(found))
        if kpi in MARGINS:
            found = with_margin(found, page.window, currency, known)
        scope = Scope(page.window, currency, known)
        try:
            older, newer = request.GET.get("older", ""), request.GET.get("newer", "")
            rows = evidence.page(EVIDENCE[kpi][1], scope, older=older, newer=newer)
        except BadPage:
            raise Http404 from None
        told = explained.explain(KPIS[kpi], found, scope)
        earlier = earlier_knowledge(request, kpi, scope)
    here = reverse("analyticsapp:kpi-detail", args=[kpi])
    csv_url = _rows_link(request, kpi, page, currency)
    context = {
        **switches(page, currency, known.currencies, here),
        "gap": gap(page, known, currency),
        "through": known.data_through,
        "note": costs_missing(found.now[currency].margin) if KPIS[kpi].report == "products" else "",
        "kpi": KPIS[kpi],
        "told": told,
        "terms": [(term, kpi_link(term.key, page, currency) if term.key else "") for term in told.terms],
        "rows": [{**row, "label": LABELS.get(row.get("kind"), "")} for row in rows.rows],
        "sums": _sums(told, currency),
        "newer": page.address(here, currency=currency, newer=rows.newer) if rows.newer else "",
        "older": page.address(here, currency=currency, older=rows.older) if rows.older else "",
        "earlier": earlier,
        "hidden": [*page.query.items(), ("currency", currency)],
        "today": page.today,
        "chart": charts.of_kpi(
            KPIS[kpi], found, page.window, currency=currency, kpi_url=kpi_url(page, currency)
        ),
        "csv_url": csv_url,
        "back": page.address(reverse("analyticsapp:dashboard"), currency=currency),
    }
    return render(request, "analyticsapp/kpi.html", context, status=400 if page.error else 200)


@analyst_required
@GET_ONLY
def kpi_rows(request: SignedInRequest, kpi: str) -> HttpResponseBase:
    """The rows that make one figure in one currency, as a file."""
    if kpi not in KPIS:
        raise Http404
    page = asked.read(request)
    if page.error:
        return HttpResponse(f"{page.error}\n", status=400, content_type=PLAIN)
    code = request.GET.get("currency", "").strip().lower()
    if not re.fullmatch("[a-z]{3}", code):
        return HttpResponse("Say in which currency, as ?currency=gbp.\n", status=400, content_type=PLAIN)
    rows = EVIDENCE[kpi][1]
    return respond(
        request,
        Download(
            name=f"purelaka-{kpi}-rows-{code}-{page.window.start}-{page.window.end}",
            columns=rows.columns,
            lines=evidence.lines(rows.shown, page.window, code),
            says={"export": "kpi_rows", "kpi": kpi, "currency": code, **said([page.window])},
        ),
    )


def _sums(told: Told, currency: str) -> list[tuple[str, str]]:
    """What stands below the rows, as `_tablefoot.html` wants it; people with a wish have no amount."""
    if told.evidence.table == "people":
        return []
    if told.proves.unit == COUNT and not told.evidence.counted:
        return [("Sum", f"{told.totals.amount:,}")]
    return [("Sum", display(told.totals.amount, currency))]


def _rows_link(request: SignedInRequest, kpi: str, page: Asked, currency: str) -> str:
    if request.user.role not in EXPORTERS:
        return ""
    return page.address(reverse("analyticsapp:kpi-rows", args=[kpi]), currency=currency)
