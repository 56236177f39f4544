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
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date, datetime
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.fs as pafs
import pyarrow.parquet as pq
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import models
from django.db.models import Count, Max, Min, Q, Sum
from django.db.models.functions import TruncMonth

from accounts.privacy import CustomerKey, customer_key
from analyticsapp.build import settled_id
from analyticsapp.reading import one_view
from catalog.models import StockMovement, StockReason
from orders.models import SOLD, BasketItem, Order, OrderItem
from payments.models import Charge, Dispute, LedgerEntry, RefundLine, RefundRequest, RequestStatus
from purelaka.days import day_start
from wishlist.models import WishlistItem

MANIFEST = "manifest.json"
VERSION = 1
ROWS_AT_ONCE = 50_000
NOTHING_YET = ("none", "")  # month and fingerprint of a file without rows: readers find the columns in it
RUN = "%Y%m%dT%H%M%S%f"  # names the files of one run

TEXT, NUMBER, DAY = pa.string(), pa.int64(), pa.date32()
MOMENT = pa.timestamp("us", tz="UTC")


@dataclass(frozen=True)
class Dataset:
    """Columns by name with their type and where they come from, and the moment that makes the month."""

    name: str
    columns: dict[str, tuple[pa.DataType, str]]
    rows: Callable[[], models.QuerySet[Any]]
    month_of: str
    fingerprint: dict[str, Any]

    @property
    def schema(self) -> pa.Schema:
        return pa.schema([(name, kind) for name, (kind, _) in self.columns.items()])

    def without_people(self) -> "Dataset":
        """The same columns, with the customer key in the place of the email address."""
        if "email" not in self.columns:
            return self
        columns = {**self.columns, "email": (TEXT, "customer_key")}
        return replace(
            self, columns=columns, rows=lambda: self.rows().annotate(customer_key=CustomerKey("email"))
        )


@dataclass(frozen=True)
class Written:
    """One file that counts."""

    path: str
    rows: int
    bytes: int
    sha256: str
    month: str = ""
    fingerprint: str = ""
    first_id: int = 0
    last_id: int = 0


@dataclass
class Manifest:
    """All files that count, by dataset. Without personal data, `key_check` tells one salt from another."""

    version: int = VERSION
    time_zone: str = ""
    made_at: str = ""
    personal_data: bool = True
    key_check: str = ""
    ledger_id: int = 0
    files: dict[str, list[Written]] = field(default_factory=dict)


class CannotExport(Exception):
    """The place can't be written to, or holds something else; the message says what to do."""


LEDGER = Dataset(
    "ledger",
    {
        "id": (NUMBER, "id"),
        "kind": (TEXT, "kind"),
        "amount": (NUMBER, "amount"),
        "currency": (TEXT, "currency"),
        "order_id": (NUMBER, "order_id"),
        "source_id": (TEXT, "source_id"),
        "occurred_at": (MOMENT, "occurred_at"),
        "occurred_on": (DAY, "occurred_on"),
        "posted_at": (MOMENT, "posted_at"),
    },
    LedgerEntry.objects.all,
    "occurred_on",
    {},
)
CHANGING = (
    Dataset(
        "orders",
        {
            "id": (NUMBER, "id"),
            "number": (TEXT, "number"),
            "user_id": (NUMBER, "user_id"),
            "email": (TEXT, "email"),
            "country": (TEXT, "country"),
            "currency": (TEXT, "currency"),
            "amount_subtotal": (NUMBER, "amount_subtotal"),
            "amount_discount": (NUMBER, "amount_discount"),
            "amount_shipping": (NUMBER, "amount_shipping"),
            "amount_tax": (NUMBER, "amount_tax"),
            "amount_total": (NUMBER, "amount_total"),
            "amount_refunded": (NUMBER, "amount_refunded"),
            "tax_behavior": (TEXT, "tax_behavior"),
            "status": (TEXT, "status"),
            "refund_status": (TEXT, "refund_status"),
            "dispute_status": (TEXT, "dispute_status"),
            "created_at": (MOMENT, "created_at"),
            "paid_at": (MOMENT, "paid_at"),
            "fulfilled_at": (MOMENT, "fulfilled_at"),
            "canceled_at": (MOMENT, "canceled_at"),
        },
        Order.objects.all,
        "created_at",
        {
            "total": Sum("amount_total"),
            "refunded": Sum("amount_refunded"),
            "sold": Count("pk", Q(status__in=SOLD)),
            "fulfilled": Count("pk", Q(status="fulfilled")),
            "canceled": Count("pk", Q(status="canceled")),
            "disputed": Count("pk", ~Q(dispute_status="none")),
            "dispute_open": Count("pk", Q(dispute_status="open")),
            "dispute_won": Count("pk", Q(dispute_status="won")),
            "partial": Count("pk", Q(refund_status="partial")),
            "users": Count("user_id"),
            "last_refund": Max("refunded_at"),
            "last_sent": Max("fulfilled_at"),
        },
    ),
    Dataset(
        "order_items",
        {
            "id": (NUMBER, "id"),
            "order_id": (NUMBER, "order_id"),
            "variant_id": (NUMBER, "variant_id"),
            "sku": (TEXT, "sku"),
            "product": (TEXT, "product_name"),
            "quantity": (NUMBER, "quantity"),
            "unit_amount": (NUMBER, "unit_amount"),
            "unit_cost": (NUMBER, "unit_cost"),
            "amount_total": (NUMBER, "amount_total"),
            "amount_discount": (NUMBER, "amount_discount"),
            "amount_tax": (NUMBER, "amount_tax"),
            "currency": (TEXT, "order__currency"),
        },
        OrderItem.objects.all,
        "order__created_at",
        {
            "total": Sum("amount_total"),
            "discount": Sum("amount_discount"),
            "pieces": Sum("quantity"),
            "variants": Sum("variant_id"),
            "costs": Sum("unit_cost"),
        },
    ),
    Dataset(
        "refund_requests",
        {
            "id": (NUMBER, "id"),
            "order_id": (NUMBER, "order_id"),
            "refund_id": (TEXT, "refund_id"),
            "amount": (NUMBER, "amount"),
            "amount_delivery": (NUMBER, "amount_delivery"),
            "currency": (TEXT, "currency"),
            "created_at": (MOMENT, "created_at"),
        },
        lambda: RefundRequest.objects.filter(status=RequestStatus.ANSWERED),
        "created_at",
        {"total": Sum("amount"), "delivery": Sum("amount_delivery"), "told": Count("pk", ~Q(refund_id=""))},
    ),
    Dataset(
        "refund_lines",
        {
            "id": (NUMBER, "id"),
            "request_id": (NUMBER, "request_id"),
            "item_id": (NUMBER, "item_id"),
            "quantity": (NUMBER, "quantity"),
            "amount": (NUMBER, "amount"),
        },
        lambda: RefundLine.objects.filter(request__status=RequestStatus.ANSWERED),
        "request__created_at",
        {"total": Sum("amount"), "pieces": Sum("quantity")},
    ),
    Dataset(
        "stock_returns",
        {
            "id": (NUMBER, "id"),
            "item_id": (NUMBER, "order_item_id"),
            "variant_id": (NUMBER, "variant_id"),
            "quantity": (NUMBER, "quantity"),
            "at": (MOMENT, "at"),
        },
        lambda: StockMovement.objects.filter(reason=StockReason.RETURN, order_item__isnull=False),
        "at",
        {"pieces": Sum("quantity")},
    ),
    Dataset(
        "wishes",
        {
            "id": (NUMBER, "id"),
            "user_id": (NUMBER, "user_id"),
            "variant_id": (NUMBER, "variant_id"),
            "created_at": (MOMENT, "created_at"),
            "removed_at": (MOMENT, "removed_at"),
        },
        WishlistItem.objects.all,
        "created_at",
        {"removed": Count("removed_at"), "last": Max("removed_at")},
    ),
    Dataset(
        "basket_items",
        {
            "id": (NUMBER, "id"),
            "user_id": (NUMBER, "basket__user_id"),
            "variant_id": (NUMBER, "variant_id"),
            "quantity": (NUMBER, "quantity"),
            "added_at": (MOMENT, "added_at"),
            "removed_at": (MOMENT, "removed_at"),
        },
        lambda: BasketItem.objects.filter(basket__user__isnull=False),
        "added_at",
        {"removed": Count("removed_at"), "last": Max("removed_at"), "pieces": Sum("quantity")},
    ),
    Dataset(
        "charges",
        {
            "id": (NUMBER, "id"),
            "charge_id": (TEXT, "charge_id"),
            "order_id": (NUMBER, "order_id"),
            "provider": (TEXT, "provider"),
            "status": (TEXT, "status"),
            "amount": (NUMBER, "amount"),
            "amount_captured": (NUMBER, "amount_captured"),
            "amount_refunded": (NUMBER, "amount_refunded"),
            "currency": (TEXT, "currency"),
            "method": (TEXT, "method"),
            "card_brand": (TEXT, "card_brand"),
            "balance_transaction_id": (TEXT, "balance_transaction_id"),
            "created": (MOMENT, "created"),
        },
        Charge.objects.all,
        "created",
        {
            "captured": Sum("amount_captured"),
            "refunded": Sum("amount_refunded"),
            "succeeded": Count("pk", Q(status="succeeded")),
            "settled": Count("pk", ~Q(balance_transaction_id="")),
            "of_orders": Sum("order_id"),
            "newest": Max("as_of"),
        },
    ),
    Dataset(
        "disputes",
        {
            "id": (NUMBER, "id"),
            "dispute_id": (TEXT, "dispute_id"),
            "charge_id": (TEXT, "charge_id"),
            "order_id": (NUMBER, "order_id"),
            "amount": (NUMBER, "amount"),
            "currency": (TEXT, "currency"),
            "status": (TEXT, "status"),
            "reason": (TEXT, "reason"),
            "created": (MOMENT, "created"),
        },
        Dispute.objects.all,
        "created",
        {
            "total": Sum("amount"),
            "won": Count("pk", Q(status="won")),
            "lost": Count("pk", Q(status="lost")),
            "inquiries": Count("pk", Q(status__startswith="warning")),
            "of_orders": Sum("order_id"),
            "newest": Max("as_of"),
        },
    ),
    Dataset(
        "customers",
        {
            "email": (TEXT, "email"),
            "currency": (TEXT, "currency"),
            "orders": (NUMBER, "orders"),
            "amount_total": (NUMBER, "amount"),
            "first_paid_at": (MOMENT, "first_paid_at"),
            "last_paid_at": (MOMENT, "last_paid_at"),
        },
        lambda: (
            Order.objects.filter(status__in=SOLD)
            .values("email", "currency")
            .annotate(
                orders=Count("pk"),
                amount=Sum("amount_total"),
                first_paid_at=Min("paid_at"),
                last_paid_at=Max("paid_at"),
            )
        ),
        "",  # not by month: a customer buys in many
        {},
    ),
)


def export(place: str, *, now: datetime, personal_data: bool = True) -> Manifest:
    """Bring the files at `place` (a folder, or an address such as `s3://bucket/path`) up to date.

    Without `personal_data` they carry customer keys in the place of email addresses. Returns the new
    manifest. Raises CannotExport, LedgerBusy; the files of the last run count then.
    """
    key_check = "" if personal_data else _key_check()
    store = _Store(place)
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


def _grow(store: "_Store", after: int, until: int, run: str) -> list[Written]:
    """A file for each month that has new entries."""
    entries = LedgerEntry.objects.filter(pk__gt=after, pk__lte=until)
    months = entries.order_by().values_list(TruncMonth("occurred_on"), flat=True).distinct()
    written = []
    for month in sorted(months):
        rows = entries.filter(occurred_on__gte=month, occurred_on__lt=_next_month(month)).order_by("pk")
        path = f"ledger/month={month:%Y-%m}/{run}.parquet"
        file = store.write(path, LEDGER, rows)
        ids = rows.aggregate(first=Min("pk"), last=Max("pk"))
        written.append(_with(file, month=f"{month:%Y-%m}", first_id=ids["first"], last_id=ids["last"]))
    if not after and not written:
        written.append(store.write(f"ledger/month={NOTHING_YET[0]}/{run}.parquet", LEDGER, entries.none()))
    return written


def _renew(store: "_Store", dataset: Dataset, known: Sequence[Written], run: str) -> list[Written]:
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
            file = _with(
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


def _with(file: Written, **more: Any) -> Written:
    return Written(**{**asdict(file), **more})


class _Store:
    """Where the files are: a folder or an object store, by pyarrow's file systems."""

    def __init__(self, place: str) -> None:
        address = place if "://" in place else Path(place).resolve().as_uri()
        try:
            self.system, self.root = pafs.FileSystem.from_uri(address)
            self.system.create_dir(self.root, recursive=True)
        except (OSError, pa.ArrowException) as problem:
            raise CannotExport(f"{place} can't be written to: {problem}") from problem

    def manifest(self) -> Manifest:
        """The one of the last run, or an empty one in an empty place. Raises CannotExport."""
        path = f"{self.root}/{MANIFEST}"
        if self.system.get_file_info(path).type == pafs.FileType.NotFound:
            if self._files():
                raise CannotExport(f"There are files, but no {MANIFEST}: choose an empty folder.")
            return Manifest()
        with self.system.open_input_stream(path) as stream:
            told = json.loads(stream.read())
        if told["version"] != VERSION or told["time_zone"] != settings.TIME_ZONE:
            raise CannotExport(
                f"The files there are of version {told['version']} and of {told['time_zone']}, and not of "
                f"{VERSION} and {settings.TIME_ZONE}: choose an empty folder."
            )
        files = {name: [Written(**file) for file in known] for name, known in told.pop("files").items()}
        return Manifest(**told, files=files)

    def write(self, path: str, dataset: Dataset, rows: models.QuerySet[Any]) -> Written:
        """One Parquet file with these rows."""
        full = f"{self.root}/{path}"
        self.system.create_dir(full.rsplit("/", 1)[0], recursive=True)
        sources = [source for _, source in dataset.columns.values()]
        number = 0
        with pq.ParquetWriter(full, dataset.schema, filesystem=self.system, compression="zstd") as writer:
            for batch in _batches(
                rows.values_list(*sources).iterator(chunk_size=ROWS_AT_ONCE), dataset.schema
            ):
                writer.write_batch(batch)
                number += batch.num_rows
        return Written(path, number, *self._weigh(full))

    def replace_manifest(self, manifest: Manifest) -> None:
        """In one step: a reader sees the old one or the new one."""
        text = json.dumps(asdict(manifest), indent=1).encode()
        path = f"{self.root}/{MANIFEST}"
        if isinstance(self.system, pafs.LocalFileSystem):
            with self.system.open_output_stream(f"{path}.new") as stream:
                stream.write(text)
            Path(f"{path}.new").replace(path)
        else:  # an object appears whole
            with self.system.open_output_stream(path) as stream:
                stream.write(text)

    def remove_all_but(self, manifest: Manifest) -> None:
        """Remove Parquet files that the manifest does not name."""
        kept = {f"{self.root}/{file.path}" for files in manifest.files.values() for file in files}
        for path in self._files():
            if path not in kept:
                self.system.delete_file(path)

    def _files(self) -> list[str]:
        found = self.system.get_file_info(pafs.FileSelector(self.root, recursive=True))
        return [
            info.path for info in found if info.type == pafs.FileType.File and info.path.endswith(".parquet")
        ]

    def _weigh(self, path: str) -> tuple[int, str]:
        digest, size = hashlib.sha256(), 0
        with self.system.open_input_stream(path) as stream:
            while chunk := stream.read(1 << 20):
                digest.update(chunk)
                size += len(chunk)
        return size, digest.hexdigest()


def _batches(rows: Iterable[tuple[Any, ...]], schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    remaining = iter(rows)
    while chunk := list(islice(remaining, ROWS_AT_ONCE)):
        columns = [
            pa.array(values, kind)
            for values, kind in zip(zip(*chunk, strict=True), schema.types, strict=True)
        ]
        yield pa.RecordBatch.from_arrays(columns, schema=schema)
