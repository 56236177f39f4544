"""The months: what was reported of each, and what came for it later."""

import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import NamedTuple
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accounts.roles import SignedInRequest, analyst_required, staff_required
from analyticsapp.known import EVERYTHING
from analyticsapp.kpis import KPIS
from analyticsapp.kpis.definition import MONEY, PERCENT
from analyticsapp.models import ClosedMonth
from analyticsapp.months import closing, late
from analyticsapp.months.closing import Figures
from analyticsapp.proof import learnt
from analyticsapp.proof.earlier import Earlier, count_text, money_text, shown
from analyticsapp.report_tabs import REPORTS
from analyticsapp.rollups.build import LedgerBusy
from analyticsapp.views import asked
from analyticsapp.views.frame import EXPORTERS
from analyticsapp.windows import Window
from purelaka.money import display, to_minor

NOT_KEPT = "not kept"


class Line(NamedTuple):
    """A figure of one currency: as it was reported, and as it is now. `url` is of its page."""

    label: str
    url: str
    reported: str
    now: str

    @property
    def is_kept(self) -> bool:
        return self.reported != NOT_KEPT

    @property
    def differs(self) -> bool:
        return self.is_kept and self.reported != self.now


class Currency(NamedTuple):
    """The figures of one currency, under the names of the reports that show them."""

    code: str
    groups: dict[str, list[Line]]

    @property
    def changed(self) -> int:
        """How many are not what was reported any more."""
        return sum(line.differs for lines in self.groups.values() for line in lines)


@staff_required
@require_safe
def months(request: SignedInRequest) -> HttpResponse:
    """Every month that is over, newest first, closed or open."""
    found = closing.months(today=asked.today())
    return render(request, "analyticsapp/months.html", {"months": found})


@staff_required
@require_safe
def month(request: SignedInRequest, month: str) -> HttpResponse:
    """One month: its figures as reported and as known now, and what came later."""
    first = _read(month)
    closed = ClosedMonth.objects.select_related("closed_by").filter(month=first).first()
    window = closing.window_of(first)
    now = closing.figures_of(first, EVERYTHING)
    reported: Figures = closed.figures if closed else now
    causes = learnt.since_entry(window, closed.ledger_id) if closed else []
    context = {
        "month": first,
        "window": window,
        "closed": closed,
        "is_over": window.end < asked.today(),
        "currencies": [_figures(window, reported, now, code) for code in _most_used_first(reported, now)],
        "causes": causes,
        "late_number": sum(cause.number for cause in causes),
        "late": learnt.rows_since_entry(window, closed.ledger_id) if closed else [],
        "late_refunds": late.refunds_of_sales(closed) if closed else [],
        "late_rows": _late_rows(closed, now) if closed else [],
        "may_close": request.user.role in EXPORTERS,
        "dashboard_url": f"{reverse('analyticsapp:dashboard')}?start={window.start}&end={window.end}",
    }
    return render(request, "analyticsapp/month.html", context)


@analyst_required
@require_POST
def close_month(request: SignedInRequest, month: str) -> HttpResponse:
    """Keep the month's figures as they are known now."""
    first = _read(month)
    try:
        closing.close(first, actor=request.user, now=timezone.now())
    except (closing.CannotClose, LedgerBusy) as problem:
        messages.error(request, str(problem))
    else:
        messages.success(request, f"{first:%B %Y} is closed: its figures stay as they are reported now.")
    return redirect("analyticsapp:month", month)


def _late_rows(closed: ClosedMonth, now: Figures) -> list[tuple[str, str, Earlier]]:
    """What changed a figure since: what it is, its currency, and the rows."""
    return [
        (one.label, one.currency, shown(Earlier(), one.evidence, one.found, _text(one)))
        for one in late.changed_rows(closed, now)
    ]


def _text(one: late.LateRows) -> Callable[[int], str]:
    return count_text if one.evidence.counted else money_text(one.currency)


def _most_used_first(*figures: Figures) -> list[str]:
    """The currencies, with the most orders first."""
    orders = {code: int(of.get("orders", 0)) for each in figures for code, of in each.items()}
    return sorted(orders, key=lambda code: (-orders[code], code))


def _figures(window: Window, reported: Figures, now: Figures, currency: str) -> Currency:
    """Every figure of the registry. What was defined after the month was closed was not kept."""
    query = urlencode({"start": window.start, "end": window.end, "currency": currency})
    were, are = reported.get(currency, {}), now.get(currency, {})
    groups: dict[str, list[Line]] = {}
    for key, kpi in KPIS.items():
        line = Line(
            kpi.label,
            f"{reverse('analyticsapp:kpi-detail', args=[key])}?{query}",
            NOT_KEPT if were and key not in were else _spoken(key, were, currency),
            _spoken(key, are, currency),
        )
        groups.setdefault(REPORTS[kpi.report][0] if kpi.report else "Overview", []).append(line)
    return Currency(currency, groups)


def _spoken(key: str, figures: dict[str, str], currency: str) -> str:
    """A figure as files say it, for people. Files say zero of what divides by nothing."""
    value, divisors = figures.get(key), [part for sign, part in KPIS[key].parts if sign == "/"]
    if value is None or any(not Decimal(figures.get(part, 1)) for part in divisors):
        return "–"
    if KPIS[key].unit == MONEY:
        return display(to_minor(value, currency), currency)
    return f"{value}%" if KPIS[key].unit == PERCENT else f"{int(value):,}"


def _read(month: str) -> date:
    """The first day of `2026-10`. Raises Http404."""
    if not re.fullmatch(r"[12][0-9]{3}-(0[1-9]|1[0-2])", month):
        raise Http404
    return date.fromisoformat(f"{month}-01")
