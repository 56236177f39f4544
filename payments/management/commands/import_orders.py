"""Bring in the orders and refunds of another shop."""

import time
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from payments.importing.reading import BadFile
from payments.importing.running import BATCH, Outcome, import_files

TERMINAL_PAUSE = 0.1  # seconds between two updates of the line on a terminal
LOG_PAUSE = 10.0  # and between two lines in a log
LARGEST_BATCH = 2000


class Command(BaseCommand):
    help = (
        "Bring in orders, and refunds of them, from CSV files (docs/import.md has the format). Rows that "
        "can't be taken go to the rejects file with the reason. Running it again changes nothing."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("lines", type=Path, metavar="LINES", help="order lines, .csv or .csv.gz")
        parser.add_argument(
            "--refunds", type=Path, help="refunds of these or earlier orders, .csv or .csv.gz"
        )
        parser.add_argument(
            "--rejects", type=Path, help="where rejected rows go (default: LINES.rejects.csv, in this folder)"
        )
        parser.add_argument(
            "--batch", type=batch_size, default=BATCH, help=f"orders a transaction (default: {BATCH})"
        )
        parser.add_argument("--fail-on-rejects", action="store_true", help="exit 1 when a row was rejected")

    def handle(self, *args: Any, **options: Any) -> None:
        lines: Path = options["lines"]
        rejects: Path = options["rejects"] or Path(_stem(lines) + ".rejects.csv")
        began = time.monotonic()
        try:
            done = import_files(
                orders=lines,
                refunds=options["refunds"],
                rejects=rejects,
                batch=options["batch"],
                progress=ProgressLine(self.stderr),
            )
        except BadFile as error:
            raise CommandError(str(error)) from None
        except KeyboardInterrupt:
            raise CommandError(
                "Stopped. What was done stays; run it again to go on.", returncode=130
            ) from None
        self.stdout.write(summary(done, rejects, time.monotonic() - began))
        if done.rejected_rows and options["fail_on_rejects"]:
            raise CommandError(f"Rows were rejected: see {rejects}.")


class ProgressLine:
    """Tells how far it is: one line that is written anew on a terminal, now and then one in a log."""

    def __init__(self, out: Any) -> None:
        self._out, self._is_terminal = out, out.isatty()
        self._pause = TERMINAL_PAUSE if self._is_terminal else LOG_PAUSE
        self._next = time.monotonic() + self._pause

    def __call__(self, what: str, done: int, total: int) -> None:
        ended = done == total
        if not (ended and self._is_terminal) and time.monotonic() < self._next:
            return
        self._next = time.monotonic() + self._pause
        share = done * 100 // total if total else 100
        text = f"{done:,} of {total:,} {what} ({share} %)"
        if self._is_terminal:
            bar = ("#" * (share // 5)).ljust(20, ".")  # plain: any terminal has these
            self._out.write(f"\r[{bar}] {text}\033[K", str, "\n" if ended else "")
        else:
            self._out.write(text, str)
        self._out.flush()


def summary(done: Outcome, rejects: Path, seconds: float) -> str:
    """One line: what is new, what was there, what was not taken."""
    lines = f" of {done.new_lines:,} lines" if done.new_orders else ""
    return (
        f"{_count(done.new_orders, 'new order')}{lines}, {done.known_orders:,} already there; "
        f"{_count(done.new_refunds, 'new refund')}, {done.known_refunds:,} already there; "
        f"{_count(done.rejected_rows, 'row')} rejected{f', see {rejects}' if done.rejected_rows else ''}. "
        f"{seconds:.1f} s."
    )


def batch_size(text: str) -> int:
    """From 1 to 2000: more in one statement than a database takes. Raises ValueError."""
    number = int(text)
    if not 1 <= number <= LARGEST_BATCH:
        raise ValueError(text)
    return number


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _stem(path: Path) -> str:
    """`order_lines` of `order_lines.csv.gz`."""
    return path.name.removesuffix(".gz").removesuffix(".csv")
