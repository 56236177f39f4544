"""One figure taken apart: its terms, its change, and whether its rows sum to it."""

from dataclasses import dataclass

from analyticsapp.figures.facts import Comparison, Facts
from analyticsapp.kpis import KPIS
from analyticsapp.kpis.definition import MONEY, Kpi, for_people
from analyticsapp.proof import evidence
from analyticsapp.proof.evidence import Evidence, Scope, Totals
from analyticsapp.proof.of_figures import EVIDENCE
from analyticsapp.views.cards import Change, change
from payments.models import Kind
from purelaka.money import display


@dataclass(frozen=True)
class Term:
    """A piece of the formula: the sign in front, what it is, its figure. `key` names a KPI, if it is one."""

    sign: str
    label: str
    figure: str
    key: str = ""


@dataclass(frozen=True)
class Told:
    """What the page says of the figure and of all its rows, not only of those on the page.

    `rows_say` is what the rows come to, and `proves` the KPI that this must equal; `agrees` says whether.
    """

    figure: str
    terms: list[Term]
    change: Change
    evidence: Evidence
    totals: Totals
    proves: Kpi
    rows_say: str
    proven_figure: str
    agrees: bool

    @property
    def noun(self) -> str:
        """What the rows are called."""
        return self.evidence.noun(self.totals.number)


def explain(kpi: Kpi, found: Comparison, scope: Scope) -> Told:
    """Take the figure apart. Two queries at most."""
    facts, before = found.now[scope.currency], found.before[scope.currency]
    proven_key, rows = EVIDENCE[kpi.key]
    totals = evidence.totals(rows, scope)
    proven = KPIS[proven_key]
    rows_say = totals.number if rows.counted else rows.sign * totals.amount
    return Told(
        figure=for_people(kpi, kpi.compute(facts), scope.currency),
        terms=_terms(kpi, facts, rows, scope),
        change=change(
            kpi,
            kpi.compute(facts),
            kpi.compute(before),
            scope.currency,
            found.absent.get(scope.currency, ""),
        ),
        evidence=rows,
        totals=totals,
        proves=proven,
        rows_say=for_people(proven, rows_say, scope.currency),
        proven_figure=for_people(proven, proven.compute(facts), scope.currency),
        agrees=rows_say == proven.compute(facts),
    )


def _terms(kpi: Kpi, facts: Facts, rows: Evidence, scope: Scope) -> list[Term]:
    """The KPIs that the formula names, or the kinds of entry that are summed; none when it is one thing."""
    if kpi.parts:
        parts = [(sign, KPIS[key]) for sign, key in kpi.parts]
        return [
            Term(sign, part.label, for_people(part, part.compute(facts), scope.currency), part.key)
            for sign, part in parts
        ]
    if kpi.unit != MONEY or rows.table != "entries":
        return []
    sums = evidence.by_kind(rows, scope)
    amounts = {kind: rows.sign * sums[kind] for kind in Kind if kind in sums}
    if len(amounts) < 2:
        return []
    terms: list[Term] = []
    for kind, amount in amounts.items():
        sign = "" if not terms and amount >= 0 else "−" if amount < 0 else "+"
        terms.append(Term(sign, kind.label, display(abs(amount), scope.currency)))
    return terms
