"""Daily figures of any window: closed days as they are stored, changed ones from the ledger."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from analyticsapp.reading import as_day, rows
from analyticsapp.rollups.definitions import DAILY_ROLLUP, State, relation
from analyticsapp.windows import Window


@dataclass(frozen=True)
class DayFigures:
    """One day and currency. Amounts in minor units with the ledger's signs: what leaves is negative."""

    day: date
    currency: str
    sales: int = 0
    orders: int = 0
    refunds: int = 0
    disputes: int = 0
    fees: int = 0
    unapplied: int = 0
    adjustments: int = 0
    payouts: int = 0

    @property
    def net_sales(self) -> int:
        """Sales less refunds and disputes, each on its own day."""
        return self.sales + self.refunds + self.disputes


def daily_figures(window: Window, state: State) -> list[DayFigures]:
    """Each day and currency on which money moved, in this order. One query.

    The only source of figures per day.
    """
    found = rows(relation(DAILY_ROLLUP, window, state))
    figures = [DayFigures(day, *rest) for moved, *rest in found if (day := as_day(moved))]
    return sorted(figures, key=lambda one: (one.day, one.currency))


def every_day(figures: Iterable[DayFigures], *, window: Window, currency: str) -> list[DayFigures]:
    """One currency's figures of every day of the window; days without any are zeros."""
    known = {one.day: one for one in figures if one.currency == currency}
    return [known.get(day) or DayFigures(day, currency) for day in window.all_days]
