"""What changed the figures of a closed month since: refunds of its sales, order lines, charges, disputes."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from analyticsapp.known import Known
from analyticsapp.kpis import KPIS
from analyticsapp.models import ClosedMonth
from analyticsapp.months.closing import AS_TOLD, Figures, known_of, window_of
from analyticsapp.proof import changed
from analyticsapp.proof.changed import Changed
from analyticsapp.proof.evidence import Evidence, Scope
from analyticsapp.proof.learnt import SHOWN
from analyticsapp.proof.of_figures import EVIDENCE, MARGIN_LINES, REFUNDS_OF_SALES
from analyticsapp.reading import Sql, rows
from analyticsapp.rollups.definitions import State, state
from payments.models import Kind, LedgerEntry

# Each entry by why it came: made in the month, on a later day, or known then and its sale learnt of since.
CAUSES = """
    SELECT CASE WHEN entry.id <= %s THEN 'sale' WHEN entry.occurred_on <= %s THEN 'late' ELSE 'later' END,
        entry.kind, COUNT(*), SUM(moved.now - moved.was)
    FROM ({moved}) AS moved JOIN payments_ledgerentry AS entry ON entry.id = moved.row_id
    GROUP BY 1, 2 ORDER BY 1, 2
"""
NEWEST = f"""
    SELECT entry.id FROM ({{moved}}) AS moved JOIN payments_ledgerentry AS entry ON entry.id = moved.row_id
    ORDER BY entry.posted_at DESC, entry.id DESC LIMIT {SHOWN}
"""
WHY = {
    "late": "made in the month and learnt of late",
    "later": "made after the month",
    "sale": "known then, its sale learnt of late",
}


class RefundCause(NamedTuple):
    """How many refunds came for one reason, and what they sum to, as the ledger signs."""

    kind: Kind
    why: str
    number: int
    amount: int


@dataclass(frozen=True)
class LateRefunds:
    """Refunds of the orders sold in a closed month that came since, in one currency.

    `rows` are the newest, 50 at most, of `number`. `amount` is by how much they raise refunds of the sales.
    """

    currency: str
    causes: Sequence[RefundCause]
    rows: Sequence[LedgerEntry]

    @property
    def number(self) -> int:
        return sum(cause.number for cause in self.causes)

    @property
    def amount(self) -> int:
        return -sum(cause.amount for cause in self.causes)


class LateRows(NamedTuple):
    """Rows that changed a figure since, in one currency."""

    label: str
    currency: str
    evidence: Evidence
    found: Changed


def refunds_of_sales(closed: ClosedMonth) -> list[LateRefunds]:
    """By currency, where any came. Two queries each; one more where any came."""
    now = state()
    found = [_refunds(closed, currency, now) for currency in now.currencies]
    return [one for one in found if one.causes]


def changed_rows(closed: ClosedMonth, now: Figures) -> list[LateRows]:
    """The order lines whose margin changed; charges, disputes and people with a wish where their figures did.

    Three queries each at most.
    """
    return [one for one in (*_lines(closed), *_told(closed, now)) if one.found.number]


def _refunds(closed: ClosedMonth, currency: str, now: State) -> LateRefunds:
    window = window_of(closed.month)
    then = replace(now, past=known_of(closed))
    moved = changed.between(REFUNDS_OF_SALES, Scope(window, currency, now), Scope(window, currency, then))
    causes = [
        RefundCause(Kind(kind), WHY[why], number, int(amount))
        for why, kind, number, amount in rows(_of(CAUSES, moved, [closed.ledger_id, window.end]))
    ]
    return LateRefunds(currency, causes, _newest(moved) if causes else [])


def _newest(moved: Sql) -> list[LedgerEntry]:
    ids = [row_id for (row_id,) in rows(_of(NEWEST, moved, []))]
    entries = LedgerEntry.objects.select_related("order", "event").filter(pk__in=ids)
    return sorted(entries, key=lambda entry: ids.index(entry.pk))


def _of(query: str, moved: Sql, first: list[object]) -> Sql:
    text, parameters = moved
    return query.replace("{moved}", text), [*first, *parameters]


def _lines(closed: ClosedMonth) -> Iterator[LateRows]:
    if closed.movement_id is None:
        return
    for currency in closed.figures:
        yield _since(closed, "the margin", currency, MARGIN_LINES, known_of(closed))


def _told(closed: ClosedMonth, now: Figures) -> Iterator[LateRows]:
    """Charges, disputes and people with a wish that are not as they were known at the moment of closing."""
    for currency, figures in closed.figures.items():
        for key in AS_TOLD:
            proven, evidence = EVIDENCE[key]
            is_now = now.get(currency, {}).get(key)
            if proven == key and key in figures and figures[key] != is_now:
                yield _since(closed, KPIS[key].label.lower(), currency, evidence, Known(closed.closed_at))


def _since(closed: ClosedMonth, label: str, currency: str, evidence: Evidence, known: Known) -> LateRows:
    now = Scope(window_of(closed.month), currency, state())
    then = replace(now, state=replace(now.state, past=known))
    return LateRows(label, currency, evidence, changed.since(evidence, now, then))
