"""What a file is: a name, columns that are a contract, and the lines of windows."""

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from datetime import date

from analyticsapp import windows
from analyticsapp.exports import csv_file
from analyticsapp.exports.csv_file import Column, Source
from analyticsapp.reading import moment_parameter
from analyticsapp.windows import Window

Lines = Callable[..., Generator[bytes, None, None]]


@dataclass(frozen=True)
class Export:
    """One file. `lines` gives the lines of these windows, without the head, one view of the data.

    Where there is a PERSON among the columns, `lines` takes `columns` too: those, or `without_people`.
    """

    key: str
    title: str
    about: str
    columns: Sequence[Column]
    lines: Lines
    all_presets: bool = False  # without a window asked for: all of them, else the last 30 days

    def lines_for(self, asked: Sequence[Window], *, hidden: bool) -> Generator[bytes, None, None]:
        """The lines as whoever asks may see them: `hidden` puts keys in the place of people."""
        if csv_file.has_people(self.columns) and hidden:
            return self.lines(asked, columns=csv_file.without_people(self.columns))
        return self.lines(asked)

    def windows(self, asked: Window | None, *, today: date) -> list[Window]:
        """The windows of a file, when `asked` was asked for."""
        if asked:
            return [asked]
        days = windows.PRESETS if self.all_presets else (windows.DEFAULT_DAYS,)
        return [windows.last_days(number, today=today) for number in days]


def of_query(columns: Sequence[Column], query: str, parameters: Callable[[Window], list[object]]) -> Lines:
    """The lines of a query that asks for the `parameters` of one window after the other."""

    def lines(asked: Sequence[Window], columns: Sequence[Column] = columns) -> Generator[bytes, None, None]:
        for window in asked:
            yield from csv_file.lines(Source(columns, (query, parameters(window))))

    return lines


def bounds(window: Window) -> list[object]:
    """The window's two moments, `[from, to)`."""
    return [moment_parameter(bound) for bound in window.bounds]


def days(window: Window) -> list[object]:
    """The window's first and last day."""
    return [window.start, window.end]
