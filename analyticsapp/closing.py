"""Close a month: keep its figures as they were reported, and tell what came for it later."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import IntegrityError, transaction

from accounts.models import User
from analyticsapp import learnt
from analyticsapp.build import settled_id
from analyticsapp.facts import window_facts
from analyticsapp.kpis import KPIS
from analyticsapp.kpis.definition import for_file
from analyticsapp.learnt import WITHOUT_ENTRIES, Cause
from analyticsapp.models import ClosedMonth
from analyticsapp.rollups import state
from analyticsapp.windows import Window
from audit import log
from payments.models import LedgerEntry
from purelaka.days import store_day

# What still grows as the months go by, and what is not known of an earlier day, is not kept.
KEPT = tuple(key for key, kpi in KPIS.items() if key not in WITHOUT_ENTRIES and "sales" not in kpi.needs)
NEEDS = tuple({group for key in KEPT for group in KPIS[key].needs})
Figures = dict[str, dict[str, str]]  # currency -> KPI -> as files say it


class CannotClose(ValueError):
    """The month can't be closed; the message says why."""


@dataclass(frozen=True)
class Month:
    """A month as the page shows it. `late` is what came after it was closed."""

    first: date
    closed: ClosedMonth | None
    late: Sequence[Cause]

    @property
    def window(self) -> Window:
        return window_of(self.first)


def window_of(month: date) -> Window:
    """The days of the month that begins on `month`."""
    following = date(month.year + month.month // 12, month.month % 12 + 1, 1)
    return Window(month, following - timedelta(days=1))


def close(month: date, *, actor: User, now: datetime) -> ClosedMonth:
    """Keep the figures of the month that begins on `month`, as they are known now.

    Raises CannotClose: it has not ended, nothing moved in it, or it is closed already; LedgerBusy.
    """
    if month.day != 1:
        raise CannotClose(f"{month} is no first day of a month.")
    if store_day(now) <= window_of(month).end:
        raise CannotClose(f"{month:%B %Y} is not over.")
    ledger_id = settled_id()
    try:
        with transaction.atomic():
            newest = ledger_id if ledger_id is not None else newest_entry()
            figures = figures_up_to(month, newest)
            if not figures:
                raise CannotClose(f"No money moved in {month:%B %Y}.")
            closed = ClosedMonth.objects.create(
                month=month, ledger_id=newest, figures=figures, closed_at=now, closed_by=actor
            )
            log.record("month.closed", actor=actor, target=closed, month=f"{month:%Y-%m}", figures=figures)
    except IntegrityError:
        raise CannotClose(f"{month:%B %Y} is closed already.") from None
    return closed


def figures_up_to(month: date, ledger_id: int) -> Figures:
    """The month's figures as the ledger's entries up to this one make them; currencies that moved."""
    facts = window_facts(window_of(month), state().up_to_entry(ledger_id), needs=NEEDS)
    return {
        currency: {key: for_file(KPIS[key], KPIS[key].compute(found), currency) for key in KEPT}
        for currency, found in facts.items()
        if found.latest_day
    }


def months(*, today: date) -> list[Month]:
    """Every month that is over, newest first, from the first on in which money moved."""
    first = LedgerEntry.objects.order_by("occurred_on").values_list("occurred_on", flat=True).first()
    if first is None:
        return []
    closed = {one.month: one for one in ClosedMonth.objects.select_related("closed_by")}
    found, month = [], first.replace(day=1)
    while window_of(month).end < today:
        known = closed.get(month)
        late = learnt.since_entry(window_of(month), known.ledger_id) if known else []
        found.append(Month(month, known, late))
        month = window_of(month).end + timedelta(days=1)
    return found[::-1]


def newest_entry() -> int:
    """The id of the ledger's newest entry; 0 in an empty one."""
    return LedgerEntry.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
