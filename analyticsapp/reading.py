"""Read with SQL on both databases: one unchanging view of the data, and values as Python has them."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime
from typing import Any

from django.db import connection, transaction

Sql = tuple[str, list[Any]]
"""A statement, or a piece of one, and its parameters in order."""


@contextmanager
def one_view() -> Iterator[None]:
    """All queries of the block see the data as of the first one, whatever is written meanwhile.

    Writers are not kept waiting. Nothing can be written inside. Within an open transaction it does
    nothing: that one has its own view.
    """
    if connection.in_atomic_block:
        yield
    elif connection.vendor == "postgresql":
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            yield
    else:
        with _deferred():
            yield


@contextmanager
def _deferred() -> Iterator[None]:
    """SQLite: a plain BEGIN takes no lock, unlike the IMMEDIATE one of `atomic`."""
    with connection.cursor() as cursor:
        cursor.execute("BEGIN")
        try:
            yield
        finally:
            cursor.execute("COMMIT")


_noted: ContextVar[list[str] | None] = ContextVar("noted_queries", default=None)


@contextmanager
def noting() -> Iterator[list[str]]:
    """Queries of the block are noted and not asked: each answers without rows. No database is needed."""
    found: list[str] = []
    token = _noted.set(found)
    try:
        yield found
    finally:
        _noted.reset(token)


def rows(sql: Sql) -> list[tuple[Any, ...]]:
    """All rows of a query. On SQLite days and moments come as text: see `as_day`, `as_moment`."""
    noted = _noted.get()
    if noted is not None:
        noted.append(sql[0])
        return []
    with connection.cursor() as cursor:
        cursor.execute(*sql)
        return list(cursor.fetchall())


def in_list(column: str, values: Sequence[date]) -> Sql:
    """`column IN (…)`; of nothing, a condition that is never true."""
    if not values:
        return "1 = 0", []
    return f"{column} IN ({', '.join(['%s'] * len(values))})", list(values)


def as_day(value: date | str | None) -> date | None:
    """A DATE as either database gives it."""
    return date.fromisoformat(value) if isinstance(value, str) else value


def as_moment(value: datetime | str | None) -> datetime | None:
    """A moment as either database gives it, in UTC."""
    moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    return moment.replace(tzinfo=UTC) if moment and moment.tzinfo is None else moment


def by_bytes(column: str) -> str:
    """`column` to order by the bytes of its text, so that both databases agree."""
    return f'{column} COLLATE "C"' if connection.vendor == "postgresql" else column


def moment_parameter(moment: datetime) -> Any:
    """A moment as a parameter of SQL of ours: as the database stores it."""
    return connection.ops.adapt_datetimefield_value(moment)
