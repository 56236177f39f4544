"""One run of the importer, from files to figures."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import TypeVar

from django.db import connection, transaction
from django.utils import timezone

from audit import log
from payments.importing import reading
from payments.importing.cells import REFUND_COLUMNS
from payments.importing.gathering import Census, census, drafts
from payments.importing.goods import Goods
from payments.importing.reading import BadFile
from payments.importing.refunding import refund_lines, write_refunds
from payments.importing.rejects import Rejects
from payments.importing.writing import write_orders
from payments.projection import Cause

T = TypeVar("T")
BATCH = 500  # orders, or refunds, a transaction

Progress = Callable[[str, int, int], None]
"""Told after each batch: what is done, how many rows of how many. All of them once, at the end."""


@dataclass(slots=True)
class Outcome:
    """What a run did. `rejected_rows` are rows of both files."""

    new_orders: int = 0
    known_orders: int = 0
    new_lines: int = 0
    new_refunds: int = 0
    known_refunds: int = 0
    rejected_rows: int = 0


def import_files(
    *, orders: Path, refunds: Path | None, rejects: Path, batch: int = BATCH, progress: Progress
) -> Outcome:
    """Bring in the files and write one audit row.

    Each batch is a transaction of its own: a run that was killed is finished by running it again.
    Raises BadFile, and nothing was written then, unless a file was changed meanwhile.
    """
    files = [path for path in (orders, refunds) if path]
    if rejects.resolve() in {path.resolve() for path in files}:
        raise BadFile(f"{rejects} is a file to import: name another with --rejects.")
    seen = census(orders)
    refund_rows = sum(1 for _ in reading.rows(refunds, REFUND_COLUMNS)) if refunds else 0
    hashes = {path.name: reading.sha256(path) for path in files}
    done = Outcome()
    with Rejects(rejects) as rejected:
        _import_orders(orders, seen, rejected, batch, progress, done)
        if refunds:
            _import_refunds(refunds, refund_rows, rejected, batch, progress, done)
        done.rejected_rows = rejected.count
    if done.new_orders or done.new_refunds:
        _refresh_statistics()
    with transaction.atomic():
        log.record("orders.imported", files=hashes, **asdict(done))
    return done


def _import_orders(
    path: Path, seen: Census, rejects: Rejects, size: int, progress: Progress, done: Outcome
) -> None:
    goods, cause, rows = Goods(), Cause(at=timezone.now()), 0
    for batch in _in_batches(drafts(path, seen, rejects), size):
        written = write_orders(batch, source=path, goods=goods, cause=cause, rejects=rejects)
        rejects.flush()
        done.new_orders += written.new
        done.known_orders += written.there
        done.new_lines += written.new_lines
        rows += sum(len(draft.rows) for draft in batch)
        if rows < seen.rows:
            progress("order lines", rows, seen.rows)
    progress("order lines", seen.rows, seen.rows)


def _import_refunds(
    path: Path, total: int, rejects: Rejects, size: int, progress: Progress, done: Outcome
) -> None:
    cause, rows = Cause(at=timezone.now()), 0
    for batch in _in_batches(refund_lines(path, rejects), size):
        written = write_refunds(batch, source=path, cause=cause, rejects=rejects)
        rejects.flush()
        done.new_refunds += written.new
        done.known_refunds += written.there
        rows += len(batch)
        if rows < total:
            progress("refunds", rows, total)
    progress("refunds", total, total)


def _in_batches(items: Iterable[T], size: int) -> Iterator[Sequence[T]]:
    iterator = iter(items)
    while batch := list(islice(iterator, size)):
        yield batch


def _refresh_statistics() -> None:
    """Tell the database's planner what there is now: it would guess, until it looks by itself."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
