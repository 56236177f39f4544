"""A report's table: the page shows it, its file holds the same cells."""

from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from analyticsapp.csv_file import MONEY, NUMBER, TEXT, Column
from analyticsapp.kpis import percent, two_digits
from purelaka.csv_text import line, text_cell
from purelaka.figures import Cell
from purelaka.money import display, to_major

PERCENT = "percent"
Value = str | int | Fraction | None


@dataclass(frozen=True)
class Head:
    """A column: its name in the file, its label on the page, and what it holds."""

    name: str
    label: str
    kind: str = NUMBER
    narrow: bool = True  # whether a narrow page shows it


@dataclass(frozen=True)
class Table:
    """Rows of exact values. The first cell of a row is its name; `links` lead from a row to what makes it."""

    key: str
    title: str
    heads: Sequence[Head]
    rows: Sequence[Sequence[Value]]
    currency: str
    sub: str = ""
    foot: str = ""
    sums: Sequence[Value] = ()
    links: Sequence[str] = ()
    empty: str = "Nothing happened in this window and currency. Choose a longer window."
    shades: Sequence[Sequence[int]] = field(default_factory=tuple)  # of a heat table, 0 to 7
    csv_url: str = ""
    most: int = 0  # rows on the page, if there are more; the file has all

    @property
    def is_cut(self) -> bool:
        """Whether the page leaves rows out."""
        return 0 < self.most < len(self.rows)

    @property
    def shown(self) -> list[tuple[str, str, list[tuple[Head, str, int | None]]]]:
        """For the page: each row's name, its link, and its other cells with their shade."""
        found = []
        for number, (name, *values) in enumerate(self.rows[: self.most or None]):
            shades = self.shades[number] if self.shades else [None] * len(values)
            link = self.links[number] if self.links else ""
            cells = [
                (head, self.text(head, value), shade)
                for head, value, shade in zip(self.heads[1:], values, shades, strict=False)
            ]
            found.append((str(name), link, cells))
        return found

    @property
    def sum_texts(self) -> list[tuple[Head, str]]:
        """The line below, if there is one."""
        return [(head, self.text(head, value)) for head, value in zip(self.heads, self.sums, strict=False)]

    def text(self, head: Head, value: Value) -> str:
        """As it is read."""
        if value is None:
            return "–" if head.kind == PERCENT else ""
        if head.kind == MONEY:
            return display(int(value), self.currency)
        if head.kind == PERCENT:
            return f"{two_digits(Fraction(value)):,.2f}%"
        return f"{int(value):,}" if head.kind == NUMBER else str(value)

    @property
    def chart_rows(self) -> list[list[Cell]]:
        """The same cells, to be drawn."""
        return [
            [
                Cell(self.text(head, value), value if head.kind in (MONEY, NUMBER) else None)  # type: ignore[arg-type]
                for head, value in zip(self.heads, row, strict=True)
            ]
            for row in self.rows
        ]

    @property
    def columns(self) -> list[Column]:
        """Of the file."""
        kinds = [(head, MONEY if head.kind == MONEY else NUMBER) for head in self.heads[1:]]
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
        if head.kind == PERCENT:
            return f"{two_digits(Fraction(value)):.2f}"
        return text_cell(str(value))


def share(part: int, whole: int) -> Fraction | None:
    """Per cent, exact."""
    return percent(part, whole)
