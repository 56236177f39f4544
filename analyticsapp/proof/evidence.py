"""The rows that make a figure: for the page, for their sum, and for their file, from one query."""

from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from accounts import privacy
from analyticsapp.exports import csv_file
from analyticsapp.exports.csv_file import MOMENT, MONEY, NUMBER, Column, Source
from analyticsapp.known import Known
from analyticsapp.reading import Sql, as_moment, by_bytes, moment_parameter, rows
from analyticsapp.rollups.definitions import State, state
from analyticsapp.windows import Window
from purelaka.days import day_start, store_day

PAGE = 50
ONE_DAY = timedelta(days=1)


class BadPage(ValueError):
    """An address that names no page of rows."""


@dataclass(frozen=True)
class Scope:
    """Which rows: of a window, in one currency.

    With `changed_since`, rows that are now as they were known then may be left out.
    """

    window: Window
    currency: str
    state: State
    changed_since: Known | None = None


@dataclass(frozen=True)
class Evidence:
    """Rows of one sort, for one or more figures.

    `makes` selects them with `sort_key` and `row_id`, which order them, their `amount` and `currency`. The
    amounts sum to the figure, with the sign turned where `sign` is −1; or, where `counted`, the figure is
    how many rows there are.
    """

    nouns: tuple[str, str]  # one, many
    table: str  # entries, orders, customers, people, lines, pieces, goods or facts: how its rows are shown
    columns: Sequence[Column]
    makes: Callable[[Scope], Sql]
    sign: int = 1
    counted: bool = False
    id_is_text: bool = False
    sorted_by_moment: bool = True
    of_its_day: bool = False  # a row is the same in every window that has the day of its moment
    row_id: str = "r.row_id"

    def noun(self, number: int) -> str:
        """What so many rows are called."""
        return self.nouns[number != 1]

    @property
    def table_template(self) -> str:
        """What shows its rows."""
        return f"analyticsapp/_{self.table}.html"

    @property
    def order(self) -> tuple[str, str]:
        """What the rows are sorted by: the second tells apart what the first does not."""
        return "r.sort_key", by_bytes(self.row_id) if self.id_is_text else self.row_id

    @property
    def shown(self) -> "Evidence":
        """As whoever asks may see it. A text that tells rows apart is an address: it becomes a key too."""
        if not (privacy.is_hidden() and csv_file.has_people(self.columns)):
            return self
        row_id = privacy.key_sql(self.row_id) if self.id_is_text else self.row_id
        return replace(self, columns=csv_file.without_people(self.columns), row_id=row_id)


class Totals(NamedTuple):
    """How many rows there are, and what their amounts sum to."""

    number: int
    amount: int


@dataclass(frozen=True)
class Page:
    """Up to 50 rows: their cells by column name. `newer` and `older` name the pages beside it."""

    rows: list[dict[str, Any]]
    newer: str
    older: str


# --- what is read ---------------------------------------------------------------------------------


def totals(evidence: Evidence, scope: Scope) -> Totals:
    """Of all rows, not of one page."""
    query, parameters = evidence.makes(scope)
    text = "SELECT COUNT(*), COALESCE(SUM(r.amount), 0) FROM ({rows}) AS r".replace("{rows}", query)
    (number, amount) = rows((text, parameters))[0]
    return Totals(number, int(amount))


def by_kind(evidence: Evidence, scope: Scope) -> dict[str, int]:
    """The sum of the amounts of each kind of ledger entry."""
    query, parameters = evidence.makes(scope)
    text = "SELECT r.kind, SUM(r.amount) FROM ({rows}) AS r GROUP BY r.kind".replace("{rows}", query)
    return {kind: int(amount) for kind, amount in rows((text, parameters))}


def page(evidence: Evidence, scope: Scope, *, older: str = "", newer: str = "") -> Page:
    """The first page, or the one that an address of a page before names. Raises BadPage."""
    evidence = evidence.shown
    marker, is_older = (newer, False) if newer else (older, True)
    found = _near(evidence, scope, marker, is_older)
    more, found = len(found) > PAGE, found[:PAGE]
    if not is_older:
        found.reverse()
    cells = [_cells(evidence, row) for row in found]
    return Page(
        rows=cells,
        newer=_marker(evidence, found[0]) if found and (marker if is_older else more) else "",
        older=_marker(evidence, found[-1]) if found and (more if is_older else True) else "",
    )


def lines(evidence: Evidence, window: Window, currency: str) -> Generator[bytes, None, None]:
    """All rows as lines of a file, newest first. Give it `evidence.shown`: a stream can't tell who asks."""
    query, parameters = evidence.makes(Scope(window, currency, state()))
    order = ", ".join(f"{column} DESC" for column in evidence.order)
    text = "SELECT {cells} FROM ({rows}) AS r ORDER BY ".replace("{rows}", query) + order
    yield from csv_file.lines(Source(evidence.columns, (text, parameters)))


def named(evidence: Evidence, scope: Scope, row_ids: Sequence[Any]) -> dict[Any, dict[str, Any]]:
    """The cells of these rows, by their id as it is read. One query, or none."""
    if not row_ids:
        return {}
    query, parameters = evidence.makes(scope)
    columns = ", ".join(column.expression for column in evidence.shown.columns)
    text = "SELECT r.row_id, {columns} FROM ({rows}) AS r WHERE r.row_id IN ({ids})"
    text = text.replace("{columns}", columns).replace("{ids}", ", ".join(["%s"] * len(row_ids)))
    found = rows((text.replace("{rows}", query), [*parameters, *row_ids]))
    return {row_id: _cells(evidence.shown, tuple(cells)) for row_id, *cells in found}


def _near(evidence: Evidence, scope: Scope, marker: str, is_older: bool) -> list[tuple[Any, ...]]:
    """The rows of a page; where rows are of their day, found in the days next to it, and not in all.

    Days that were told apart in another time zone overlap: a day at the far end proves nothing.
    """
    if not evidence.of_its_day:
        return _selected(evidence, scope, marker, is_older)
    found: list[tuple[Any, ...]] = []
    for part in _parts(scope.window, _marked_day(marker), is_older):
        found = _selected(evidence, replace(scope, window=part), marker, is_older)
        if len(found) > PAGE:
            last = as_moment(found[-1][-2])
            assert last is not None
            if last >= day_start(part.start + ONE_DAY) if is_older else last < day_start(part.end):
                break
    return found


def _parts(window: Window, day: date | None, is_older: bool) -> Iterator[Window]:
    """The days of a window from its end, or from a day of it, back; or from there on. More each time."""
    reach = 2
    if is_older:
        edge = window.end if day is None or day >= window.end else max(day + ONE_DAY, window.start)
        part = Window(edge, edge)
        while part.start > window.start or reach == 2:
            part = Window(max(edge - min(reach, window.days) * ONE_DAY, window.start), edge)
            yield part
            reach *= 8
    else:
        edge = window.start if day is None or day <= window.start else min(day - ONE_DAY, window.end)
        part = Window(edge, edge)
        while part.end < window.end or reach == 2:
            part = Window(edge, min(edge + min(reach, window.days) * ONE_DAY, window.end))
            yield part
            reach *= 8


def _marked_day(marker: str) -> date | None:
    try:
        return store_day(datetime.fromisoformat(marker.partition("~")[0])) if marker else None
    except (ValueError, OverflowError):
        raise BadPage(marker) from None


def _selected(evidence: Evidence, scope: Scope, marker: str, is_older: bool) -> list[tuple[Any, ...]]:
    query, parameters = evidence.makes(scope)
    sort_key, row_id = evidence.order
    direction, sign = ("DESC", "<") if is_older else ("ASC", ">")
    beyond = f"WHERE ({sort_key}, {row_id}) {sign} (%s, %s)" if marker else ""
    expressions = ", ".join(column.expression for column in evidence.columns)
    text = "SELECT {columns}, r.sort_key, {row_id} FROM ({rows}) AS r".replace("{columns}", expressions)
    text = text.replace("{row_id}", evidence.row_id)
    order = f"ORDER BY {sort_key} {direction}, {row_id} {direction} LIMIT {PAGE + 1}"
    values = [*parameters, *(_read_marker(evidence, marker) if marker else [])]
    return rows((f"{text.replace('{rows}', query)} {beyond} {order}", values))


def _cells(evidence: Evidence, row: tuple[Any, ...]) -> dict[str, Any]:
    values = zip(evidence.columns, row, strict=False)
    return {column.name: _value(column, value) for column, value in values}


def _value(column: Column, value: Any) -> Any:
    if column.kind == MOMENT:
        return as_moment(value)
    return int(value) if column.kind in (MONEY, NUMBER) and value is not None else value


def _marker(evidence: Evidence, row: tuple[Any, ...]) -> str:
    sort_key, row_id = row[-2:]
    if evidence.sorted_by_moment:
        moment = as_moment(sort_key)
        assert moment is not None
        sort_key = moment.isoformat()
    return f"{sort_key}~{row_id}"


def _read_marker(evidence: Evidence, marker: str) -> list[Any]:
    sort_key, _, row_id = marker.partition("~")
    try:
        key = _moment(sort_key) if evidence.sorted_by_moment else _whole(sort_key)
        return [key, _text(row_id) if evidence.id_is_text else _whole(row_id)]
    except (ValueError, OverflowError):
        raise BadPage(marker) from None


def _moment(text: str) -> Any:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(text)
    return moment_parameter(moment)


def _text(text: str) -> str:
    if "\0" in text:  # no text of a database has one, and Postgres refuses to compare with it
        raise ValueError(text)
    return text


def _whole(text: str) -> int:
    number = int(text)
    if abs(number) >= 2**63:
        raise ValueError(text)
    return number
