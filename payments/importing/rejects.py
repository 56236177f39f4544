"""The rows that were not taken, each with the reason, in a CSV file of their own."""

import csv
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from payments.importing.reading import BadFile, Row

COLUMNS = ("file", "line", "reason", "row")
MOST_WAITING = 10_000


class Rejects:
    """Writes the rejects file; a run without rejects leaves one with only its header. Raises BadFile.

    The row stands in one cell, as it is in its file, so that it can be mended and imported.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.count = 0
        self._waiting: list[tuple[str, int, str, str]] = []

    def __enter__(self) -> Self:
        try:
            self._file: IO[str] = self.path.open("w", encoding="utf-8", newline="")
        except OSError as error:
            raise BadFile(
                f"{self.path} can't be written ({error.strerror}): name another file with --rejects."
            ) from None
        self._writer: Any = csv.writer(self._file, lineterminator="\n")
        self._writer.writerow(COLUMNS)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.flush()
        self._file.close()

    def add(self, source: Path, row: Row, reason: str) -> None:
        """Note one row, and why it was not taken."""
        self.count += 1
        self._waiting.append((source.name, row.line, reason, row.text))
        if len(self._waiting) == MOST_WAITING:
            self.flush()

    def flush(self) -> None:
        """Put what was noted on the disk, by line, so that a killed run leaves it behind."""
        self._writer.writerows(sorted(self._waiting))
        self._waiting.clear()
        self._file.flush()
