"""Close a month: keep its figures as they were reported, and tell what came for it later."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from django.db import IntegrityError, transaction

from accounts.models import User
from analyticsapp.figures.facts import window_facts
from analyticsapp.known import Known
from analyticsapp.kpis import KPIS
from analyticsapp.kpis.definition import for_file
from analyticsapp.models import ClosedMonth
from analyticsapp.proof import learnt
from analyticsapp.proof.learnt import MARGINS, OF_FACTS, OF_WISHES, Cause
from analyticsapp.reports import margin
from analyticsapp.rollups.build import settled_id
from analyticsapp.rollups.definitions import state
from analyticsapp.windows import Window
from audit import log
from catalog.models import StockMovement
from payments.models import LedgerEntry
from purelaka.days import store_day

AS_TOLD = (*OF_FACTS, *OF_WISHES)
"""Kept as they were reported. What was known of them is stored with its moment only, and what was on its way
at the moment of closing may or may not be in it: not exact enough for a check."""
REBUILT = tuple(key for key in KPIS if key not in AS_TOLD)
"""Made again by the check, for ever, from what was known when the month was closed."""
Figures = dict[str, dict[str, str]]  # currency -> KPI -> as files say it


class CannotClose(ValueError):
    """The month can't be closed; the message says why."""


@dataclass(frozen=True)
class Month:
    """A month as the page shows it. `late` is what came for its days after it was closed.

    `refunded` is what was refunded of its sales on days after the month, since it was closed.
    """

    first: date
    closed: ClosedMonth | None
    late: Sequence[Cause]
    refunded: Sequence[Cause]

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
    settled = [settled_id(LedgerEntry), settled_id(StockMovement)]
    try:
        with transaction.atomic():
            known = _up_to(*settled)
            figures = figures_of(month, known)
            if not figures:
                raise CannotClose(f"No money moved in {month:%B %Y}.")
            closed = ClosedMonth.objects.create(
                month=month,
                ledger_id=known.ledger_id or 0,
                movement_id=known.movement_id,
                figures=figures,
                closed_at=now,
                closed_by=actor,
            )
            log.record("month.closed", actor=actor, target=closed, month=f"{month:%Y-%m}", figures=figures)
    except IntegrityError:
        raise CannotClose(f"{month:%B %Y} is closed already.") from None
    return closed


def figures_of(month: date, known: Known, keys: Collection[str] = tuple(KPIS)) -> Figures:
    """The month's figures, by default all, as what was known makes them; currencies that moved.

    Without margins where it is not known which goods had come back: the month was closed before these
    were kept. What is in AS_TOLD is as it is now.
    """
    window, past = window_of(month), replace(state(), past=known)
    facts = window_facts(window, past, needs={group for key in keys for group in KPIS[key].needs})
    has_margins = known.is_everything or known.movement_id is not None
    kept = [key for key in keys if key not in MARGINS or has_margins]
    figures: Figures = {}
    for currency, found in facts.items():
        if found.latest_day:
            whole = replace(found, margin=margin.of_window(window, currency, past))
            figures[currency] = {key: for_file(KPIS[key], KPIS[key].compute(whole), currency) for key in kept}
    return figures


def known_of(closed: ClosedMonth) -> Known:
    """What was known when a month was closed."""
    return Known(ledger_id=closed.ledger_id, movement_id=closed.movement_id)


def months(*, today: date) -> list[Month]:
    """Every month that is over, newest first, from the first on in which money moved."""
    first = LedgerEntry.objects.order_by("occurred_on").values_list("occurred_on", flat=True).first()
    if first is None:
        return []
    closed = {one.month: one for one in ClosedMonth.objects.select_related("closed_by")}
    refunded = learnt.refunds_of_closed_months()
    found, month = [], first.replace(day=1)
    while window_of(month).end < today:
        known = closed.get(month)
        late = learnt.since_entry(window_of(month), known.ledger_id) if known else []
        found.append(Month(month, known, late, refunded.get(month, [])))
        month = window_of(month).end + timedelta(days=1)
    return found[::-1]


def _up_to(ledger_id: int | None, movement_id: int | None) -> Known:
    newest = [
        settled if settled is not None else _newest(model)
        for model, settled in ((LedgerEntry, ledger_id), (StockMovement, movement_id))
    ]
    return Known(ledger_id=newest[0], movement_id=newest[1])


def _newest(model: type[LedgerEntry] | type[StockMovement]) -> int:
    """The newest row's id; 0 without any."""
    newest: int | None = model._default_manager.order_by("-pk").values_list("pk", flat=True).first()
    return newest or 0
