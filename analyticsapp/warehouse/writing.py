"""Parquet files for a warehouse: the ledger, orders, lines, refunds, charges, customers, wishes and more.

A run writes what is new and names every file that counts in `manifest.json`, which is replaced last,
in one step. What a run that died had written is in no manifest, and the next run removes it: each
row is in the files exactly once, whatever happens in between.

- The ledger only grows, so each run adds files with the entries since the last one.
- Orders, lines and what else can change are written anew by month, where the month's fingerprint
  (numbers and sums over its rows, and the columns' names) is another one than in the manifest.

Money is in minor units beside its currency, moments are in UTC, days those of the store.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import models
from django.db.models import Count, Max, Min, Sum
from django.db.models.functions import TruncMonth

from accounts.privacy import customer_key
from analyticsapp.reading import one_view
from analyticsapp.rollups.build import settled_id
from analyticsapp.warehouse.datasets import CHANGING, LEDGER, Dataset
from analyticsapp.warehouse.parquet_store import CannotExport, Manifest, Store, Written
from payments.models import LedgerEntry
from purelaka.days import day_start

NOTHING_YET = ("none", "")  # month and fingerprint of a file without rows: readers find the columns in it
RUN = "%Y%m%dT%H%M%S%f"  # names the files of one run


def export(place: str, *, now: datetime, personal_data: bool = True) -> Manifest:
    """Bring the files at `place` (a folder, or an address such as `s3://bucket/path`) up to date.

    Without `personal_data` they carry customer keys in the place of email addresses. Returns the new
    manifest. Raises CannotExport, LedgerBusy; the files of the last run count then.
    """
    key_check = "" if personal_data else _key_check()
    store = Store(place)
    known = store.manifest()
    if known.made_at:
        _check_people(known, personal_data, key_check)
    store.remove_all_but(known)
    until = settled_id()
    with one_view():
        fresh = Manifest(
            time_zone=settings.TIME_ZONE,
            made_at=now.isoformat(timespec="seconds"),
            personal_data=personal_data,
            key_check=key_check,
        )
        run = now.strftime(RUN)
        fresh.ledger_id = until if until is not None else _newest_entry()
        fresh.files["ledger"] = known.files.get("ledger", []) + _grow(
            store, known.ledger_id, fresh.ledger_id, run
        )
        for dataset in CHANGING if personal_data else [each.without_people() for each in CHANGING]:
            fresh.files[dataset.name] = _renew(store, dataset, known.files.get(dataset.name, []), run)
    store.replace_manifest(fresh)
    store.remove_all_but(fresh)
    return fresh


def _key_check() -> str:
    """The key of an address that nobody has. Raises CannotExport without a salt."""
    try:
        return customer_key("nobody@key-check.invalid")
    except ImproperlyConfigured as problem:
        raise CannotExport(f"Customer keys need a salt. {problem}") from problem


def _check_people(known: Manifest, personal_data: bool, key_check: str) -> None:
    if known.personal_data != personal_data:
        there = "email addresses" if known.personal_data else "customer keys"
        raise CannotExport(f"The files there have {there} in them: choose an empty folder for the others.")
    if known.key_check != key_check:
        raise CannotExport(
            "The customer keys there were made with another PERSONAL_DATA_SALT: set that one, or choose an "
            "empty folder."
        )


def _newest_entry() -> int:
    return LedgerEntry.objects.aggregate(last=Max("id"))["last"] or 0


def _grow(store: Store, after: int, until: int, run: str) -> list[Written]:
    """A file for each month that has new entries."""
    entries = LedgerEntry.objects.filter(pk__gt=after, pk__lte=until)
    months = entries.order_by().values_list(TruncMonth("occurred_on"), flat=True).distinct()
    written = []
    for month in sorted(months):
        rows = entries.filter(occurred_on__gte=month, occurred_on__lt=_next_month(month)).order_by("pk")
        path = f"ledger/month={month:%Y-%m}/{run}.parquet"
        file = store.write(path, LEDGER, rows)
        ids = rows.aggregate(first=Min("pk"), last=Max("pk"))
        written.append(replace(file, month=f"{month:%Y-%m}", first_id=ids["first"], last_id=ids["last"]))
    if not after and not written:
        written.append(store.write(f"ledger/month={NOTHING_YET[0]}/{run}.parquet", LEDGER, entries.none()))
    return written


def _renew(store: Store, dataset: Dataset, known: Sequence[Written], run: str) -> list[Written]:
    """The dataset's files: those that still hold, and new ones for the months that changed."""
    if not dataset.month_of:
        path = f"{dataset.name}/{run}.parquet"
        return [store.write(path, dataset, dataset.rows().order_by(dataset.columns["email"][1], "currency"))]
    holding = {file.month: file for file in known}
    written = []
    for month, fingerprint in _fingerprints(dataset) or [NOTHING_YET]:
        file = holding.get(month)
        if file is None or file.fingerprint != fingerprint:
            path = f"{dataset.name}/month={month}/{run}.parquet"
            file = replace(
                store.write(path, dataset, _of_month(dataset, month)), month=month, fingerprint=fingerprint
            )
        written.append(file)
    return written


def _fingerprints(dataset: Dataset) -> list[tuple[str, str]]:
    """Each month with what must change when one of its rows does."""
    found = []
    months = (
        dataset.rows()
        .order_by()
        .annotate(month=TruncMonth(dataset.month_of))
        .values("month")
        .annotate(rows=Count("pk"), ids=Sum("pk"), **dataset.fingerprint)
        .order_by("month")
    )
    for row in months:
        month = row.pop("month")
        text = json.dumps({**row, "columns": list(dataset.columns)}, sort_keys=True, default=str)
        found.append((f"{month:%Y-%m}", hashlib.sha256(text.encode()).hexdigest()[:32]))
    return found


def _of_month(dataset: Dataset, month: str) -> models.QuerySet[Any]:
    """The rows of a month of the store."""
    if month == NOTHING_YET[0]:
        return dataset.rows().none()
    first = date.fromisoformat(f"{month}-01")
    moments = {
        f"{dataset.month_of}__gte": day_start(first),
        f"{dataset.month_of}__lt": day_start(_next_month(first)),
    }
    rows: models.QuerySet[Any] = dataset.rows().filter(**moments).order_by("pk")
    return rows


def _next_month(month: date) -> date:
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)
