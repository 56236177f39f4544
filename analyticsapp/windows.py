"""Windows of days: what `?days=30` and `?start=2026-10-01&end=2026-10-31` mean.

The only reader of these parameters. Days are the store's, both ends are included.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from purelaka.days import day_bounds

PRESETS = (7, 30, 90)
DEFAULT_DAYS = 30
EARLIEST, LATEST = date(1970, 1, 1), date(2999, 12, 31)
MOST_DAYS = 36_500
EXAMPLE = "write it as 2026-10-31"


class BadWindow(ValueError):
    """The parameters name no window; the message says what to write instead."""


@dataclass(frozen=True, order=True)
class Window:
    """The store-local days `start` to `end`, both included."""

    start: date
    end: date

    @property
    def days(self) -> int:
        """How many days; never less than 1."""
        return (self.end - self.start).days + 1

    @property
    def previous(self) -> "Window":
        """The window of the same length that ends the day before this one starts."""
        return Window(self.start - timedelta(days=self.days), self.start - timedelta(days=1))

    @property
    def year_before(self) -> "Window":
        """The same days of the year before; 29 February is 28 February there."""
        return Window(_year_earlier(self.start), _year_earlier(self.end))

    @property
    def bounds(self) -> tuple[datetime, datetime]:
        """`[from, to)` in UTC."""
        return day_bounds(self.start, self.end)

    @property
    def all_days(self) -> list[date]:
        """Every day, in order."""
        return [self.start + timedelta(days=number) for number in range(self.days)]

    def __contains__(self, day: object) -> bool:
        return isinstance(day, date) and self.start <= day <= self.end

    def __str__(self) -> str:
        return f"{self.start}/{self.end}"


def last_days(days: int, *, today: date) -> Window:
    """The `days` days that end today, today included. Raises BadWindow."""
    if not 1 <= days <= MOST_DAYS:
        raise BadWindow(f"days must be a whole number from 1 to {MOST_DAYS}, not {days}.")
    return Window(today - timedelta(days=days - 1), today)


def between(start: date, end: date) -> Window:
    """From `start` to `end`, both included; days to come are allowed. Raises BadWindow."""
    if start > end:
        raise BadWindow(f"The first day (start, {start}) comes after the last (end, {end}). Swap them.")
    if start < EARLIEST or end > LATEST:
        raise BadWindow(f"A window lies between {EARLIEST} and {LATEST}.")
    return Window(start, end)


def _year_earlier(day: date) -> date:
    return day.replace(year=day.year - 1, day=28 if (day.month, day.day) == (2, 29) else day.day)


def _quarter_start(day: date) -> date:
    return date(day.year, 3 * ((day.month - 1) // 3) + 1, 1)


def _day_before(day: date) -> date:
    return day - timedelta(days=1)


@dataclass(frozen=True)
class Period:
    """A window by name: `of` gives it for a today. Those that run end today."""

    label: str
    of: Callable[[date], Window]


PERIODS = {
    "month": Period("This month", lambda today: Window(today.replace(day=1), today)),
    "last_month": Period(
        "Last month",
        lambda today: Window(
            _day_before(today.replace(day=1)).replace(day=1), _day_before(today.replace(day=1))
        ),
    ),
    "quarter": Period("This quarter", lambda today: Window(_quarter_start(today), today)),
    "last_quarter": Period(
        "Last quarter",
        lambda today: Window(
            _quarter_start(_day_before(_quarter_start(today))), _day_before(_quarter_start(today))
        ),
    ),
    "year": Period("Year to date", lambda today: Window(date(today.year, 1, 1), today)),
    "last_year": Period(
        "Last year", lambda today: Window(date(today.year - 1, 1, 1), date(today.year - 1, 12, 31))
    ),
}


def asked(query: Mapping[str, str], *, today: date) -> Window | None:
    """The window a query string asks for, or None when it names none. Raises BadWindow.

    `days` alone, or a `period` alone, or `start` and `end`; `start` alone means until today. Empty
    values count as absent.
    """
    days, period, start, end = (query.get(name, "").strip() for name in ("days", "period", "start", "end"))
    if [bool(days), bool(period), bool(start or end)].count(True) > 1:
        raise BadWindow("Say either days, or a period, or start and end, not several of them.")
    if period:
        return _period(period).of(today)
    if days:
        return last_days(_number(days), today=today)
    if not start and not end:
        return None
    if not start:
        raise BadWindow("end without start. Say the first day of the window too.")
    return between(read_day("start", start), read_day("end", end) if end else today)


def asked_or_default(query: Mapping[str, str], *, today: date) -> Window:
    """As `asked`; the last 30 days when the query names no window. Raises BadWindow."""
    return asked(query, today=today) or last_days(DEFAULT_DAYS, today=today)


def _period(name: str) -> Period:
    if name not in PERIODS:
        raise BadWindow(f"There is no period {_shown(name)}. There are {', '.join(PERIODS)}.")
    return PERIODS[name]


def _number(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,6}", text):
        raise BadWindow(f"days must be a whole number such as 30, not {_shown(text)}.")
    return int(text)


def read_day(name: str, text: str) -> date:
    """The day that a parameter of this name says. Raises BadWindow."""
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        raise BadWindow(f"{name} must be a day, not {_shown(text)}: {EXAMPLE}.")
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise BadWindow(f"{name}: there is no day {text}. Check month and day; {EXAMPLE}.") from None


def _shown(text: str) -> str:
    return repr(text if len(text) <= 40 else text[:40] + "…")
