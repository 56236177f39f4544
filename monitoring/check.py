"""What a check is: a named question to the database, answered with findings."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from inspect import cleandoc
from typing import Any, TypedDict

from django.conf import settings
from django.db import connection
from django.db.models import QuerySet

from monitoring.models import Severity
from purelaka import moments
from purelaka.days import store_day
from purelaka.money import display

CHUNK = 2000  # rows fetched at a time: memory stays flat however much is wrong


@dataclass(frozen=True)
class Finding:
    """One thing that is not as it should be.

    `subject` names it, once per check. `expected` and `found` are the two ends in words,
    `difference` what lies between them. `order_id` and `event_id` are the rows a person opens.
    """

    subject: str
    message: str
    expected: str = ""
    found: str = ""
    difference: str = ""
    order_id: int | None = None
    event_id: int | None = None


class Evidence(TypedDict):
    """The three texts of a finding that compares two amounts."""

    expected: str
    found: str
    difference: str


Find = Callable[[datetime], Iterator[Finding]]


@dataclass(frozen=True)
class Check:
    """A question about two ends of an arrow, `source` → `target`, and how to ask it.

    `find` yields what disagrees at a moment; `compares` counts the things it looks at; `stale`
    says why the data is too old to prove anything, or nothing. With `person_decides`, a finding
    that a person resolved stays resolved while it stays the same.
    """

    name: str
    source: str
    target: str
    title: str
    severity: Severity
    find: Find
    compares: Callable[[], int]
    stale: Callable[[datetime], str]
    person_decides: bool

    @property
    def description(self) -> str:
        """What it compares and what to do, in plain words; one line a paragraph."""
        paragraphs = cleandoc(self.find.__doc__ or "").split("\n\n")
        return "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)

    @property
    def arrow(self) -> str:
        return f"{self.source} → {self.target}"


registry: dict[str, Check] = {}


def by_arrow() -> list[Check]:
    """All checks, those of one arrow together."""
    arrows = list(dict.fromkeys(check.arrow for check in registry.values()))
    return sorted(registry.values(), key=lambda check: arrows.index(check.arrow))


def check(
    arrow: tuple[str, str],
    title: str,
    *,
    compares: Callable[[], QuerySet[Any]],
    severity: Severity = Severity.CRITICAL,
    stale: Callable[[datetime], str] = lambda now: "",
    person_decides: bool = False,
) -> Callable[[Find], Find]:
    """Register the decorated function as a check; its name is the check's, its docstring its manual."""

    def register(find: Find) -> Find:
        name = find.__name__
        registry[name] = Check(
            name=name,
            source=arrow[0],
            target=arrow[1],
            title=title,
            severity=severity,
            find=find,
            compares=lambda: compares().count(),
            stale=stale,
            person_decides=person_decides,
        )
        return find

    return register


def rows(sql: str, **params: Any) -> Iterator[tuple[Any, ...]]:
    """The rows of one SELECT as the database finds them, never all of them in memory.

    Read them to the end before the next query. `sql` runs on both databases; `LOCAL_DAY(column)` in it
    stands for the store-local day of a moment. Days come as `date` or ISO text, sums as `Decimal` or
    `int`: use `int()` and `str()`.
    """
    parameters = {"zone": settings.TIME_ZONE, **{name: _stored(value) for name, value in params.items()}}
    with connection.cursor() as cursor:
        yield from _streamed(cursor, _in_dialect(sql), parameters)


def _streamed(cursor: Any, sql: str, parameters: dict[str, Any]) -> Iterator[tuple[Any, ...]]:
    """On Postgres row by row: for a cursor on the server it plans for the first rows, and uses one core."""
    if connection.vendor == "postgresql":
        yield from cursor.cursor.stream(sql, parameters)
        return
    cursor.execute(sql, parameters)
    while chunk := cursor.fetchmany(CHUNK):
        yield from chunk


LOCAL_DAY = re.compile(r"LOCAL_DAY\((?P<column>[\w.]+)\)")


def _in_dialect(sql: str) -> str:
    """Postgres knows time zones; SQLite is lent a function."""
    if connection.vendor == "postgresql":
        return LOCAL_DAY.sub(r"(\g<column> AT TIME ZONE %(zone)s)::date", sql)
    connection.ensure_connection()
    connection.connection.create_function("LOCAL_DAY", 1, _local_day, deterministic=True)
    return sql


def _local_day(stored: str | None) -> str | None:
    """`2026-06-15 23:30:00`, in UTC, is the 16th in London. Millions of them: the answer is kept.

    Every zone's midnight is at a full quarter of an hour in UTC.
    """
    return stored and _day_of_quarter(stored[:14], int(stored[14:16]) // 15)


@lru_cache(maxsize=200_000)
def _day_of_quarter(hour: str, quarter: int) -> str:
    return store_day(datetime.fromisoformat(f"{hour}{15 * quarter:02}+00:00")).isoformat()


def _stored(value: Any) -> Any:
    """A parameter as the database holds it."""
    return connection.ops.adapt_datetimefield_value(value) if isinstance(value, datetime) else value


def spoken_day(day: date | str | None) -> str:
    """A day as either database gives it, for people: `24 Nov 2026`, or `no day`."""
    return moments.day(date.fromisoformat(str(day))) if day else "no day"


def money(expected: int, found: int, currency: str) -> Evidence:
    """Two amounts in minor units."""
    gap = found - expected
    return {
        "expected": display(expected, currency),
        "found": display(found, currency),
        "difference": f"+{display(gap, currency)}" if gap > 0 else display(gap, currency),
    }


def counts(expected: int, found: int, one: str, many: str) -> Evidence:
    """Two numbers of things."""
    gap = found - expected
    return {
        "expected": _counted(expected, one, many),
        "found": _counted(found, one, many),
        "difference": f"{'+' if gap > 0 else MINUS}{_counted(abs(gap), one, many)}",
    }


MINUS = "\N{MINUS SIGN}"


def _counted(number: int, one: str, many: str) -> str:
    return f"{number:,} {one if number == 1 else many}"
