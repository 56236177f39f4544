"""Lines of a CSV file, and cells that no spreadsheet runs as a formula. UTF-8, comma, one line feed a row."""

import re
from collections.abc import Iterable

# What a spreadsheet would run as a formula, in a cell of text. An apostrophe in front makes it text.
FORMULA = r"( *[=+@＝＋－＠-]|[\t\r\n])"
_formula = re.compile(FORMULA)
_quoted_formula = re.compile(f"'*{FORMULA}")
_needs_quotes = re.compile(r'[,"\r\n]')


def line(cells: Iterable[str]) -> bytes:
    """One line of finished cells, quoted only where needed."""
    return (",".join(map(_quoted, cells)) + "\n").encode()


def text_cell(text: str) -> str:
    """Text that no spreadsheet runs."""
    return f"'{text}" if _formula.match(text) else text


def returning_cell(text: str) -> str:
    """The same for a file that is read again: `text_of` gives back exactly this text."""
    return f"'{text}" if _quoted_formula.match(text) else text


def text_of(cell: str) -> str:
    """The text of a cell that `returning_cell` wrote."""
    return cell[1:] if cell.startswith("'") and _quoted_formula.match(cell[1:]) else cell


def _quoted(cell: str) -> str:
    if _needs_quotes.search(cell):
        return '"' + cell.replace('"', '""') + '"'
    return cell
