"""What a KPI is, and how its figure is written for people and for files."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from analyticsapp.figures.facts import Facts
from purelaka.money import display, to_major

MONEY, COUNT, PERCENT = "money", "count", "percent"
Figure = int | Fraction | None
"""Minor units or a count as int; per cent as an exact Fraction; None when it divides by nothing."""


@dataclass(frozen=True)
class Kpi:
    """One figure. Texts are sentences for people; `compute` is the formula.

    `better` is "up" or "down" when one of them is welcome, else empty. `parts` are the KPIs that the
    formula names, with the sign or operator in front of each. `report` names the report that shows it;
    empty: the dashboard does. `needs` are the groups of `analyticsapp.figures.further` that the formula
    reads.
    """

    key: str
    label: str
    unit: str
    formula: str
    date_rule: str
    edge_cases: str
    source: str
    compute: Callable[[Facts], Figure]
    currency_rule: str = "Within one currency; currencies are never added."
    better: str = ""
    parts: tuple[tuple[str, str], ...] = ()
    version: int = 1
    report: str = ""
    needs: tuple[str, ...] = ()


def percent(part: int, whole: int) -> Fraction | None:
    """Exact; None of nothing."""
    return Fraction(100 * part, whole) if whole else None


def average(amount: int, number: int) -> int | None:
    """Minor units, rounded half to even; None of nothing."""
    return round(Fraction(amount, number)) if number else None


def two_digits(share: Fraction) -> Decimal:
    """Rounded half to even, here and nowhere before."""
    return Decimal(round(share * 100)).scaleb(-2)


def for_file(kpi: Kpi, figure: Figure, currency: str) -> str:
    """As a CSV cell: major units, a whole number or two digits. What divides by nothing is zero."""
    if kpi.unit == PERCENT:
        return f"{two_digits(Fraction(figure or 0)):.2f}"
    whole = int(figure or 0)
    return to_major(whole, currency) if kpi.unit == MONEY else str(whole)


def for_people(kpi: Kpi, figure: Figure, currency: str) -> str:
    """As it is read: `£1,234.50`, `1,204`, `3.54%`; a dash for what divides by nothing."""
    if figure is None:
        return "–"
    if kpi.unit == PERCENT:
        return f"{two_digits(Fraction(figure)):,.2f}%".replace("-", "−")
    return display(int(figure), currency) if kpi.unit == MONEY else f"{int(figure):,}"
