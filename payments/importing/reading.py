"""Rows of a CSV file, plain or gzipped, one at a time, with where they stand and what is wrong."""

import csv
import gzip
import hashlib
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from io import BufferedReader
from operator import itemgetter
from pathlib import Path
from typing import IO, NamedTuple, cast

GZIP = b"\x1f\x8b"
UTF_8_MARK = b"\xef\xbb\xbf"
UTF_16_MARKS = (b"\xff\xfe", b"\xfe\xff")
LONGEST_LINE = 65_536  # bytes


class BadFile(Exception):
    """The file can't be read as what it should be; the message says what to do."""


class Row(NamedTuple):
    """One line of a file.

    `cells` are those of the columns asked for, in their order. `fault` says why the line can't be
    read, else it is empty. `key` is the first of the cells, trimmed; empty when even that is not sure.
    """

    line: int
    text: str
    cells: Sequence[str]
    fault: str
    key: str


def rows(path: Path, columns: Sequence[str]) -> Iterator[Row]:
    """The rows of a file whose first line names at least `columns`, in any order.

    Blank lines are left out. A line is a row: no cell can hold a line break, so a quote left open
    spoils only its own line. Raises BadFile.
    """
    with _opened(path) as lines:
        header = _header(path, lines.readline(LONGEST_LINE), columns)
        pick = cast("Callable[[Sequence[str]], Sequence[str]]", itemgetter(*map(header.index, columns)))
        key_at = header.index(columns[0])
        for number, line in enumerate(lines, 2):
            if line.strip():
                yield _row(number, line, len(header), pick, key_at)


def sha256(path: Path) -> str:
    """Of the file as it lies there. Raises BadFile."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise BadFile(f"{path} can't be read: {error.strerror}.") from None


@contextmanager
def _opened(path: Path) -> Iterator[BufferedReader]:
    """The file's bytes, unzipped if need be: its first bytes tell, not its name. Raises BadFile."""
    try:
        with path.open("rb") as file:
            zipped = file.peek(2)[:2] == GZIP
            plain = cast("IO[bytes]", gzip.GzipFile(fileobj=file)) if zipped else file
            yield BufferedReader(plain, 1 << 17)  # type: ignore[type-var,arg-type,unused-ignore]
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise BadFile(f"{path} is damaged ({error}): get the file once more.") from None
    except OSError as error:
        raise BadFile(f"{path} can't be read: {error.strerror}.") from None


# --- the first line -------------------------------------------------------------------------------


def _header(path: Path, line: bytes, columns: Sequence[str]) -> list[str]:
    """The names of the file's columns. Raises BadFile unless `columns` are among them, each once."""
    if line.startswith(UTF_16_MARKS):
        raise BadFile(f"{path} is UTF-16, not UTF-8: save it as “CSV UTF-8” and try again.")
    wanted = f"its first line must name the columns {','.join(columns)}"
    try:
        names = [name.strip().lower() for name in _cells(line.removeprefix(UTF_8_MARK).decode())]
    except (UnicodeDecodeError, csv.Error):
        raise BadFile(f"{path} is no CSV file in UTF-8: {wanted}.") from None
    missing = [name for name in columns if name not in names]
    twice = [name for name in columns if names.count(name) > 1]
    if len(names) == 1 and missing:
        raise BadFile(f"{path} is not separated by commas: {wanted}.")
    if missing:
        raise BadFile(f"{path} has no column {', '.join(missing)}: {wanted}.")
    if twice:
        raise BadFile(f"{path} has the column {', '.join(twice)} twice: {wanted}.")
    return names


# --- the others -----------------------------------------------------------------------------------


def _row(
    number: int, line: bytes, width: int, pick: Callable[[Sequence[str]], Sequence[str]], key_at: int
) -> Row:
    text, fault = _decoded(line)
    if fault:
        cells: Sequence[str] = _key_at_least(text, key_at)
        return Row(number, text, (), fault, cells[0])
    try:
        cells = _cells(text)
    except csv.Error as error:
        return Row(number, text, (), _explained(error), "")
    if len(cells) != width:
        key = cells[0].strip() if key_at == 0 else ""
        return Row(number, text, (), f"has {len(cells)} cells, the first line has {width}", key)
    picked = pick(cells)
    return Row(number, text, picked, "", picked[0].strip())


def _decoded(line: bytes) -> tuple[str, str]:
    """The text of a line without its end, and why it can't be used."""
    if len(line) > LONGEST_LINE:
        return line[:200].decode(errors="backslashreplace") + "…", f"is longer than {LONGEST_LINE} bytes"
    line = line.rstrip(b"\r\n")
    try:
        text = line.decode()
    except UnicodeDecodeError as error:
        return line.decode(errors="backslashreplace"), f"is not UTF-8 at byte {error.start + 1}"
    return text, "has a NUL character in it" if "\0" in text else ""


def _key_at_least(text: str, key_at: int) -> tuple[str]:
    """The key of a line that has something odd in it, if that is not where the key is."""
    try:
        key = _cells(text)[key_at].strip()
    except (csv.Error, IndexError):
        return ("",)
    return ("" if "\\" in key or "\0" in key or "…" in key else key,)


def _cells(text: str) -> list[str]:
    """Most lines have no quotes and need no more than a split."""
    return next(csv.reader((text,), strict=True)) if '"' in text else text.split(",")


def _explained(error: csv.Error) -> str:
    if "unexpected end of data" in str(error):
        return "has a quote that is not closed; a cell can't hold a line break"
    return f"is no CSV: {error}"
