"""Build the rollups: set by set in the database, exactly up to a ledger entry, one builder at a time."""

import time
from contextlib import nullcontext
from datetime import date, datetime, timedelta

from django.db import OperationalError, connection, transaction
from django.db.models import Max, Model

from analyticsapp.models import AnalyticsSnapshotDaily, SnapshotBuild
from analyticsapp.reading import in_list
from analyticsapp.rollups.definitions import EVERY_DAY, PRODUCT_ROLLUP, ROLLUPS, Rollup
from analyticsapp.rollups.refunded import REFUNDED
from analyticsapp.rollups.renewing import renew
from analyticsapp.rollups.returning import RETURNS
from orders.models import Order
from payments.models import Kind, LedgerEntry
from purelaka.days import store_day

PAIRS = {pairs.rollup: pairs for pairs in (RETURNS, REFUNDED)}
LOCK_TRIES = 30
LOCK_PAUSE = 0.2  # seconds in which writers that queued behind us get through


class LedgerBusy(RuntimeError):
    """A transaction that writes to the ledger did not end in time. Nothing was built; try again."""


def build(*, now: datetime, days: int = 0, everything: bool = False) -> SnapshotBuild:
    """Bring the rollups up to the newest ledger entry, and say what was done.

    Builds the days touched since the last build; besides them the last `days` days, or, with
    `everything`, all there are. One transaction; a second builder waits for it. Raises LedgerBusy.
    The row that is returned is not saved when there was nothing to build.
    """
    began = time.monotonic()
    settled = settled_id()
    with transaction.atomic():
        _one_builder_at_a_time()
        last = SnapshotBuild.objects.order_by("-id").first()
        before = last.ledger_id if last else 0
        until = max(before, settled if settled is not None else _last_id())
        touched = None if everything or not before else _touched(before, until)
        if touched is not None:
            touched |= {store_day(now) - timedelta(days=number) for number in range(days)}
        built = _rebuild_all(touched)
        row = SnapshotBuild(built_at=now, ledger_id=until, days=built, data_through=_learnt_at(until))
        row.seconds = time.monotonic() - began
        if built or last is None:
            row.save()
        else:
            SnapshotBuild.objects.filter(pk=last.pk).update(built_at=now)
    return row


def remake_products(order: Order) -> None:
    """Make the products' figures of an order's days anew: its lines have changed, its money has not.

    Call it in the transaction of the change.
    """
    sales = LedgerEntry.objects.filter(order=order, kind=Kind.SALE)
    days = set(sales.values_list("occurred_on", flat=True))
    if days:
        _one_builder_at_a_time()
        _rebuild(PRODUCT_ROLLUP, sorted(days))


def settled_id(model: type[Model] = LedgerEntry) -> int | None:
    """The id up to which every ledger entry, or row of another such table, is committed or never will be.

    None: ask in the transaction that needs it.

    On Postgres a transaction still open may hold a lower id than the newest visible one. SHARE waits
    for all that have written, and lets go at once. On SQLite there is only one writer, and that is us.
    """
    if connection.vendor != "postgresql":
        return None
    for _ in range(LOCK_TRIES):
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("SET LOCAL lock_timeout = '1s'")
                cursor.execute(f"LOCK TABLE {model._meta.db_table} IN SHARE MODE")
                return _last_id(model)
        except OperationalError:
            time.sleep(LOCK_PAUSE)
    raise LedgerBusy(
        "A transaction has been writing to the ledger or to the stock for longer than half a minute. "
        "When it has ended, run this again."
    )


def _one_builder_at_a_time() -> None:
    """On SQLite the transaction itself is exclusive."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("LOCK TABLE analyticsapp_snapshotbuild IN SHARE ROW EXCLUSIVE MODE")


def _last_id(model: type[Model] = LedgerEntry) -> int:
    return model._default_manager.aggregate(last=Max("id"))["last"] or 0


def _learnt_at(ledger_id: int) -> datetime | None:
    """The latest moment: an event that failed is posted late, with a high id, by when it came."""
    until = LedgerEntry.objects.filter(pk__lte=ledger_id)
    latest: datetime | None = until.aggregate(latest=Max("posted_at"))["latest"]
    return latest


def _touched(before: int, until: int) -> set[date]:
    entries = LedgerEntry.objects.filter(pk__gt=before, pk__lte=until)
    return set(entries.values_list("occurred_on", flat=True).distinct())


def _rebuild_all(days: set[date] | None) -> int:
    """Make the rows of these days anew, or of all days; how many days there were."""
    if days is not None and not days:
        return 0
    for rollup in ROLLUPS:
        _rebuild_with_pairs(rollup, sorted(days) if days is not None else None)
    return len(days) if days is not None else AnalyticsSnapshotDaily.objects.values("day").distinct().count()


def _rebuild_with_pairs(rollup: Rollup, days: list[date] | None) -> None:
    """A rollup, and the pairs of days that follow from it, if any do."""
    pairs = PAIRS.get(rollup)
    with pairs.following(days) if pairs and days is not None else nullcontext():
        _rebuild(rollup, days)
    if pairs and days is None:
        pairs.remake()


def _rebuild(rollup: Rollup, days: list[date] | None) -> None:
    if days is None:
        renew(rollup.table, rollup.columns, rollup.from_ledger(EVERY_DAY))
        return
    stored, of_days = in_list("day", days)
    select, parameters = rollup.from_ledger(in_list("occurred_on", days))
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {rollup.table} WHERE {stored}", of_days)
        cursor.execute(f"INSERT INTO {rollup.table} ({rollup.columns}) {select}", parameters)
