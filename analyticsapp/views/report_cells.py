"""One cell of a report: what it is, the rows that make it, and their file."""

import re
from dataclasses import dataclass, replace

from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from accounts.roles import SignedInRequest, analyst_required, staff_required
from analyticsapp.exports.download import respond
from analyticsapp.exports.packing import Download
from analyticsapp.kpis.breakdowns import BREAKDOWNS, Breakdown
from analyticsapp.kpis.definition import MONEY
from analyticsapp.proof import evidence
from analyticsapp.proof.drills import Drill
from analyticsapp.proof.earlier import Earlier, Line, asked_day, with_rows
from analyticsapp.proof.evidence import BadPage, Scope, Totals
from analyticsapp.reading import one_view
from analyticsapp.report_tabs import CELLS, REPORTS
from analyticsapp.report_tabs.tables import PERCENT, Head, Table, Value
from analyticsapp.rollups.definitions import State, state
from analyticsapp.views import asked
from analyticsapp.views.asked import Asked
from analyticsapp.views.frame import EXPORTERS, GET_ONLY, LABELS, PLAIN, said
from analyticsapp.views.reports import asking
from purelaka.money import display

NAMED = ("days", "period", "start", "end", "compare", "currency", "row", "column")
NOT_NAMED = "Say which cell of the table, as ?row=…&column=…&currency=gbp. Reports link to their cells.\n"


@dataclass(frozen=True)
class Found:
    """A cell of a table, where it is, and what it is made of."""

    table: Table
    row: str
    head: Head
    value: Value
    defined: Breakdown
    drill: Drill
    scope: Scope

    @property
    def title(self) -> str:
        """What it is, of which row; and of which month after, where a table has a column for each."""
        age = f", {self.head.label}" if self.head.name.rpartition("_")[2].isdigit() else ""
        return f"{self.defined.label}, {self.row}{age}"

    @property
    def name(self) -> str:
        """What stands above the figure."""
        return f"{self.row}, {self.head.label.lower()}"

    @property
    def place(self) -> str:
        """What it is a part of."""
        return self.table.title

    @property
    def figure(self) -> str:
        return self.table.text(self.head, self.value)

    @property
    def nothing(self) -> str:
        """What it says when its row is not there."""
        return self.table.text(self.head, None if self.head.kind == PERCENT else 0)

    @property
    def says(self) -> int:
        """What the rows must come to."""
        return int(self.value or 0) if self.drill.says is None else self.drill.says

    @property
    def is_money(self) -> bool:
        """Whether that is money."""
        return (self.head.kind if self.drill.says is None else self.drill.unit) == MONEY

    def comes_to(self, totals: Totals) -> int:
        """What the rows do come to."""
        rows = self.drill.evidence
        return totals.number if rows.counted else rows.sign * totals.amount

    def text(self, number: int) -> str:
        return display(number, self.scope.currency) if self.is_money else f"{number:,}"


@staff_required
@require_safe
def report_cell(request: SignedInRequest, report: str, table: str) -> HttpResponse:
    """A cell's definition, and the rows that make it, 50 a page."""
    refused = _refused(request, report)
    if refused:
        return refused
    page = asked.read(request)
    with one_view():
        cell = _find(request, page, report, table)
        try:
            older, newer = request.GET.get("older", ""), request.GET.get("newer", "")
            rows = evidence.page(cell.drill.evidence, cell.scope, older=older, newer=newer)
        except BadPage:
            raise Http404 from None
        totals = evidence.totals(cell.drill.evidence, cell.scope)
        earlier = _earlier(request, page, report, table, cell)
    here = _address(request, page, "report-cell", report, table)
    comes_to = cell.comes_to(totals)
    context = {
        "page": page,
        "currency": cell.scope.currency,
        "through": cell.scope.state.data_through,
        "cell": cell,
        "told": cell.text(comes_to),
        "expected": cell.text(cell.says),
        "agrees": comes_to == cell.says,
        "totals": totals,
        "noun": cell.drill.evidence.noun(totals.number),
        "rows": [{**row, "label": LABELS.get(row.get("kind"), "")} for row in rows.rows],
        "sums": _sums(cell, totals),
        "earlier": earlier,
        "here": reverse("analyticsapp:report-cell", args=[report, table]),
        "hidden": [(name, request.GET[name]) for name in NAMED if name in request.GET],
        "newer": f"{here}&newer={rows.newer}" if rows.newer else "",
        "older": f"{here}&older={rows.older}" if rows.older else "",
        "csv_url": _address(request, page, "report-cell-rows", report, table) if _may_export(request) else "",
        "back": page.address(reverse(f"analyticsapp:report-{report}"), currency=cell.scope.currency),
        "report_title": REPORTS[report][0],
    }
    return render(request, "analyticsapp/cell.html", context)


@analyst_required
@GET_ONLY
def report_cell_rows(request: SignedInRequest, report: str, table: str) -> HttpResponseBase:
    """The rows that make one cell, as a file."""
    refused = _refused(request, report)
    if refused:
        return refused
    page = asked.read(request)
    with one_view():
        cell = _find(request, page, report, table)
    rows, currency = cell.drill.evidence.shown, cell.scope.currency
    return respond(
        request,
        Download(
            name=f"purelaka-{report}-{table}-cell-{currency}-{page.window.start}-{page.window.end}",
            columns=rows.columns,
            lines=evidence.lines(rows, page.window, currency),
            says={
                "export": "cell_rows",
                "cell": f"{report}/{table}",
                "row": request.GET["row"],
                "column": cell.head.name,
                "currency": currency,
                **said([page.window]),
            },
        ),
    )


def _refused(request: SignedInRequest, report: str) -> HttpResponse | None:
    """The answer to an address that names no report (404), no cell, window or currency (400)."""
    if report not in REPORTS:
        raise Http404
    page = asked.read(request)
    code = request.GET.get("currency", "").strip().lower()
    if page.error:
        return HttpResponse(f"{page.error}\n", status=400, content_type=PLAIN)
    if not re.fullmatch("[a-z]{3}", code) or not {"row", "column"} <= request.GET.keys():
        return HttpResponse(NOT_NAMED, status=400, content_type=PLAIN)
    return None


def _find(request: SignedInRequest, page: Asked, report: str, key: str) -> Found:
    """The cell that the address names. Raises Http404."""
    found = _look(request, page, report, key, state())
    if found is None or found.value is None:
        raise Http404
    return found


def _look(request: SignedInRequest, page: Asked, report: str, key: str, known: State) -> Found | None:
    """The cell, in a state of what was known; None where there is none, or a figure: it has its own page."""
    currency = request.GET["currency"].strip().lower()
    row, column = request.GET["row"], request.GET["column"]
    makes = CELLS.get(report, {}).get(key)
    if makes is None or "\0" in row:
        return None
    table = makes(replace(asking(page, known, currency, report), row=row, column=column))
    found = table.find(row, column)
    if found is None or table.drill is None:
        return None
    name, head, value = found
    defined = BREAKDOWNS.get(table.row_keys[table.row_ids.index(row)] if table.row_keys else head.key)
    if defined is None:
        return None
    return Found(
        table, name, head, value, defined, table.drill(row, column), Scope(page.window, currency, known)
    )


def _earlier(request: SignedInRequest, page: Asked, report: str, key: str, cell: Found) -> Earlier:
    """The cell as it was known at the end of the day that is asked for, if one is."""
    asked = asked_day(request)
    if not asked.day:
        return asked
    then = replace(cell.scope, state=cell.scope.state.as_known_at(asked.moment))
    was = _look(request, page, report, key, then.state)
    asked = replace(asked, figure=was.figure or "–" if was else cell.nothing)
    rows = cell.drill.evidence
    is_money = not rows.counted and (cell.is_money or cell.drill.unit == MONEY)
    found = with_rows(asked, rows, cell.scope, then, is_money=is_money)
    return replace(found, lines=[_with_label(line) for line in found.lines])


def _with_label(line: Line) -> Line:
    return line._replace(cells={**line.cells, "label": LABELS.get(line.cells.get("kind"), "")})


def _address(request: SignedInRequest, page: Asked, name: str, report: str, table: str) -> str:
    cell = {part: request.GET[part] for part in ("currency", "row", "column")}
    return page.address_of_window(reverse(f"analyticsapp:{name}", args=[report, table]), page.window, **cell)


def _may_export(request: SignedInRequest) -> bool:
    return request.user.role in EXPORTERS


def _sums(cell: Found, totals: Totals) -> list[tuple[str, str]]:
    """What stands below the rows: their money, or their pieces."""
    if cell.is_money or cell.drill.evidence.counted or cell.drill.unit == MONEY:
        return [("Sum", display(totals.amount, cell.scope.currency))]
    return [("Sum", f"{totals.amount:,}")]
