"""CSV as a stream of bytes: the same bytes from either database, in constant memory.

On Postgres the server writes the file (COPY): it formats and escapes. On SQLite we do, row by row. UTF-8,
comma, one line feed a row, quotes only where needed, nothing for NULL.
"""

from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db import connection

from accounts.privacy import HIDDEN, key_sql
from analyticsapp.reading import Sql
from purelaka.csv_text import FORMULA, line, text_cell
from purelaka.money import THREE_DECIMAL, ZERO_DECIMAL, to_major

TEXT, WORD, NUMBER, MONEY, MOMENT, DAY = "text", "word", "number", "money", "moment", "day"
PERSON = "person"
CHUNK_BYTES = 64 * 1024
ROWS_AT_ONCE = 2_000
LAST_OF_ASCII = 127
CURRENCY = "r.currency"
COMMONEST = ("eur", "gbp", "usd")
NOT_TWO_DECIMAL = THREE_DECIMAL | ZERO_DECIMAL


@dataclass(frozen=True)
class Column:
    """One column of a file: its name, what its cells hold, and what they mean.

    TEXT is whatever somebody typed, WORD one of ours, PERSON an email address. `expression` is the SQL that
    gives it, of the alias `r` of the rows; empty where Python makes the rows. Money is in minor units there,
    in major ones in the file, by the row's `r.currency`. `is_private`: a text that tells of a person too.
    """

    name: str
    kind: str
    meaning: str
    expression: str = ""
    is_private: bool = False


@dataclass(frozen=True)
class Source:
    """Rows from SQL: `query` selects `{cells}` from something with the alias `r`."""

    columns: Sequence[Column]
    query: Sql


def has_people(columns: Sequence[Column]) -> bool:
    """Whether a column tells of a person."""
    return any(column.kind == PERSON or column.is_private for column in columns)


def without_people(columns: Sequence[Column]) -> list[Column]:
    """The same columns, with keys in the place of email addresses, and other private texts hidden."""
    return [_without_people(column) for column in columns]


def _without_people(column: Column) -> Column:
    if column.kind == PERSON:
        return replace(column, kind=WORD, expression=key_sql(column.expression))
    if column.is_private:
        text = column.expression
        return replace(column, kind=WORD, expression=f"CASE WHEN {text} = '' THEN '' ELSE '{HIDDEN}' END")
    return column


def head(columns: Sequence[Column]) -> bytes:
    """The first line."""
    return line([column.name for column in columns])


def lines(source: Source) -> Generator[bytes, None, None]:
    """Each row of the source as a line."""
    return copied(source) if connection.vendor == "postgresql" else walked(source)


def in_chunks(written: Iterable[bytes]) -> Iterator[tuple[bytes, int]]:
    """Lines joined into chunks of about 64 KB, each with how many lines are in it."""
    waiting: list[bytes] = []
    size = 0
    for one in written:
        waiting.append(one)
        size += len(one)
        if size >= CHUNK_BYTES:
            yield b"".join(waiting), len(waiting)
            waiting, size = [], 0
    if waiting:
        yield b"".join(waiting), len(waiting)


# --- Postgres -------------------------------------------------------------------------------------


def copied(source: Source) -> Generator[bytes, None, None]:
    """The lines as Postgres writes them."""
    text, parameters = source.query
    cells = ", ".join(_formatted(column) for column in source.columns)
    statement = f"COPY ({text.replace('{cells}', cells)}) TO STDOUT (FORMAT csv)"
    connection.ensure_connection()
    with connection.connection.cursor() as cursor:
        cursor.execute("SET LOCAL DateStyle = 'ISO'")  # for moments that are cast to text
        with cursor.copy(statement, parameters) as copy:
            for row in copy:  # the server sends one row a message
                yield bytes(row)


def _formatted(column: Column) -> str:
    value = column.expression
    return {
        TEXT: _harmless(value),
        PERSON: _harmless(value),
        WORD: value,
        NUMBER: value,
        MONEY: _major(value),
        MOMENT: _moment_in_utc(value),
        DAY: f"to_char({value}, 'YYYY-MM-DD')",
    }[column.kind]


def _harmless(text: str) -> str:
    """What begins with a letter, as nearly all does, is no formula; a pattern is asked of the rest only."""
    pattern = FORMULA.replace("\\", "\\\\")
    return (
        f"CASE WHEN ascii({text}) BETWEEN {ord('A')} AND {LAST_OF_ASCII} THEN {text} "
        f"WHEN {text} ~ E'^{pattern}' THEN '''' || {text} ELSE {text} END"
    )


def _moment_in_utc(moment: str) -> str:
    """Whole seconds of it, as `2026-06-03T12:00:00Z`.

    A cast and `replace` take two thirds of the time of `to_char`. A cast to whole seconds rounds, the half
    of a second before 2000 the other way: to_char is right for those.
    """
    second = f"(({moment} AT TIME ZONE INTERVAL '0') - INTERVAL '0.5 s')::timestamp(0)"
    return (
        f"CASE WHEN {moment} >= '2000-01-01 00:00:01Z' THEN replace({second}::text, ' ', 'T') || 'Z' "
        f"""ELSE to_char({moment} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') END"""
    )


def _major(amount: str) -> str:
    """A product has as many digits after the point as its factors together: 2050 * 0.01 is 20.50.

    What is seen most is asked first: two decimals in the commonest currencies, and nothing at all.
    """
    return (
        f"CASE WHEN {CURRENCY} IN ({_listed(COMMONEST)}) OR {CURRENCY} NOT IN ({_listed(NOT_TWO_DECIMAL)}) "
        f"THEN CASE WHEN {amount} = 0 THEN 0.00 ELSE {amount} * 0.01 END "
        f"WHEN {CURRENCY} IN ({_listed(THREE_DECIMAL)}) THEN {amount} * 0.001 ELSE {amount} END"
    )


def _listed(codes: Iterable[str]) -> str:
    return ", ".join(f"'{code}'" for code in sorted(codes))


# --- SQLite ---------------------------------------------------------------------------------------


def walked(source: Source) -> Generator[bytes, None, None]:
    """The lines as we write them."""
    text, parameters = source.query
    expressions = [*(column.expression for column in source.columns), CURRENCY]
    writers = [_writers[column.kind] for column in source.columns]
    with connection.cursor() as cursor:
        cursor.execute(text.replace("{cells}", ", ".join(expressions)), parameters)
        while found := cursor.fetchmany(ROWS_AT_ONCE):
            for *values, currency in found:
                cells = zip(writers, values, strict=True)
                yield line("" if value is None else write(value, currency) for write, value in cells)


def _moment(value: Any, currency: str) -> str:
    text = str(value)  # UTC, as text or as a naive datetime: both begin alike
    return f"{text[:10]}T{text[11:19]}Z"


_writers: dict[str, Callable[[Any, str], str]] = {
    TEXT: lambda value, currency: text_cell(value),
    PERSON: lambda value, currency: text_cell(value),
    WORD: lambda value, currency: str(value),
    NUMBER: lambda value, currency: str(value),
    MONEY: lambda value, currency: to_major(value, currency),
    MOMENT: _moment,
    DAY: lambda value, currency: str(value)[:10],
}
