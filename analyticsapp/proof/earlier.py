"""A figure or a cell as it was known at the end of an earlier day, and what changed it since."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from django.http import HttpRequest

from analyticsapp.figures.facts import Facts, window_facts
from analyticsapp.kpis import KPIS
from analyticsapp.kpis.definition import COUNT, for_people
from analyticsapp.proof import changed, learnt
from analyticsapp.proof.changed import Changed, ChangedRow
from analyticsapp.proof.evidence import Evidence, Scope
from analyticsapp.proof.learnt import BY_ROWS, MARGINS, OF_WISHES, Late
from analyticsapp.proof.of_figures import EVIDENCE
from analyticsapp.reports import margin
from analyticsapp.windows import BadWindow, read_day
from analyticsapp.wishes.known import not_kept
from purelaka.days import day_start
from purelaka.money import display


class Line(NamedTuple):
    """A row that changed: its cells, and what it was, is, and by how much it changed, to be read."""

    cells: dict[str, Any]
    was: str
    now: str
    change: str


@dataclass(frozen=True)
class Earlier:
    """`figure` is as it was known when `day` ended; `late` are the entries of the window learnt since.

    Or, where rows of another sort make it, `lines` are those that changed, `number` of them in all, and
    `change` what they come to. `note` says what of the past is not stored, `error` what was wrong with the
    day that was asked for, `typed`.
    """

    day: date | None = None
    figure: str = ""
    late: Late | None = None
    late_amount: str = ""
    lines: Sequence[Line] = ()
    number: int = 0
    noun: str = ""
    change: str = ""
    note: str = ""
    typed: str = ""
    error: str = ""

    @property
    def moment(self) -> datetime:
        """When the day ended."""
        assert self.day is not None
        return day_start(self.day + timedelta(days=1))


def asked_day(request: HttpRequest) -> Earlier:
    """What `?known=2026-10-31` asks for; without a day asked for, or with a wrong one, one without a day."""
    typed = request.GET.get("known", "").strip()
    if not typed:
        return Earlier()
    try:
        return Earlier(day=read_day("known", typed), typed=typed)
    except BadWindow as problem:
        return Earlier(typed=typed, error=str(problem))


def earlier_knowledge(request: HttpRequest, kpi: str, scope: Scope) -> Earlier:
    """A figure as it was known. Six queries at most, or none without a day."""
    asked = asked_day(request)
    if not asked.day:
        return asked
    then = replace(scope, state=scope.state.as_known_at(asked.moment))
    asked = replace(asked, figure=_figure(kpi, then))
    if kpi not in BY_ROWS:
        late = learnt.since_moment(kpi, scope.window, scope.currency, asked.moment)
        return replace(asked, late=late, late_amount=display(late.amount, scope.currency))
    proven, rows = EVIDENCE[kpi]
    is_money = not rows.counted and KPIS[proven].unit != COUNT
    found = with_rows(asked, rows, scope, then, is_money=is_money)
    return replace(found, note=not_kept(scope.window)) if kpi in OF_WISHES else found


def with_rows(asked: Earlier, rows: Evidence, now: Scope, then: Scope, *, is_money: bool) -> Earlier:
    """The same with the rows that changed since. Three queries at most."""
    text = money_text(now.currency) if is_money else count_text
    return shown(asked, rows, changed.since(rows, now, then), text)


def shown(asked: Earlier, rows: Evidence, found: Changed, text: Callable[[int], str]) -> Earlier:
    """The same with these rows, their amounts said by `text`."""
    return replace(
        asked,
        lines=[_line(row, found, text) for row in found.rows],
        number=found.number,
        noun=rows.noun(found.number),
        change=signed(found.change, text),
    )


def signed(number: int, text: Callable[[int], str]) -> str:
    """With a plus where it is above zero."""
    return f"+{text(number)}" if number > 0 else text(number)


def _line(row: ChangedRow, found: Changed, text: Callable[[int], str]) -> Line:
    if found.counted:
        there = {True: "in it", False: "not in it"}
        change = "+1" if row.was is None else "\N{MINUS SIGN}1"
        return Line(row.cells, there[row.was is not None], there[row.now is not None], change)
    was, now = ("–" if amount is None else text(amount) for amount in (row.was, row.now))
    return Line(row.cells, was, now, signed(row.change, text))


def _figure(kpi: str, then: Scope) -> str:
    if kpi in MARGINS:
        facts = Facts(then.currency, margin=margin.of_window(then.window, then.currency, then.state))
    else:
        facts = window_facts(then.window, then.state, needs=KPIS[kpi].needs)[then.currency]
    return for_people(KPIS[kpi], KPIS[kpi].compute(facts), then.currency)


def money_text(currency: str) -> Callable[[int], str]:
    """What says an amount of minor units."""
    return lambda amount: display(amount, currency)


def count_text(number: int) -> str:
    """A whole number, to be read."""
    return f"{number:,}".replace("-", "\N{MINUS SIGN}")
