"""Read a file somebody made: its lines as cells by column, or what is wrong with it and what to do."""

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from catalog.csv_files.columns import NAMES
from purelaka.csv_text import text_of

MOST_BYTES = 1024 * 1024
MOST_ROWS = 5_000
TOO_MUCH = "Split it into several, or import it with manage.py import_catalogue."
DELIMITERS = ",;\t"
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


class BadFile(ValueError):
    """The file as a whole can't be read; the message says what to do."""


@dataclass(frozen=True)
class Line:
    """A row: the line of the file it starts in, its cells by column, and what is wrong with its form."""

    number: int
    cells: dict[str, str]
    problems: list[str] = field(default_factory=list)

    def has(self, name: str) -> bool:
        """Whether the cell says anything."""
        return bool(self.cells.get(name))


def read(data: bytes, *, may_be_large: bool = False) -> list[Line]:
    """The rows below the head; empty ones are left out. Raises BadFile.

    A page takes so much as it can show and do while somebody waits; a command may take more.
    """
    if len(data) > MOST_BYTES and not may_be_large:
        raise BadFile(f"The file is larger than 1 MB. {TOO_MUCH}")
    text = _text(data)
    delimiter = _delimiter(text)
    try:
        rows = list(_rows(text, delimiter))
    except csv.Error as why:
        raise BadFile(f"The file breaks off or has a wrong quotation mark: {why}.") from None
    if not rows:
        raise BadFile("The file is empty. Its first line names the columns, the others are the rows.")
    (_, head), *body = rows
    names = _names(head)
    if not body:
        raise BadFile("There is no row below the names of the columns.")
    if len(body) > MOST_ROWS and not may_be_large:
        raise BadFile(f"The file has more than {MOST_ROWS:,} rows. {TOO_MUCH}")
    return [_line(number, names, cells) for number, cells in body]


def _text(data: bytes) -> str:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise BadFile(
            "The file is not in UTF-8. In Excel, save it as “CSV UTF-8”; elsewhere, choose UTF-8."
        ) from None
    if found := CONTROL.search(text):
        number = text.count("\n", 0, found.start()) + 1
        raise BadFile(f"Line {number} holds a character that is no text. Is it a CSV file?")
    return text


def _delimiter(text: str) -> str:
    """The one that finds most of our columns in the first line: comma, semicolon or tabulator."""
    first = next(iter(text.lstrip().splitlines()), "")
    return max(DELIMITERS, key=lambda mark: len(set(map(_name, first.split(mark))) & set(NAMES)))


def _rows(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Each row with the line it starts in."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    starts = 1
    for cells in reader:
        if any(cell.strip() for cell in cells):
            yield starts, cells
        starts = reader.line_num + 1


def _names(head: list[str]) -> list[str]:
    names = [_name(cell) for cell in head]
    known = f"The columns are: {', '.join(NAMES)}."
    if strange := [name or "(no name)" for name in names if name not in NAMES]:
        raise BadFile(f"The first line has columns we do not know: {', '.join(strange)}. {known}")
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise BadFile(f"The first line names these columns twice: {', '.join(twice)}.")
    if "sku" not in names:
        raise BadFile(f"The first line does not name the column sku. {known}")
    return names


def _name(cell: str) -> str:
    """`Product name` is `product_name`."""
    return cell.strip().strip('"').lower().replace(" ", "_")


def _line(number: int, names: list[str], cells: list[str]) -> Line:
    said = [text_of(cell.strip()).replace("\r\n", "\n") for cell in cells]
    while len(said) > len(names) and not said[-1]:
        said.pop()
    if len(said) != len(names):
        problem = (
            f"It has {len(said)} cells, and the first line names {len(names)} columns. "
            "Put text with a comma or a line break into quotation marks."
        )
        return Line(number, dict(zip(names, said, strict=False)), [problem])
    return Line(number, dict(zip(names, said, strict=True)))
