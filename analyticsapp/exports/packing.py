"""The forms a file is sent in: plain CSV, a spreadsheet, or a ZIP of the CSV with its manifest.

CSV goes out as it is made. The other two are made in a temporary file first: a worker's memory stays
flat, and nothing is sent of a file that could not be made.
"""

import csv
import hashlib
import json
import tempfile
import zipfile
from collections import defaultdict
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from itertools import chain
from typing import IO, Any

import xlsxwriter
from django.core.serializers.json import DjangoJSONEncoder

from analyticsapp.exports import csv_file
from analyticsapp.exports.csv_file import DAY, MOMENT, MONEY, NUMBER, Column
from analyticsapp.reading import one_view

IN_MEMORY = 1_000_000  # bytes; more go to a file
AT_ONCE = 64 * 1024
MANIFEST = "manifest.json"
WIDTHS = {DAY: 11, MOMENT: 23}  # in characters; a narrower column shows a date as ####
MOST_ROWS = 1_048_576  # of a spreadsheet's sheet, the head included


class TooLong(Exception):
    """A spreadsheet can't hold so many rows; the message says what to do."""


@dataclass(frozen=True)
class Download:
    """A file to send: its name without an ending, its columns, and the lines below the head.

    `says` goes into the audit log and the manifest.
    """

    name: str
    columns: Sequence[Column]
    lines: Generator[bytes, None, None]
    says: dict[str, Any]

    @property
    def head(self) -> bytes:
        return csv_file.head(self.columns)


@dataclass
class Sent:
    """What has gone out so far, and what the audit log shall say about it besides."""

    rows: int = 0
    size: int = 0
    digest: Any = field(default_factory=hashlib.sha256)
    says: dict[str, Any] = field(default_factory=dict)

    def add(self, chunk: bytes, rows: int = 0) -> bytes:
        self.rows += rows
        self.size += len(chunk)
        self.digest.update(chunk)
        return chunk


@dataclass(frozen=True)
class Form:
    """`body` yields the bytes of a download and counts them in a Sent."""

    ending: str
    content_type: str
    body: Callable[[Download, Sent], Iterator[bytes]]


def plain(download: Download, sent: Sent) -> Iterator[bytes]:
    yield sent.add(download.head)
    # Lines are closed before the transaction they are read in, should the client leave.
    with one_view(), closing(download.lines) as lines:
        for chunk, rows in csv_file.in_chunks(lines):
            yield sent.add(chunk, rows)


def spreadsheet(download: Download, sent: Sent) -> Iterator[bytes]:
    """One sheet. Numbers are numbers, days and moments (UTC) are dates, all else is text: nothing in it is a
    formula. Raises TooLong."""
    with tempfile.TemporaryFile() as made:
        book = xlsxwriter.Workbook(made, {"constant_memory": True, "in_memory": False})
        sheet = book.add_worksheet("Data")
        bold = book.add_format({"bold": True})
        sheet.freeze_panes(1, 0)
        for at, column in enumerate(download.columns):
            sheet.set_column(at, at, WIDTHS.get(column.kind))
            sheet.write_string(0, at, column.name, bold)
        writers = _writers(book, sheet)
        write = [writers.get(column.kind, sheet.write_string) for column in download.columns]
        with one_view():
            for sent.rows, cells in enumerate(_cells(download.lines), 1):
                if sent.rows >= MOST_ROWS:
                    raise TooLong("A spreadsheet holds 1,048,575 rows: ask for a shorter window, or for CSV.")
                for at, cell in enumerate(cells):
                    if cell:
                        write[at](sent.rows, at, cell)
        book.close()
        yield from _read(made, sent)


def _writers(book: Any, sheet: Any) -> dict[str, Callable[[int, int, str], object]]:
    """How the cells of a kind are written: row, column, what the CSV says."""
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    moment = book.add_format({"num_format": 'yyyy-mm-dd hh:mm:ss "UTC"'})

    def number(row: int, at: int, cell: str) -> None:
        sheet.write_number(row, at, Decimal(cell))

    return {
        MONEY: number,
        NUMBER: number,
        DAY: lambda row, at, cell: sheet.write_datetime(row, at, date.fromisoformat(cell), day),
        MOMENT: lambda row, at, cell: sheet.write_datetime(row, at, _naive(cell), moment),
    }


def _naive(cell: str) -> datetime:
    """A spreadsheet's dates have no time zone: its format says that it is UTC."""
    return datetime.fromisoformat(cell).replace(tzinfo=None)


def zipped(download: Download, sent: Sent) -> Iterator[bytes]:
    """The CSV and its manifest; the audit log gets the SHA-256 of both."""
    name = f"{download.name}.csv"
    with tempfile.TemporaryFile() as made:
        with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
            with archive.open(name, "w", force_zip64=True) as inside, one_view():
                tally = write_counted(download, inside)
            text = json.dumps({"file": name, **download.says, **tally}, indent=2, cls=DjangoJSONEncoder)
            archive.writestr(MANIFEST, text)
        sent.rows = tally["rows"]
        sent.says = {
            "file_sha256": tally["sha256"],
            "manifest_sha256": hashlib.sha256(text.encode()).hexdigest(),
        }
        yield from _read(made, sent)


CSV = Form("csv", "text/csv; charset=utf-8", plain)
XLSX = Form("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", spreadsheet)
ZIP = Form("zip", "application/zip", zipped)
FORMS = {form.ending: form for form in (CSV, XLSX, ZIP)}


def write_counted(download: Download, into: IO[bytes]) -> dict[str, Any]:
    """Write the CSV; returns what a manifest says of it: bytes, SHA-256, rows, sums by currency."""
    counter = Counter([column.name for column in download.columns if column.kind == MONEY])
    for line in chain([download.head], download.lines):
        into.write(counter.add(line))
    return counter.tally()


class Counter:
    """Counts a CSV file as it goes by: feed it the lines, the head first."""

    def __init__(self, money: Sequence[str]) -> None:
        self._money, self._digest, self._size, self._rows = money, hashlib.sha256(), 0, -1
        self._head: list[str] = []
        self._sums: dict[str, dict[str, Decimal]] = defaultdict(lambda: dict.fromkeys(money, Decimal()))

    def add(self, line: bytes) -> bytes:
        """Count one line, given as a whole record; returns it."""
        self._digest.update(line)
        self._size += len(line)
        self._rows += 1
        [cells] = csv.reader([line.decode()], strict=True)
        if self._rows == 0:
            self._head = cells
        elif self._money:
            row = dict(zip(self._head, cells, strict=True))
            for name in self._money:
                self._sums[row["currency"]][name] += Decimal(row[name] or 0)
        return line

    def tally(self) -> dict[str, Any]:
        sums = {
            currency: {name: str(amount) for name, amount in amounts.items()}
            for currency, amounts in sorted(self._sums.items())
        }
        return {"bytes": self._size, "sha256": self._digest.hexdigest(), "rows": self._rows, "sums": sums}


def _cells(lines: Iterable[bytes]) -> Iterator[list[str]]:
    return csv.reader((line.decode() for line in lines), strict=True)


def _read(made: IO[bytes], sent: Sent) -> Iterator[bytes]:
    made.seek(0)
    while chunk := made.read(AT_ONCE):
        yield sent.add(chunk)
