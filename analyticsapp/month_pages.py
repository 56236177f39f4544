"""The months: what was reported of each, and what came for it later."""

import re
from datetime import date
from typing import NamedTuple

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accounts.roles import SignedInRequest, analyst_required, staff_required
from analyticsapp import asked, closing, learnt
from analyticsapp.build import LedgerBusy
from analyticsapp.closing import KEPT, Figures
from analyticsapp.earlier import Earlier, money_text, shown
from analyticsapp.kpis import KPIS
from analyticsapp.kpis.definition import MONEY, PERCENT
from analyticsapp.models import ClosedMonth
from analyticsapp.proof import MARGIN_LINES
from analyticsapp.views import EXPORTERS
from purelaka.money import display, to_minor


class Line(NamedTuple):
    """A figure of one currency: as it was reported, and as it is now."""

    label: str
    reported: str
    now: str

    @property
    def differs(self) -> bool:
        return self.reported != self.now


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
    now = closing.figures_of(first, closing.known_now())
    reported: Figures = closed.figures if closed else now
    context = {
        "month": first,
        "window": window,
        "closed": closed,
        "is_over": window.end < asked.today(),
        "currencies": [
            (code, [_line(key, reported, now, code) for key in KEPT]) for code in sorted({*reported, *now})
        ],
        "causes": learnt.since_entry(window, closed.ledger_id) if closed else [],
        "late": learnt.rows_since_entry(window, closed.ledger_id) if closed else [],
        "late_lines": _late_lines(closed) if closed else [],
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


def _late_lines(closed: ClosedMonth) -> list[tuple[str, Earlier]]:
    """By currency, what changed the margin since."""
    return [
        (code, shown(Earlier(), MARGIN_LINES, found, money_text(code)))
        for code, found in closing.late_lines(closed).items()
    ]


def _line(key: str, reported: Figures, now: Figures, currency: str) -> Line:
    values = (figures.get(currency, {}).get(key, "") for figures in (reported, now))
    return Line(KPIS[key].label, *(_spoken(key, value, currency) for value in values))


def _spoken(key: str, value: str, currency: str) -> str:
    """A figure as files say it, for people."""
    if not value:
        return "–"
    if KPIS[key].unit == MONEY:
        return display(to_minor(value, currency), currency)
    return f"{value}%" if KPIS[key].unit == PERCENT else f"{int(value):,}"


def _read(month: str) -> date:
    """The first day of `2026-10`. Raises Http404."""
    if not re.fullmatch(r"[12][0-9]{3}-(0[1-9]|1[0-2])", month):
        raise Http404
    return date.fromisoformat(f"{month}-01")
