"""The rows that were not taken, each with the reason, in a CSV file of their own."""

import csv
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from payments.importing.reading import BadFile, Row

COLUMNS = ("file", "line", "reason", "row")


class Rejects:
    """Writes the rejects file; a run without rejects leaves one with only its header. Raises BadFile.

    The row stands in one cell, as it is in its file, so that it can be mended and imported.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.count = 0

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
        self._file.close()

    def add(self, source: Path, row: Row, reason: str) -> None:
        """Write one row, and why it was not taken."""
        self.count += 1
        self._writer.writerow((source.name, row.line, reason, row.text))

    def flush(self) -> None:
        """Put what was written on the disk, so that a killed run leaves it behind."""
        self._file.flush()
