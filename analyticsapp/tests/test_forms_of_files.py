"""The same file as CSV, as a spreadsheet, and in a ZIP with a manifest that can be verified."""

import csv
import io
import json
import re
import zipfile
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from xml.etree import ElementTree

from django.core.management import CommandError, call_command
from django.urls import reverse

from analyticsapp.exports.files import EXPORTS
from analyticsapp.tests.ledgers import at, refunded, sold
from analyticsapp.tests.test_export_contract import body
from analyticsapp.tests.test_exports import JUNE, FilesTestCase
from audit.models import AuditLog

CELL = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def cells_of(workbook: bytes) -> list[list[tuple[str, bool]]]:
    """Each row's filled cells: what they say, and whether they are numbers."""
    with zipfile.ZipFile(io.BytesIO(workbook)) as parts:
        sheet = ElementTree.fromstring(parts.read("xl/worksheets/sheet1.xml"))
    return [
        [("".join(cell.itertext()), cell.get("t", "n") == "n") for cell in row]
        for row in sheet.iter(f"{CELL}row")
    ]


def value_of(number: str, like: str = "") -> Decimal | datetime:
    """What a number says; a day or moment where `like`, or itself, is the text of one."""
    like = like or number
    if not re.match(r"\d{4}-\d\d-\d\d", like):
        return Decimal(number)
    if number == like:
        return datetime.fromisoformat(number).replace(tzinfo=None)
    return datetime.fromisoformat("1899-12-30") + timedelta(seconds=round(float(number) * 86400))


class FormsTestCase(FilesTestCase):
    def setUp(self) -> None:
        super().setUp()
        order = sold(1_234_50, at(3), number="PL-1", email="=1+1@example.com")
        refunded(order, 10_00, at(5))
        sold(1200, at(4), number="PL-2", currency="jpy")

    def form(self, name: str, key: str) -> bytes:
        return body(self.client.get(reverse(f"analyticsapp:export-{name}", args=[key]), JUNE))

    def csv_of(self, key: str) -> bytes:
        return self.get(key.replace("_", "-"))


class Spreadsheets(FormsTestCase):
    def test_each_cell_says_what_the_csv_says(self) -> None:
        for key in EXPORTS:
            with self.subTest(key):
                written = list(csv.reader(io.StringIO(self.csv_of(key).decode())))
                filled = [[cell for cell in row if cell] for row in written]
                found = cells_of(self.form("xlsx", key))

                for line, row in zip(filled, found, strict=True):
                    said = [text for text, _ in row]
                    numbers = [index for index, (_, is_number) in enumerate(row) if is_number]
                    for index in numbers:
                        self.assertEqual(value_of(said[index], line[index]), value_of(line[index]))
                        said[index] = line[index]
                    self.assertEqual(said, line)

    def test_days_and_moments_are_dates(self) -> None:
        for key, column, said in (
            ("daily", "day", "2026-06-01"),
            ("orders", "paid_at", "2026-06-03T12:00:00Z"),
        ):
            with self.subTest(column):
                head, first, *_ = cells_of(self.form("xlsx", key))
                row = dict(zip([text for text, _ in head], first, strict=False))

                text, is_number = row[column]
                self.assertTrue(is_number)
                self.assertEqual(value_of(text, said), datetime.fromisoformat(said).replace(tzinfo=None))

    def test_money_is_a_number_and_text_is_no_formula(self) -> None:
        head, first, *_ = cells_of(self.form("xlsx", "orders"))

        row = dict(zip([text for text, _ in head], first, strict=False))
        self.assertEqual(row["total"], ("1234.50", True))
        self.assertEqual(row["email"], ("'=1+1@example.com", False))

    def test_it_is_written_down(self) -> None:
        self.form("xlsx", "orders")

        said = AuditLog.objects.get(event_type="analytics_export").data
        self.assertEqual(
            (said["file"], said["rows"], said["outcome"]),
            ("purelaka-orders-2026-06-01-2026-06-30.xlsx", 2, "complete"),
        )


class Manifests(FormsTestCase):
    def test_it_holds_the_csv_and_says_what_it_sums_to(self) -> None:
        with zipfile.ZipFile(io.BytesIO(self.form("zip", "orders"))) as archive:
            manifest = json.loads(archive.read("manifest.json"))
            file = archive.read(manifest["file"])

        self.assertEqual(file, self.csv_of("orders"))
        self.assertEqual(manifest["rows"], 2)
        self.assertEqual(
            manifest["sums"],
            {
                "gbp": {"total": "1234.50", "amount_refunded": "0.00"},
                "jpy": {"total": "1200", "amount_refunded": "0"},
            },
        )
        self.assertEqual(manifest["windows"], ["2026-06-01/2026-06-30"])
        self.assertEqual(manifest["windows_utc"], ["2026-05-31T23:00:00+00:00/2026-06-30T23:00:00+00:00"])
        self.assertEqual(
            (manifest["made_by"], manifest["time_zone"], manifest["contract_version"]),
            (self.analyst.email, "Europe/London", 1),
        )


class Verifying(FormsTestCase):
    def setUp(self) -> None:
        super().setUp()
        folder = self.enterContext(TemporaryDirectory())
        self.zip, self.csv, self.manifest = (
            Path(folder) / name for name in ("a.zip", "a.csv", "manifest.json")
        )
        self.zip.write_bytes(self.form("zip", "refunds"))
        with zipfile.ZipFile(self.zip) as archive:
            text = archive.read("manifest.json")
            self.manifest.write_bytes(text)
            self.csv.write_bytes(archive.read(json.loads(text)["file"]))

    def verify(self, *arguments: str | Path) -> str:
        said = io.StringIO()
        try:
            call_command("verify_export", *map(str, arguments), stdout=said)
        except CommandError as error:
            return f"{said.getvalue()}{error} ({error.returncode})"
        return said.getvalue()

    def test_what_was_exported_holds(self) -> None:
        for arguments in ((self.zip,), (self.csv, self.manifest)):
            self.assertIn("The file is what its manifest says. It was exported", self.verify(*arguments))

    def test_one_changed_digit_does_not(self) -> None:
        self.csv.write_bytes(self.csv.read_bytes().replace(b"10.00", b"10.01"))

        said = self.verify(self.csv, self.manifest)

        self.assertIn("The SHA-256 should be", said)
        self.assertIn("The sums of money should be {'gbp': {'amount': '10.00'}}, and is", said)
        self.assertIn("(1)", said)

    def test_a_row_less_does_not(self) -> None:
        self.csv.write_bytes(b"\n".join(self.csv.read_bytes().split(b"\n")[:1]) + b"\n")

        self.assertIn("The number of rows should be 1, and is 0.", self.verify(self.csv, self.manifest))

    def test_a_manifest_that_was_made_up_is_not_known(self) -> None:
        told = json.loads(self.manifest.read_text()) | {"made_by": "somebody@example.com"}
        self.manifest.write_text(json.dumps(told))

        self.assertIn("does not know this manifest", self.verify(self.csv, self.manifest))
        self.assertNotIn("does not", self.verify(self.csv, self.manifest, "--no-audit"))

    def test_what_is_no_manifest_is_told(self) -> None:
        self.assertIn("Give the CSV and its manifest, or the ZIP. (2)", self.verify(self.csv))


class Books(FormsTestCase):
    def test_refunds_sum_to_the_figure_and_name_the_sale(self) -> None:
        [row] = self.rows("refunds")
        summary = next(row for row in self.rows("kpi-summary") if row["currency"] == "gbp")

        self.assertEqual(row["amount"], summary["refunded_amount"])
        self.assertEqual((row["day"], row["sold_at"]), ("2026-06-05", "2026-06-03T12:00:00Z"))

    def test_sales_of_the_ledger_sum_to_revenue(self) -> None:
        summary = next(row for row in self.rows("kpi-summary") if row["currency"] == "gbp")
        sales = [row for row in self.rows("ledger") if (row["kind"], row["currency"]) == ("sale", "gbp")]

        self.assertEqual(sum(Decimal(row["amount"]) for row in sales), Decimal(summary["revenue"]))

    def test_lines_net_of_discount_sum_to_the_products(self) -> None:
        lines, products = self.rows("line-items"), self.rows("products")

        for currency in ("gbp", "jpy"):
            self.assertEqual(
                sum(Decimal(row["net_amount"]) for row in lines if row["currency"] == currency),
                sum(Decimal(row["revenue"]) for row in products if row["currency"] == currency),
            )
