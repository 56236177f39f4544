"""The dashboard, each figure's own page, and the files."""

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from accounts.models import Role
from accounts.privacy import is_hidden
from accounts.roles import SignedInRequest, analyst_required, staff_required
from analyticsapp import asked, cards, charts, evidence, explained, windows
from analyticsapp.asked import Asked
from analyticsapp.daily import every_day
from analyticsapp.download import respond
from analyticsapp.earlier import earlier_knowledge
from analyticsapp.evidence import BadPage, Scope
from analyticsapp.explained import Told
from analyticsapp.exports import EXPORTS
from analyticsapp.facts import Comparison, compare, with_margin
from analyticsapp.kpis import KPIS
from analyticsapp.kpis.definition import COUNT
from analyticsapp.learnt import MARGINS
from analyticsapp.packing import CSV, Download, Form
from analyticsapp.proof import EVIDENCE
from analyticsapp.reading import one_view
from analyticsapp.report_tabs import tabs
from analyticsapp.report_tabs.products import costs_missing
from analyticsapp.reports import money
from analyticsapp.rollups import State, state
from analyticsapp.windows import BadWindow, Window
from payments.models import Kind
from purelaka.moments import day_range
from purelaka.money import display

EXPORTERS = (Role.ANALYST, Role.ADMIN)
GET_ONLY = require_http_methods(["GET", "HEAD"])
LABELS: dict[Any, str] = dict(Kind.choices)
PLAIN = "text/plain; charset=utf-8"


@staff_required
@require_safe
def dashboard(request: SignedInRequest) -> HttpResponse:
    """KPI cards, revenue by day, all figures, best sellers. Five queries of its own."""
    page = asked.read(request)
    status = 400 if page.error else 200
    files = _file_links(request, page)
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
    links = {key: _kpi_link(key, page, currency) for key, kpi in KPIS.items() if not kpi.report}
    days = every_day(found.days, window=page.window, currency=currency)
    notes = dict.fromkeys(("fees", "net_to_bank"), pending.note)
    context = {
        **_frame(page, currency, known.currencies, reverse("analyticsapp:dashboard")),
        "gap": gap(page, known, currency),
        "through": known.data_through,
        "tabs": tabs(page, currency),
        "cards": cards.cards(found, window=page.window, currency=currency, links=links, notes=notes),
        "figures": cards.table(found, cards.MORE, currency=currency, links=links, notes=notes),
        "revenue": charts.revenue(
            days,
            currency=currency,
            csv_url=files.get("daily", ""),
            kpi_url=_kpi_url(page, currency),
        ),
        "best": best,
        "files": [(EXPORTS[key], url) for key, url in files.items()],
        "columns_url": page.address(reverse("analyticsapp:columns")),
    }
    return render(request, "analyticsapp/dashboard.html", context, status=status)


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
        **_frame(page, currency, known.currencies, here),
        "gap": gap(page, known, currency),
        "through": known.data_through,
        "note": costs_missing(found.now[currency].margin) if KPIS[kpi].report == "products" else "",
        "kpi": KPIS[kpi],
        "told": told,
        "terms": [(term, _kpi_link(term.key, page, currency) if term.key else "") for term in told.terms],
        "rows": [{**row, "label": LABELS.get(row.get("kind"), "")} for row in rows.rows],
        "sums": _sums(told, currency),
        "newer": page.address(here, currency=currency, newer=rows.newer) if rows.newer else "",
        "older": page.address(here, currency=currency, older=rows.older) if rows.older else "",
        "earlier": earlier,
        "hidden": [*page.query.items(), ("currency", currency)],
        "today": page.today,
        "chart": charts.of_kpi(
            KPIS[kpi], found, page.window, currency=currency, kpi_url=_kpi_url(page, currency)
        ),
        "csv_url": csv_url,
        "back": page.address(reverse("analyticsapp:dashboard"), currency=currency),
    }
    return render(request, "analyticsapp/kpi.html", context, status=400 if page.error else 200)


@analyst_required
@GET_ONLY
def export(request: SignedInRequest, key: str, form: Form = CSV) -> HttpResponseBase:
    """One of the files, of the window that `days`, or `start` and `end`, name."""
    if key not in EXPORTS:
        raise Http404
    file, today = EXPORTS[key], asked.today()
    try:
        found = windows.asked(request.GET.dict(), today=today)
    except BadWindow as problem:
        return HttpResponse(f"{problem}\n", status=400, content_type=PLAIN)
    these = file.windows(found, today=today)
    span = [str(these[0].start), str(these[0].end)] if len(these) == 1 else [str(today)]
    return respond(
        request,
        Download(
            name="-".join(["purelaka", key, *span]),
            columns=file.columns,
            lines=file.lines_for(these, hidden=is_hidden()),
            says={"export": key, **_said(these)},
        ),
        form,
    )


@staff_required
@require_safe
def column_dictionary(request: SignedInRequest) -> HttpResponse:
    """What each column of each file means, and where to get the files of a window in each form."""
    page = asked.read(request)
    links = _file_links(request, page)
    files = [(file, _forms(key, page, links[key]) if links else []) for key, file in EXPORTS.items()]
    here = reverse("analyticsapp:columns")
    context = {**_frame(page, "", [], here), "files": files, "may_export": bool(links)}
    return render(request, "analyticsapp/columns.html", context, status=400 if page.error else 200)


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
            says={"export": "kpi_rows", "kpi": kpi, "currency": code, **_said([page.window])},
        ),
    )


def _said(these: Sequence[Window]) -> dict[str, Any]:
    """The windows of a file, for the audit log and the manifest: days of the store, and moments in UTC."""
    return {
        "windows": [str(window) for window in these],
        "windows_utc": ["/".join(bound.isoformat() for bound in window.bounds) for window in these],
    }


# --- what the pages share -------------------------------------------------------------------------


def most_used(found: Comparison) -> str:
    """The currency with the most orders in the window, or else in the one before, or else the store's."""

    def used(code: str) -> tuple[int, int, bool]:
        return found.now[code].orders, found.before[code].orders, code == settings.DEFAULT_CURRENCY

    return max(found.now, key=used)


def _frame(page: Asked, currency: str, currencies: Iterable[str], here: str) -> dict[str, Any]:
    """The switches of window, comparison and currency, with addresses of this page."""

    def address(**window: str) -> str:
        named = {**window, "currency": currency, "compare": page.query.get("compare", "")}
        return f"{here}?{urlencode({name: value for name, value in named.items() if value})}"

    presets = [
        (f"{days} days", address(days=str(days)), page.preset == str(days)) for days in windows.PRESETS
    ]
    periods = [
        (period.label, address(period=name), page.preset == name) for name, period in windows.PERIODS.items()
    ]
    codes = [(code.upper(), page.address(here, currency=code), code == currency) for code in currencies]
    return {
        "page": page,
        "here": here,
        "currency": currency,
        "presets": presets,
        "periods": periods,
        "period": next((label for label, _, is_current in periods if is_current), ""),
        "comparisons": [
            ("Previous period", page.address(here, currency=currency, compare=""), not page.with_year_before),
            (
                "Same period last year",
                page.address(here, currency=currency, compare="year"),
                page.with_year_before,
            ),
        ],
        "currencies": codes if len(codes) > 1 else [],
    }


def gap(page: Asked, known: State, currency: str) -> str:
    """What to know of the window this one is compared with, where it has no data or not all; or empty."""
    against, first = page.against, known.first_days.get(currency)
    if first is None or first <= against.start:
        return ""
    span, since = day_range(against.start, against.end), day_range(first, first)
    if first > against.end:
        when = "a year ago" if page.with_year_before else "before this window"
        return f"There is no data {when}, {span}: in {currency.upper()} the first money moved on {since}."
    return f"{span} is not all there: in {currency.upper()} the first money moved on {since}."


def _sums(told: Told, currency: str) -> list[tuple[str, str]]:
    """What stands below the rows, as `_tablefoot.html` wants it; people with a wish have no amount."""
    if told.evidence.table == "people":
        return []
    if told.proves.unit == COUNT and not told.evidence.counted:
        return [("Sum", f"{told.totals.amount:,}")]
    return [("Sum", display(told.totals.amount, currency))]


def _kpi_link(key: str, page: Asked, currency: str) -> str:
    return page.address(reverse("analyticsapp:kpi-detail", args=[key]), currency=currency)


def _kpi_url(page: Asked, currency: str) -> Callable[[str, Window], str]:
    """Addresses of a figure's page for some days."""
    return lambda key, window: page.address_of_window(
        reverse("analyticsapp:kpi-detail", args=[key]), window, currency
    )


def _cell_url(page: Asked, currency: str, report: str, table: str) -> Callable[[str, str], str]:
    """Addresses of the cells of a report's table, by the row's id and the column."""
    url = reverse("analyticsapp:report-cell", args=[report, table])
    return lambda row, column: page.address_of_window(url, page.window, currency, row=row, column=column)


def _file_links(request: SignedInRequest, page: Asked) -> dict[str, str]:
    """Addresses of the files, for those who may have them."""
    if request.user.role not in EXPORTERS:
        return {}
    names = {key: reverse(f"analyticsapp:export-{key.replace('_', '-')}") for key in EXPORTS}
    return {key: page.address(url) for key, url in names.items()}


def _forms(key: str, page: Asked, csv_url: str) -> list[tuple[str, str]]:
    """A file's addresses by form, as buttons say them."""
    others = [("XLSX", "export-xlsx"), ("ZIP with manifest", "export-zip")]
    return [("CSV", csv_url)] + [
        (label, page.address(reverse(f"analyticsapp:{name}", args=[key]))) for label, name in others
    ]


def _rows_link(request: SignedInRequest, kpi: str, page: Asked, currency: str) -> str:
    if request.user.role not in EXPORTERS:
        return ""
    return page.address(reverse("analyticsapp:kpi-rows", args=[kpi]), currency=currency)
