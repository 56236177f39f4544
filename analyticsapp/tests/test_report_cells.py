"""Every number of a report is defined, leads to the rows that make it, and these come to it."""

import csv
import io
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from html import unescape
from importlib import import_module
from unittest import skipUnless
from unittest.mock import patch

from django.core.management import CommandError, call_command
from django.db import connection
from django.test import SimpleTestCase, TestCase
from django.urls import reverse
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase as RandomTestCase

from accounts.models import Role
from analyticsapp.kpis import KPIS, documents
from analyticsapp.kpis.breakdowns import BREAKDOWNS, REGISTRY
from analyticsapp.kpis.formulas import canonical
from analyticsapp.proof import evidence
from analyticsapp.proof.drills import SUM
from analyticsapp.proof.evidence import Scope
from analyticsapp.report_tabs import CELLS, REPORTS
from analyticsapp.report_tabs.asking import Asking
from analyticsapp.report_tabs.tables import Head, Table
from analyticsapp.rollups.build import build
from analyticsapp.rollups.definitions import state
from analyticsapp.tests.ledgers import at, post, refunded
from analyticsapp.tests.ledgers import sold as sell
from analyticsapp.tests.test_dashboard import text
from analyticsapp.tests.test_export_contract import body
from analyticsapp.tests.test_further_kpis import charge, dispute
from analyticsapp.tests.test_random_ledgers import Sale, moment, sales, windows, write
from analyticsapp.views.asked import Asked
from analyticsapp.views.reports import asking
from analyticsapp.windows import Window
from analyticsapp.wishes.funnel_figures import WISH_FIGURES
from audit.models import AuditLog
from payments.models import Kind, Refund
from purelaka.testing import make_user

MAY_AND_JUNE = Window(date(2026, 5, 1), date(2026, 6, 30))
ASKED = {"start": "2026-05-01", "end": "2026-06-30", "currency": "gbp"}
AGREES = "The rows sum to|There are as many rows as"


def ask(report: str, window: Window, currency: str = "gbp") -> Asking:
    page = Asked(window, date(2026, 11, 24), "", "", "")
    return asking(page, state(), currency, report)


def tables(window: Window, currency: str = "gbp") -> Iterator[tuple[str, Table]]:
    for report, (_, makes) in REPORTS.items():
        for table in makes(ask(report, window, currency)).tables:
            yield report, table


def cells(table: Table) -> Iterator[tuple[str, Head]]:
    """Those that are breakdowns: the rows of a figure are the figure's page's own."""
    rows = [*table.row_ids, *[SUM] * table.sums_lead] if table.drill else []
    for row in rows:
        for head in table.heads[1:]:
            key = table.row_keys[table.row_ids.index(row)] if table.row_keys else head.key
            found = table.find(row, head.name)
            if key in BREAKDOWNS and found and found[2] is not None:
                yield row, head


def a_small_shop() -> None:
    """Two months of everything that can happen to money."""
    first = sell(50_00, at(3, month=4), email="ann@example.com", country="GB")
    order = sell(100_00, at(4, month=5), email="ann@example.com", country="GB", lines=[("CREAM", 2, 50_00)])
    other = sell(30_00, at(5, month=5), email="bob@example.com", country="", lines=[("SOAP", 3, 10_00)])
    sell(20_00, at(6), email="bob@example.com", country="FR")
    Refund.objects.create(
        refund_id="re_1", order=first, amount=9_00, currency="gbp", status="succeeded",
        reason="requested_by_customer", created=at(9, month=5), as_of=at(9, month=5),
    )  # fmt: skip
    refunded(first, 9_00, at(9, month=5), source_id="re_1")
    refunded(order, 20_00, at(10, month=5))
    refunded(order, 5_00, at(10))
    refunded(other, 1_00, at(1, month=8))
    post(Kind.FEE, -2_00, at(4, month=5), order=order)
    post(Kind.DISPUTE_WITHDRAWAL, -30_00, at(9), order=other)
    post(Kind.PAYOUT, -40_00, at(12))
    charge(order, at(4, month=5), settled="")
    charge(other, at(5, month=5))
    dispute(other, at(9), "lost")


class Completeness(TestCase):
    def test_every_number_that_a_report_shows_is_defined(self) -> None:
        a_small_shop()
        for report, table in tables(MAY_AND_JUNE):
            with self.subTest(report, table=table.key):
                self.assertTrue(table.rows)
                self.assertEqual(
                    table.undefined, [], "name its key in the registry: analyticsapp/kpis/breakdowns.py"
                )
                keys = {head.key for head in table.heads if head.key} | set(table.row_keys)
                self.assertLessEqual(keys, set(REGISTRY))

    def test_a_column_without_a_key_is_found(self) -> None:
        heads = [Head("name", "Name", "text"), Head("figure", "Figure")]

        self.assertEqual(Table("t", "T", heads, [["a", 1]], "gbp").undefined, ["figure"])
        self.assertEqual(Table("t", "T", heads, [["a", 1]], "gbp", row_keys=[""]).undefined, ["a"])

    def test_every_breakdown_is_shown_and_fully_defined(self) -> None:
        a_small_shop()
        shown = {
            key
            for _, table in tables(MAY_AND_JUNE)
            for key in [*(head.key for head in table.heads), *table.row_keys]
        }
        for key, one in BREAKDOWNS.items():
            texts = (one.label, one.by, one.formula, one.date_rule, one.edge_cases, one.source)
            self.assertTrue(all(texts), key)
        self.assertEqual(set(BREAKDOWNS) - shown, set())


class Versions(SimpleTestCase):
    def test_a_formula_that_changed_needs_a_new_version(self) -> None:
        for field, value in (("formula", "Another."), ("compute", lambda facts: facts.orders)):
            changed = KPIS["aov"]
            with patch.dict(changed.__dict__, {field: value}), self.subTest(field):
                self.assertEqual(documents.unversioned(), ["aov"])
                with self.assertRaisesMessage(CommandError, "aov"):
                    call_command("kpi_docs")

    def test_with_a_new_version_it_may_change(self) -> None:
        with patch.dict(KPIS["aov"].__dict__, {"formula": "Another.", "version": 2}):
            self.assertEqual(documents.unversioned(), [])

    def test_a_breakdown_s_too(self) -> None:
        with patch.dict(BREAKDOWNS["cohort_size"].__dict__, {"formula": "Another."}):
            self.assertEqual(documents.unversioned(), ["cohort_size"])


@skipUnless(connection.vendor == "sqlite", "the texts that are kept are SQLite's")
class Queries(SimpleTestCase):
    """A formula that changes in a query is seen, and what means nothing there is not."""

    changes = {
        "rollups.definitions.DAILY_ROLLUP": ("'fee', 'fee_credit'", "'fee'", "fees"),
        "rollups.definitions.SOLD": ("SUM(amount)", "MAX(amount)", "orders"),
        "figures.counts.WISHED": ("wish.removed_at >=", "wish.removed_at <", "wishlisted_users"),
        "figures.counts.PEOPLE_BY_DAY": ("BETWEEN", "NOT BETWEEN", "unique_customers"),
        "rollups.returning.RETURNS": ("orders > 2", "orders > 3", "repeat_customers"),
        "rollups.refunded.REFUNDED": ("SUM(refunds)", "MAX(refunds)", "refunded_orders"),
        "figures.further.DISPUTES": ("'lost'", "'won'", "dispute_rate_pct"),
        "figures.further.SALES": ("refunds < 0", "refunds <= 0", "refund_rate_sold_orders_pct"),
        "figures.further.GOODS": ("SUM(units)", "MAX(units)", "units"),
        "rollups.definitions.PRODUCT_ROLLUP": (
            "SUM(item.amount_total)",
            "MAX(item.amount_total)",
            "gross_product_sales",
        ),
        "reports.margin.OF_DAYS": ("-refunded", "refunded", "goods_revenue"),
        "reports.margin.LINES": ("item.amount_total - item", "item.amount_total + item", "product_margin"),
        "reports.margin.TOTALS": ("SUM(cost)", "MAX(cost)", "goods_cost"),
        "reports.customers.BY_DAY": ("firsts.ever >= %s", "firsts.ever > %s", "new_customers_by_period"),
        "reports.customers.COHORTS": ("SUM(sales)", "MAX(sales)", "cohort_lifetime_value"),
        "reports.refunds.PAIRS": ("SUM(refunds)", "MAX(refunds)", "refunds_made_later"),
        "reports.refunds.REASONS": ("COUNT(DISTINCT", "COUNT(", "refunds_by_reason"),
        "reports.sold.GROUPED": ("named.amount > 0", "named.amount >= 0", "orders_by_hour"),
        "reports.sold.COUNTRY": ("country, ''", "country, 'GB'", "sales_share_by_country_pct"),
        "reports.sold.METHOD": ("'succeeded'", "'failed'", "sales_by_method"),
        "reports.margin.BY_PRODUCT": ("SUM(", "MAX(", "margin_by_product"),
        "exports.files.PRODUCTS": ("SUM(", "MAX(", "units_by_product"),
        "wishes.funnel.STEPS": ("< sold.paid_at", "<= sold.paid_at", "wish_people_bought"),
        "wishes.funnel.FUNNEL": ("AVG(seconds)", "MAX(seconds)", "wish_to_basket"),
        "wishes.funnel.PRODUCTS": ("COUNT(bought_at)", "COUNT(*)", "wishes_bought"),
    }

    def test_a_query_that_changed_needs_a_new_version_or_somebody_s_word(self) -> None:
        for name, (was, now, key) in self.changes.items():
            with self.subTest(name), self.changed(name, was, now):
                self.assertIn(key, documents.requeried())
                with self.assertRaisesMessage(CommandError, "kpi_docs --same-figures"):
                    call_command("kpi_docs", check=True)

    def test_of_every_figure_a_fingerprint_is_kept(self) -> None:
        kept = {part: set(figures) for part, figures in json.loads(documents.queries()).items()}

        self.assertEqual(
            kept, {"kpis": set(KPIS), "breakdowns": set(BREAKDOWNS), "wishes": set(WISH_FIGURES)}
        )

    def test_with_a_new_version_it_may_change(self) -> None:
        with (
            self.changed("figures.further.GOODS", "SUM(units)", "MAX(units)"),
            patch.dict(KPIS["units"].__dict__, {"version": 2}),
        ):
            self.assertEqual(documents.requeried(), ["gross_product_sales"])

    def test_spaces_and_the_order_of_columns_mean_nothing(self) -> None:
        one = canonical("SELECT a, COALESCE(b, 0) AS b FROM (SELECT c, d FROM t WHERE c = 'x, y') AS q")

        self.assertEqual(
            canonical("SELECT COALESCE(b,0) AS b,\n a FROM (SELECT d, c FROM t WHERE c='x, y') AS q"), one
        )
        for other in ("SELECT a, COALESCE(0, b) AS b FROM", "SELECT a, COALESCE(b, 0) AS b WHERE"):
            self.assertNotEqual(
                canonical(one.replace(canonical("SELECT a, COALESCE(b, 0) AS b FROM"), other)), one
            )

    @contextmanager
    def changed(self, name: str, was: str, now: str) -> Iterator[None]:
        """A query of `analyticsapp` written differently, or a rollup's."""
        module, _, attribute = f"analyticsapp.{name}".rpartition(".")
        query = getattr(import_module(module), attribute)
        text = getattr(query, "select", query)
        self.assertIn(was, text)
        other = text.replace(was, now)
        if isinstance(query, str):
            with patch(f"{module}.{attribute}", other):
                yield
        else:
            with patch.dict(query.__dict__, {"select": other}):
                yield


class RandomLedgers(RandomTestCase):
    @settings(max_examples=4, deadline=None)
    @given(before=st.lists(sales, max_size=4), after=st.lists(sales, max_size=2), window=windows)
    def test_the_rows_of_every_cell_come_to_it(
        self, before: list[Sale], after: list[Sale], window: Window
    ) -> None:
        for sale in before:
            write(sale)
        build(now=moment(0))
        for sale in after:
            write(sale)

        known = state()
        for currency in known.currencies[:2]:
            for report, table in tables(window, currency):
                for row, head in cells(table):
                    self.assert_agrees(report, table, row, head, Scope(window, currency, known))

    def assert_agrees(self, report: str, table: Table, row: str, head: Head, scope: Scope) -> None:
        found = table.find(row, head.name)
        assert found is not None and table.drill is not None
        drill = table.drill(row, head.name)
        totals = evidence.totals(drill.evidence, scope)
        comes_to = totals.number if drill.evidence.counted else drill.evidence.sign * totals.amount
        says = found[2] if drill.says is None else drill.says
        self.assertEqual(comes_to, says, (report, table.key, row, head.name))


class Pages(TestCase):
    def setUp(self) -> None:
        self.client.force_login(make_user(Role.ANALYST))
        a_small_shop()

    def cell(self, report: str, table: str, row: str, column: str, name: str = "report-cell") -> str:
        url = reverse(f"analyticsapp:{name}", args=[report, table])
        answer = self.client.get(url, {**ASKED, "row": row, "column": column})
        return text(answer) if name == "report-cell" else body(answer).decode()

    def test_every_number_on_the_pages_leads_to_rows_that_come_to_it(self) -> None:
        pages = [reverse(f"analyticsapp:report-{key}") for key in REPORTS] + [
            reverse("analyticsapp:dashboard")
        ]
        links: set[str] = set()
        for page in pages:
            shown = self.client.get(page, ASKED).content.decode()
            found = re.findall(r'class="cell-link" href="([^"]+)">([^<]*[1-9][^<]*)<', shown)
            self.assertTrue(found, page)
            links.update(unescape(link) for link, _ in found)
        for link in sorted(links):
            with self.subTest(link):
                self.assertRegex(text(self.client.get(link)), AGREES)

    def test_a_cell_s_page_reads_its_own_row_and_says_what_the_report_says(self) -> None:
        narrowed = set()
        for report, made in CELLS.items():
            for key, makes in made.items():
                whole = makes(ask(report, MAY_AND_JUNE))
                for row, head in cells(whole):
                    asked = replace(ask(report, MAY_AND_JUNE), row=row, column=head.name)
                    own = makes(asked)
                    self.assertEqual(own.find(row, head.name), whole.find(row, head.name), (key, row, head))
                    if [list(one) for one in own.rows] != [list(one) for one in whole.rows]:
                        narrowed.add(key)
        self.assertLessEqual(
            {"countries", "each-hour", "hours", "reasons", "products", "best-sellers",
                "new-and-returning"},
            narrowed,
        )  # fmt: skip

    def test_a_share_says_what_its_rows_come_to(self) -> None:
        page = self.cell("customers", "retention", "2026-05", "returned_1")

        self.assertIn("+1 100.00% from Customers who bought in that month 1", page)
        self.assertIn("There are as many rows as the cell says: 1.", page)
        self.assertIn("bob@example.com", page)

    def test_what_a_cohort_brought_is_less_refunds_disputes_and_fees(self) -> None:
        page = self.cell("customers", "lifetime-value", "2026-05", "spent_1")

        self.assertIn("What all of them brought by then £20.00", page)
        self.assertIn("Dispute withdrawal", page)

    def test_its_file_has_the_same_rows_and_is_written_down(self) -> None:
        written = self.cell("time", "countries", "GB", "gross_sales", "report-cell-rows")
        rows = list(csv.DictReader(io.StringIO(written)))

        self.assertEqual([row["amount"] for row in rows], ["100.00"])
        entry = AuditLog.objects.get(event_type="analytics_export")
        self.assertEqual(
            (entry.data["cell"], entry.data["row"], entry.data["rows"]), ("time/countries", "GB", 1)
        )

    def test_an_unknown_country_has_rows_too(self) -> None:
        self.assertIn("Orders, Not known", self.cell("time", "countries", "", "orders"))

    def test_what_is_no_cell_is_not_found_and_what_names_none_is_refused(self) -> None:
        url = reverse("analyticsapp:report-cell", args=["time", "countries"])
        for row, column in (("XX", "orders"), ("GB", "nothing"), ("GB\0", "orders"), ("sum", "orders")):
            answer = self.client.get(url, {**ASKED, "row": row, "column": column})
            self.assertEqual(answer.status_code, 404, (row, column))
        for name, table in (("time", "nothing"), ("nothing", "countries"), ("money", "statement")):
            answer = self.client.get(
                reverse("analyticsapp:report-cell", args=[name, table]),
                {**ASKED, "row": "GB", "column": "orders"},
            )
            self.assertEqual(answer.status_code, 404, (name, table))
        self.assertContains(self.client.get(url, ASKED), "Say which cell", status_code=400)

    def test_ops_see_the_rows_and_get_no_file(self) -> None:
        self.client.force_login(make_user(Role.OPS))

        self.assertNotIn("CSV", self.cell("time", "countries", "GB", "orders"))
        answer = self.client.get(
            reverse("analyticsapp:report-cell-rows", args=["time", "countries"]),
            {**ASKED, "row": "GB", "column": "orders"},
        )
        self.assertEqual(answer.status_code, 404)
