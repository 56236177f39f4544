"""A figure as it was known at the end of an earlier day, and what changed it since."""

from dataclasses import dataclass
from datetime import date, timedelta

from django.http import HttpRequest

from analyticsapp import learnt
from analyticsapp.evidence import Scope
from analyticsapp.facts import window_facts
from analyticsapp.kpis import KPIS
from analyticsapp.kpis.definition import for_people
from analyticsapp.learnt import WITHOUT_ENTRIES, Late
from analyticsapp.windows import BadWindow, read_day
from purelaka.days import day_start
from purelaka.money import display


@dataclass(frozen=True)
class Earlier:
    """`figure` is as it was known when `day` ended; `late` are the entries of the window learnt since.

    `error` says what was wrong with the day that was asked for, `typed`.
    """

    day: date | None = None
    figure: str = ""
    late: Late | None = None
    late_amount: str = ""
    typed: str = ""
    error: str = ""


def earlier_knowledge(request: HttpRequest, kpi: str, scope: Scope) -> Earlier | None:
    """What `?known=2026-10-31` asks for; None for figures of which earlier knowledge is not kept.

    Without a day asked for: an Earlier without a figure. Four queries with one.
    """
    if kpi in WITHOUT_ENTRIES:
        return None
    typed = request.GET.get("known", "").strip()
    if not typed:
        return Earlier()
    try:
        day = read_day("known", typed)
    except BadWindow as problem:
        return Earlier(typed=typed, error=str(problem))
    moment = day_start(day + timedelta(days=1))
    then = scope.state.as_known_at(moment)
    facts = window_facts(scope.window, then, needs=KPIS[kpi].needs)[scope.currency]
    late = learnt.since_moment(kpi, scope.window, scope.currency, moment)
    return Earlier(
        day=day,
        figure=for_people(KPIS[kpi], KPIS[kpi].compute(facts), scope.currency),
        late=late,
        late_amount=display(late.amount, scope.currency),
        typed=typed,
    )
