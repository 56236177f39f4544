"""Small files to import, and what became of them."""

import csv
import gzip
from collections.abc import Iterable
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.core.management import call_command
from django.test import TestCase

from orders.models import Order
from payments.importing.cells import ORDER_COLUMNS, REFUND_COLUMNS
from payments.models import LedgerEntry

ORDERS_HEADER, REFUNDS_HEADER = ",".join(ORDER_COLUMNS), ",".join(REFUND_COLUMNS)


def line(order_number: str = "1001", **cells: str) -> str:
    """One line of an order: 2 pieces at £2.55 by default."""
    usual = {
        "order_number": order_number,
        "placed_at": "2010-12-01T08:26:00",
        "email": "ann@example.com",
        "country": "United Kingdom",
        "sku": "85123A",
        "product_name": "WHITE HEART",
        "quantity": "2",
        "unit_price": "2.55",
        "currency": "GBP",
    }
    return _joined({**usual, **cells})


def refund_line(refund_number: str = "C1", order_number: str = "1001", **cells: str) -> str:
    """One refund of £1.00 by default, the day after the usual order."""
    usual = {
        "refund_number": refund_number,
        "order_number": order_number,
        "refunded_at": "2010-12-02T10:00:00",
        "amount": "1.00",
        "currency": "GBP",
    }
    return _joined({**usual, **cells})


def _joined(cells: dict[str, str]) -> str:
    text = StringIO()
    csv.writer(text, lineterminator="").writerow(cells.values())
    return text.getvalue()


class Files:
    """A folder with files to import, and the command that does it. Mixed into a test case."""

    def make_folder(self, case: Any) -> None:
        self.folder = Path(case.enterContext(TemporaryDirectory()))
        self.rejects = self.folder / "rejects.csv"

    def orders_file(self, *lines: str, name: str = "orders.csv", header: str = ORDERS_HEADER) -> Path:
        return self.write(name, "\n".join([header, *lines, ""]).encode())

    def refunds_file(self, *lines: str, header: str = REFUNDS_HEADER) -> Path:
        return self.write("refunds.csv", "\n".join([header, *lines, ""]).encode())

    def write(self, name: str, content: bytes) -> Path:
        path = self.folder / name
        path.write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
        return path

    def run_import(self, orders: Path, refunds: Path | None = None, **options: Any) -> str:
        """Import the files; what the command says at the end."""
        out = StringIO()
        options = {"rejects": self.rejects, "refunds": refunds, **options}
        call_command("import_orders", str(orders), stdout=out, stderr=StringIO(), **options)
        return out.getvalue()

    def rejected(self) -> list[tuple[int, str]]:
        """Line and reason of each rejected row of the last run."""
        return [(int(row["line"]), row["reason"]) for row in self.rejected_rows()]

    def rejected_rows(self) -> list[dict[str, str]]:
        with self.rejects.open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))


class ImportTestCase(Files, TestCase):
    def setUp(self) -> None:
        self.make_folder(self)

    def take_in(self, *lines: str, refunds: Iterable[str] = ()) -> str:
        """Import these lines; what the command says at the end."""
        return self.run_import(self.orders_file(*lines), self.refunds_file(*refunds) if refunds else None)

    def assert_rejected(self, *wanted: tuple[int, str]) -> None:
        """These lines with reasons that contain these texts, and no others."""
        found = self.rejected()
        self.assertEqual([number for number, _ in found], [number for number, _ in wanted], found)
        for (_, reason), (_, text) in zip(found, wanted, strict=True):
            self.assertIn(text, reason)

    def assert_orders(self, *numbers: str) -> None:
        """These orders are there, and no others."""
        self.assertEqual(list(Order.objects.order_by("number").values_list("number", flat=True)), [*numbers])


def entries() -> list[tuple[str, int, str]]:
    """Kind, amount and day of all ledger entries, in the order they were posted."""
    rows = LedgerEntry.objects.order_by("pk").values_list("kind", "amount", "occurred_on")
    return [(kind, amount, day.isoformat()) for kind, amount, day in rows]
