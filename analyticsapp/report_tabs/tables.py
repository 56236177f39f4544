"""A report's table: the page shows it, its file holds the same cells."""

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction

from analyticsapp.exports.csv_file import MONEY, NUMBER, TEXT, Column
from analyticsapp.kpis.definition import percent, two_digits
from analyticsapp.proof.drills import SUM, Drilled
from purelaka.csv_text import line, text_cell
from purelaka.figures import Cell
from purelaka.money import display, to_major

PERCENT, CHANGE, POINTS = "percent", "change", "points"
CHANGES = (CHANGE, POINTS)  # per cent of what it was, or the difference of two per cents
Value = str | int | Fraction | None


@dataclass(frozen=True)
class Head:
    """A column: its name in the file, its label on the page, and what it holds.

    `key` names what defines it in the registry; empty for names, and where each row has a key of its own.
    `absent` is what the page says where there is no value.
    """

    name: str
    label: str
    kind: str = NUMBER
    narrow: bool = True  # whether a narrow page shows it
    key: str = ""
    absent: str = ""


@dataclass(frozen=True)
class Table:
    """Rows of exact values. The first cell of a row is its name.

    `row_ids` name the rows in addresses, `row_keys` what defines each where the columns do not. `url_of`
    gives the address of what makes a cell, by the row's id and the column, and `drill` the rows that do.
    `sums_lead`: whether the line below does so too, as the row `sum`.
    """

    key: str
    title: str
    heads: Sequence[Head]
    rows: Sequence[Sequence[Value]]
    currency: str
    sub: str = ""
    foot: str = ""
    sums: Sequence[Value] = ()
    row_ids: Sequence[str] = ()
    row_keys: Sequence[str] = ()
    url_of: Callable[[str, Head], str] | None = None
    drill: Drilled | None = None
    sums_lead: bool = False
    empty: str = "Nothing happened in this window and currency. Choose a longer window."
    shades: Sequence[Sequence[int | None]] = field(default_factory=tuple)  # of a heat table, 0 to 7
    csv_url: str = ""
    compares: str = ""  # the column that is shown beside what it was in the window before
    most: int = 0  # rows on the page, if there are more; the file has all

    @property
    def is_cut(self) -> bool:
        """Whether the page leaves rows out."""
        return 0 < self.most < len(self.rows)

    @property
    def shown(self) -> list[tuple[str, list[tuple[Head, str, int | None, str]]]]:
        """For the page: each row's name, and its other cells with their shade and their address."""
        found = []
        for number, (name, *values) in enumerate(self.rows[: self.most or None]):
            shades = self.shades[number] if self.shades else [None] * len(values)
            cells = [
                (head, self._text_of_cell(head, value), shade, self.url(number, head, value))
                for head, value, shade in zip(self.heads[1:], values, shades, strict=False)
            ]
            found.append((str(name), cells))
        return found

    @property
    def sum_texts(self) -> list[tuple[Head, str, str]]:
        """The line below, if there is one."""
        return [
            (head, self.text(head, value), self._url_of_row(SUM, head, value) if self.sums_lead else "")
            for head, value in zip(self.heads, self.sums, strict=False)
        ]

    def url(self, number: int, head: Head, value: Value) -> str:
        """Where a cell leads; empty for texts and what has no value."""
        return self._url_of_row(self.row_ids[number], head, value) if self.row_ids else ""

    def _url_of_row(self, row: str, head: Head, value: Value) -> str:
        is_number = head.kind not in (TEXT, *CHANGES) and value is not None and value != ""
        return self.url_of(row, head) if is_number and self.url_of else ""

    def find(self, row: str, column: str) -> tuple[str, Head, Value] | None:
        """The name of a row, a column, and the value where they meet."""
        heads = [head for head in self.heads[1:] if head.name == column]
        ids = [*self.row_ids, SUM] if self.sums_lead else self.row_ids
        if not heads or row not in ids:
            return None
        name, *values = self.sums if row == SUM else self.rows[self.row_ids.index(row)]
        return str(name), heads[0], values[self.heads[1:].index(heads[0])]

    @property
    def undefined(self) -> list[str]:
        """The columns and rows of numbers that name nothing in the registry."""
        if self.row_keys:
            return [str(row[0]) for row, key in zip(self.rows, self.row_keys, strict=True) if not key]
        return [head.name for head in self.heads[1:] if head.kind not in (TEXT, *CHANGES) and not head.key]

    def text(self, head: Head, value: Value) -> str:
        """As it is read."""
        if value is None:
            return "–" if head.kind in (PERCENT, *CHANGES) else head.absent
        if head.kind in CHANGES:
            return _moved(Fraction(value), "%" if head.kind == CHANGE else " points")
        if head.kind == MONEY:
            return display(int(value), self.currency)
        if head.kind == PERCENT:
            return f"{two_digits(Fraction(value)):,.2f}%".replace("-", "\N{MINUS SIGN}")
        return f"{int(value):,}" if head.kind == NUMBER else str(value)

    def _text_of_cell(self, head: Head, value: Value) -> str:
        """A heat table is empty where it has no value: its cells are no answer, they are not there yet."""
        return "" if value is None and self.shades else self.text(head, value)

    @property
    def chart_rows(self) -> list[list[Cell]]:
        """The same cells, to be drawn."""
        return [
            [
                Cell(
                    self.text(head, value),
                    value if head.kind in (MONEY, NUMBER) else None,  # type: ignore[arg-type]
                    self.url(number, head, value),
                )
                for head, value in zip(self.heads, row, strict=True)
            ]
            for number, row in enumerate(self.rows)
        ]

    @property
    def columns(self) -> list[Column]:
        """Of the file."""
        kinds = [(head, head.kind if head.kind in (MONEY, TEXT) else NUMBER) for head in self.heads[1:]]
        first = Column(self.heads[0].name, TEXT, self.heads[0].label)
        return [
            first,
            *(Column(head.name, kind, head.label) for head, kind in kinds),
            Column("currency", TEXT, "Its currency."),
        ]

    def lines(self) -> Generator[bytes, None, None]:
        """Of the file, without its head."""
        for row in self.rows:
            cells = [self._cell(head, value) for head, value in zip(self.heads, row, strict=True)]
            yield line([*cells, self.currency])

    def _cell(self, head: Head, value: Value) -> str:
        if value is None:
            return ""
        if head.kind == MONEY:
            return to_major(int(value), self.currency)
        if head.kind in (PERCENT, *CHANGES):
            return f"{two_digits(Fraction(value)):.2f}"
        return text_cell(str(value))


def beside(table: Table, before: Table | None) -> Table:
    """The table with what its column `compares` was in the other one, and the change in per cent.

    Rows are matched by their texts. What is only in the other one follows, with nothing in it now. None:
    there was no data yet, and the columns are empty.
    """
    index = [head.name for head in table.heads].index(table.compares)
    column = table.heads[index]
    earlier = {_texts(table, row): row for row in before.rows} if before else {}
    here = {_texts(table, row) for row in table.rows}
    went = [row for text, row in earlier.items() if text not in here and row[index]]
    gone = [_emptied(table, row) for row in went]
    rows = [*table.rows, *gone]
    ids = list(table.row_ids)
    if before and before.row_ids and ids:
        ids += [before.row_ids[before.rows.index(row)] for row in went]

    def was(row: Sequence[Value]) -> Value:
        found = earlier.get(_texts(table, row))
        return found[index] if found else 0 if before else None

    return replace(
        table,
        heads=[
            *table.heads,
            Head(f"{column.name}_before", "Before", column.kind, narrow=False, key=column.key, absent="–"),
            Head("change_pct", "Change", CHANGE, narrow=False),
        ],
        rows=[[*row, was(row), change(row[index], was(row))] for row in rows],
        row_ids=ids,
        row_keys=[*table.row_keys, *[""] * len(gone)] if table.row_keys else (),
        url_of=_beside(table, before, column),
        sums=_sums_beside(table, before, index) if table.sums else (),
    )


def _beside(table: Table, before: Table | None, column: Head) -> Callable[[str, Head], str] | None:
    """Addresses of both windows' cells. What a window has no row of leads nowhere."""
    here, there = table.url_of, before.url_of if before else None
    if here is None:
        return None

    def url(row: str, head: Head) -> str:
        if head.name != f"{column.name}_before":
            return here(row, head) if row in table.row_ids or row == SUM else ""
        return there(row, column) if there and before and row in before.row_ids else ""

    return url


def _sums_beside(table: Table, before: Table | None, index: int) -> list[Value]:
    was = before.sums[index] if before and before.sums else None
    return [*table.sums, was, change(table.sums[index], was)]


def _texts(table: Table, row: Sequence[Value]) -> tuple[Value, ...]:
    return tuple(cell for head, cell in zip(table.heads, row, strict=True) if head.kind == TEXT)


def _emptied(table: Table, row: Sequence[Value]) -> list[Value]:
    blank = {TEXT: None, PERCENT: None, MONEY: 0, NUMBER: 0}
    return [
        cell if head.kind == TEXT else blank[head.kind] for head, cell in zip(table.heads, row, strict=True)
    ]


def change(now: Value, was: Value) -> Fraction | None:
    """Per cent, exact; None of nothing before, and across zero.

    Money that leaves is up when more of it does.
    """
    if not was or now is None or int(now) * int(was) < 0:
        return None
    return Fraction(100) * (abs(int(now)) - abs(int(was))) / abs(int(was))


def _moved(change: Fraction, unit: str) -> str:
    if not change:
        return "unchanged"
    sign, word = ("▲", "up") if change > 0 else ("▼", "down")
    return f"{sign} {word} {two_digits(abs(change)):,.2f}{unit}"


def share(part: int, whole: int) -> Fraction | None:
    """Per cent, exact."""
    return percent(part, whole)
