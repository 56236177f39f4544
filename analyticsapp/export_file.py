"""What a file is: a name, columns that are a contract, and the lines of windows."""

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from datetime import date

from analyticsapp import csv_file, windows
from analyticsapp.csv_file import Column, Source
from analyticsapp.reading import moment_parameter
from analyticsapp.windows import Window


@dataclass(frozen=True)
class Export:
    """One file. `lines` gives the lines of these windows, without the head, one view of the data."""

    key: str
    title: str
    about: str
    columns: Sequence[Column]
    lines: Callable[[Sequence[Window]], Generator[bytes, None, None]]
    all_presets: bool = False  # without a window asked for: all of them, else the last 30 days

    def windows(self, asked: Window | None, *, today: date) -> list[Window]:
        """The windows of a file, when `asked` was asked for."""
        if asked:
            return [asked]
        days = windows.PRESETS if self.all_presets else (windows.DEFAULT_DAYS,)
        return [windows.last_days(number, today=today) for number in days]


def of_query(
    columns: Sequence[Column], query: str, parameters: Callable[[Window], list[object]]
) -> Callable[[Sequence[Window]], Generator[bytes, None, None]]:
    """The lines of a query that asks for the `parameters` of one window after the other."""

    def lines(asked: Sequence[Window]) -> Generator[bytes, None, None]:
        for window in asked:
            yield from csv_file.lines(Source(columns, (query, parameters(window))))

    return lines


def bounds(window: Window) -> list[object]:
    """The window's two moments, `[from, to)`."""
    return [moment_parameter(bound) for bound in window.bounds]


def days(window: Window) -> list[object]:
    """The window's first and last day."""
    return [window.start, window.end]
