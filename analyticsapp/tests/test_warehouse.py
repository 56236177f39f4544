"""The warehouse's files: each row exactly once, whatever happens, and the same figures as the dashboard."""

import json
import re
from dataclasses import replace
from datetime import timedelta
from fractions import Fraction
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

import duckdb
from django.conf import settings
from django.core.management import CommandError, call_command
from django.test import TestCase, override_settings
from django.utils import timezone

from accounts.privacy import customer_key
from analyticsapp.figures.facts import window_facts
from analyticsapp.kpis import KPIS
from analyticsapp.reports import margin
from analyticsapp.rollups.build import build
from analyticsapp.rollups.definitions import state
from analyticsapp.tests.ledgers import at, refunded, sold
from analyticsapp.warehouse import parquet_store
from analyticsapp.warehouse.parquet_store import CannotExport, Manifest
from analyticsapp.warehouse.writing import export
from analyticsapp.windows import Window, last_days
from orders.models import Order
from payments.models import LedgerEntry
from purelaka.days import store_day
from purelaka.testing import NOON

QUERY = re.compile(r"```sql (\w+)\n(.*?)```", re.DOTALL)
VIEW = re.compile(r"```sql-view \w+\n(.*?)```", re.DOTALL)
PARAMETER = re.compile(r":(\w+)")


class WarehouseTestCase(TestCase):
    def setUp(self) -> None:
        self.place = Path(self.enterContext(TemporaryDirectory()))
        self.now = NOON

    def export(self) -> Manifest:
        self.now += timedelta(minutes=1)
        return export(str(self.place), now=self.now)

    def read(self) -> duckdb.DuckDBPyConnection:
        """A database with a view for each dataset, of the files that the manifest names."""
        told = json.loads((self.place / "manifest.json").read_text())
        reader = duckdb.connect()
        self.addCleanup(reader.close)
        for name, files in told["files"].items():
            paths = ", ".join(f"'{self.place / file['path']}'" for file in files)
            reader.execute(
                f"CREATE VIEW {name} AS SELECT * FROM read_parquet([{paths}], hive_partitioning = false)"
            )
        return reader

    def value(self, query: str) -> Any:
        [row] = self.read().execute(query).fetchall()
        return row[0]


class Figures(WarehouseTestCase):
    @classmethod
    def setUpTestData(cls) -> None:
        call_command("seed_demo", orders=150, stdout=StringIO())
        build(now=timezone.now())

    def test_each_documented_query_gives_the_dashboard_s_figure(self) -> None:
        self.export()
        reader, known = self.read(), state()
        text = (Path(settings.BASE_DIR) / "docs" / "warehouse.md").read_text(encoding="utf-8")
        queries = dict(QUERY.findall(text))
        self.assertEqual(set(queries), set(KPIS))
        for view in VIEW.findall(text):
            reader.execute(view)
        today = store_day(timezone.now())

        for window in (last_days(30, today=today), last_days(365, today=today), last_days(1000, today=today)):
            for currency, found in window_facts(window, known).items():
                facts = replace(found, margin=margin.of_window(window, currency, state()))
                for key, query in queries.items():
                    with self.subTest(key, window=str(window), currency=currency):
                        told = self.run_query(reader, query, window, currency)
                        self.assertEqual(told, self.exact(key, facts))

    def run_query(
        self, reader: duckdb.DuckDBPyConnection, query: str, window: Window, currency: str
    ) -> Fraction | None:
        from_at, until_at = window.bounds
        values = {
            "currency": currency,
            "start": window.start,
            "end": window.end,
            "from_at": from_at,
            "until_at": until_at,
        }
        asked = {name: values[name] for name in PARAMETER.findall(query)}
        [row] = reader.execute(PARAMETER.sub(r"$\1", query), asked).fetchall()
        if len(row) == 1:
            return Fraction(row[0])
        return Fraction(row[0]) / Fraction(row[1]) if row[1] else None

    def exact(self, key: str, facts: Any) -> Fraction | None:
        """The dashboard's figure; of an average, before it is rounded."""
        if key == "aov":
            return Fraction(facts.revenue, facts.orders) if facts.orders else None
        figure = KPIS[key].compute(facts)
        return None if figure is None else Fraction(figure)


class Runs(WarehouseTestCase):
    def files(self) -> set[str]:
        return {str(path.relative_to(self.place)) for path in self.place.rglob("*.parquet")}

    def test_a_second_run_writes_only_what_is_new(self) -> None:
        sold(10_00, at(3))
        before = {file.path for files in self.export().files.values() for file in files}
        same = {file.path for files in self.export().files.values() for file in files}
        order = sold(20_00, at(4))
        after = self.export()

        self.assertEqual({path for path in before ^ same if not path.startswith("customers/")}, set())
        self.assertEqual([file.rows for file in after.files["ledger"]], [1, 1])
        self.assertEqual(self.value("SELECT COUNT(*) FROM ledger"), 2)
        self.assertEqual(self.value(f"SELECT amount_total FROM orders WHERE id = {order.pk}"), 20_00)

    def test_a_month_is_written_anew_when_a_row_of_it_changed(self) -> None:
        order = sold(10_00, at(3))
        self.export()
        refunded(order, 4_00, at(9))
        Order.objects.filter(pk=order.pk).update(amount_refunded=4_00, refund_status="partial")

        self.export()

        self.assertEqual(self.value("SELECT amount_refunded FROM orders"), 4_00)
        self.assertEqual(self.value("SELECT SUM(amount) FROM ledger"), 6_00)

    def test_a_run_that_dies_leaves_nothing_that_counts(self) -> None:
        sold(10_00, at(3))
        self.export()
        sold(20_00, at(4))
        with (
            patch.object(parquet_store.Store, "replace_manifest", side_effect=OSError),
            self.assertRaises(OSError),
        ):
            self.export()
        self.assertEqual(self.value("SELECT COUNT(*) FROM ledger"), 1)

        manifest = self.export()

        self.assertEqual(self.value("SELECT COUNT(*) FROM ledger"), 2)
        self.assertEqual(self.value("SELECT COUNT(DISTINCT id) FROM ledger"), 2)
        self.assertEqual(self.files(), {file.path for files in manifest.files.values() for file in files})

    def test_amounts_and_moments_are_as_in_the_database(self) -> None:
        sold(1_234, at(3), currency="kwd")
        self.export()

        entry = LedgerEntry.objects.get()
        [row] = (
            self.read()
            .execute("SELECT amount, currency, epoch_us(occurred_at), occurred_on FROM ledger")
            .fetchall()
        )
        moment = int(entry.occurred_at.timestamp() * 1_000_000)
        self.assertEqual(row, (1_234, "kwd", moment, entry.occurred_on))

    def test_files_that_are_not_ours_are_left_alone(self) -> None:
        (self.place / "theirs.parquet").write_text("precious")

        with self.assertRaisesMessage(CommandError, "choose an empty folder"):
            call_command("export_parquet", str(self.place), stdout=StringIO())
        self.assertTrue((self.place / "theirs.parquet").exists())

    @override_settings(PERSONAL_DATA_SALT="pepper")
    def test_without_personal_data_there_are_keys_and_the_same_figures(self) -> None:
        sold(10_00, at(3), email="ann@example.com", name="Ann Alone", address="1 Lonely Lane")
        sold(20_00, at(9), email="ann@example.com")
        sold(40_00, at(9), email="bob@example.com")

        call_command("export_parquet", str(self.place), without_personal_data=True, stdout=StringIO())

        reader = self.read()
        found = dict(reader.execute("SELECT email, amount_total FROM customers ORDER BY email").fetchall())
        keys = {customer_key("ann@example.com"): 30_00, customer_key("bob@example.com"): 40_00}
        self.assertEqual(found, keys)
        self.assertEqual(list(found), sorted(found))
        self.assertEqual(
            {key for (key,) in reader.execute("SELECT DISTINCT email FROM orders").fetchall()}, set(keys)
        )
        for name in ("orders", "customers", "ledger", "order_items"):
            written = str(reader.execute(f"SELECT CAST(COLUMNS(*) AS VARCHAR) FROM {name}").fetchall())
            for told in ("@", "Ann", "Lonely"):
                self.assertNotIn(told, written)
        told = json.loads((self.place / "manifest.json").read_text())
        self.assertIs(told["personal_data"], False)

    @override_settings(PERSONAL_DATA_SALT="pepper")
    def test_a_place_keeps_to_keys_of_one_salt_or_to_addresses(self) -> None:
        sold(10_00, at(3))
        export(str(self.place), now=self.now, personal_data=False)

        with self.assertRaisesMessage(CannotExport, "The files there have customer keys in them"):
            export(str(self.place), now=self.now)
        with (
            override_settings(PERSONAL_DATA_SALT="salt"),
            self.assertRaisesMessage(CannotExport, "made with another PERSONAL_DATA_SALT"),
        ):
            export(str(self.place), now=self.now, personal_data=False)
        export(str(self.place), now=self.now + timedelta(minutes=1), personal_data=False)

    def test_keys_need_a_salt(self) -> None:
        with self.assertRaisesMessage(CommandError, "Customer keys need a salt."):
            call_command("export_parquet", str(self.place), without_personal_data=True, stdout=StringIO())

    def test_the_command_says_what_is_there(self) -> None:
        sold(10_00, at(3))
        call_command("export_parquet", str(self.place), stdout=(said := StringIO()))

        self.assertRegex(said.getvalue(), r"ledger +1 rows in +1 files, 1 of them new")
