"""What a window's figures are made of, per currency."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date

from analyticsapp.figures import further
from analyticsapp.figures.counts import Counts, counts
from analyticsapp.figures.daily import DayFigures, daily_figures
from analyticsapp.reports import margin
from analyticsapp.reports.margin import Margin
from analyticsapp.rollups.definitions import State
from analyticsapp.windows import Window


@dataclass(frozen=True)
class Facts:
    """The sums and counts of one window in one currency. Amounts are minor units.

    `refunded`, `disputed` and `fees` are turned: positive is what left. People with a wish have no
    currency: their numbers are the same in every currency. `latest_day` is the last on which money moved.
    `margin` is read by `with_margin` only: it asks for the lines of every order that something came back of.
    `unapplied`, `adjustments` and `payouts` are as the ledger signs them. `further` are those facts of
    `analyticsapp.figures.further` that were asked for; another is a KeyError, not a zero.
    """

    currency: str
    latest_day: date | None = None
    revenue: int = 0
    orders: int = 0
    refunded: int = 0
    disputed: int = 0
    fees: int = 0
    refunded_orders: int = 0
    unique_customers: int = 0
    repeat_customers: int = 0
    wishlisted_users: int = 0
    basket_users: int = 0
    purchased_users: int = 0
    margin: Margin = field(default_factory=Margin)
    unapplied: int = 0
    adjustments: int = 0
    payouts: int = 0
    further: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Comparison:
    """Two windows side by side, and what their days were, per currency of the store.

    `earlier` is the window that this one is compared with; `absent` says by currency that there was nothing
    yet then.
    """

    now: dict[str, Facts]
    before: dict[str, Facts]
    days: list[DayFigures]
    counts: Counts
    earlier: Window
    absent: dict[str, str] = field(default_factory=dict)


def window_facts(
    window: Window, state: State, *, needs: Collection[str] = tuple(further.GROUPS)
) -> dict[str, Facts]:
    """The facts of a window, by currency; one entry for each currency that ever moved.

    Two queries, and one for further facts, by default all of them.
    """
    days = daily_figures(window, state)
    counted = counts(window, state)
    found = {currency: _facts(currency, days, counted, 0) for currency in state.currencies}
    [told] = _with_further({window: found}, needs, state)
    return told


def compare(
    window: Window, state: State, against: Window | None = None, *, needs: Collection[str] = ()
) -> Comparison:
    """The facts of a window and of an earlier one: the previous of the same length, by default.

    Two queries for the previous one, which lies beside it; three for any other. One more
    for all further facts that are needed.
    """
    before = against or window.previous
    if before == window.previous:
        days = daily_figures(Window(before.start, window.end), state)
        counted = counts(window, state, before=before)
    else:
        both = Window(min(before.start, window.start), max(before.end, window.end))
        days = [one for one in daily_figures(both, state) if one.day in before or one.day in window]
        counted = counts(window, state).beside(counts(before, state))
    earlier = [one for one in days if one.day in before]
    present = [one for one in days if one.day in window]
    now = {currency: _facts(currency, present, counted, 0) for currency in state.currencies}
    then = {currency: _facts(currency, earlier, counted, 1) for currency in state.currencies}
    now, then = _with_further({window: now, before: then}, needs, state)
    return Comparison(
        now=now,
        before=then,
        days=days,
        counts=counted,
        earlier=before,
        absent=_absent(window, before, state),
    )


def _absent(window: Window, before: Window, state: State) -> dict[str, str]:
    text = "no data before" if before == window.previous else "no data a year ago"
    return {code: text for code, first in state.first_days.items() if first > before.end}


def with_margin(found: Comparison, window: Window, currency: str, state: State) -> Comparison:
    """The same with the margins of both windows in one currency. Two queries."""
    both = [(found.now, window), (found.before, found.earlier)]
    now, before = (
        {**facts, currency: replace(facts[currency], margin=margin.of_window(each, currency, state))}
        for facts, each in both
    )
    return replace(found, now=now, before=before)


def _with_further(
    windows: Mapping[Window, dict[str, Facts]], needs: Collection[str], state: State
) -> list[dict[str, Facts]]:
    """The facts of each window with the further ones. One query, or none when nothing is needed."""
    if not needs:
        return list(windows.values())
    more = further.read(needs, list(windows), state)
    return [
        {currency: replace(one, further=known[currency]) for currency, one in facts.items()}
        for facts, known in zip(windows.values(), more, strict=True)
    ]


def _facts(currency: str, days: Iterable[DayFigures], counted: Counts, which: int) -> Facts:
    mine = [one for one in days if one.currency == currency]
    return Facts(
        currency=currency,
        latest_day=max((one.day for one in mine), default=None),
        revenue=sum(one.sales for one in mine),
        orders=sum(one.orders for one in mine),
        refunded=-sum(one.refunds for one in mine),
        disputed=-sum(one.disputes for one in mine),
        fees=-sum(one.fees for one in mine),
        refunded_orders=counted.of("refunded_orders", currency)[which],
        unique_customers=counted.of("unique_customers", currency)[which],
        repeat_customers=counted.of("repeat_customers", currency)[which],
        wishlisted_users=counted.of("wishlisted_users")[which],
        basket_users=counted.of("basket_users")[which],
        purchased_users=counted.of("purchased_users")[which],
        unapplied=sum(one.unapplied for one in mine),
        adjustments=sum(one.adjustments for one in mine),
        payouts=sum(one.payouts for one in mine),
    )
