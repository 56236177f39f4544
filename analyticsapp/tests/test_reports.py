"""The reports: each figure against a plain count, sums that come to the KPIs, pages and files."""

import csv
import io
import re
from collections import defaultdict
from datetime import date
from html import unescape

from django.db import connection
from django.test import TestCase
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase as RandomTestCase

from accounts.models import Role
from analyticsapp.figures.daily import daily_figures
from analyticsapp.figures.facts import window_facts
from analyticsapp.report_tabs import REPORTS
from analyticsapp.reports import customers, money, refunds, sold
from analyticsapp.rollups.build import build
from analyticsapp.rollups.definitions import state
from analyticsapp.tests.ledgers import at, june, post, refunded
from analyticsapp.tests.ledgers import sold as sell
from analyticsapp.tests.test_dashboard import JUNE, text
from analyticsapp.tests.test_export_contract import body
from analyticsapp.tests.test_random_ledgers import Sale, moment, sales, windows, write
from analyticsapp.windows import PERIODS, PRESETS, Window
from orders.models import Order
from payments.models import Kind, LedgerEntry
from purelaka.testing import make_user


def sold_days() -> dict[tuple[int, str], date]:
    """The first day on which each order's sales exceed zero, by order and currency."""
    sums: dict[tuple[int, str, date], int] = defaultdict(int)
    for entry in LedgerEntry.objects.filter(kind=Kind.SALE):
        sums[entry.order_id or 0, entry.currency, entry.occurred_on] += entry.amount
    days: dict[tuple[int, str], date] = {}
    for (order, currency, day), amount in sorted(sums.items()):
        if amount > 0:
            days.setdefault((order, currency), day)
    return days


class RandomLedgers(RandomTestCase):
    @settings(max_examples=15, deadline=None)
    @given(before=st.lists(sales, max_size=5), after=st.lists(sales, max_size=3), window=windows)
    def test_each_report_is_what_plain_python_counts_and_sums_to_the_figures(
        self, before: list[Sale], after: list[Sale], window: Window
    ) -> None:
        for sale in before:
            write(sale)
        build(now=moment(0))
        for sale in after:
            write(sale)
        known = state()
        emails, days = dict(Order.objects.values_list("pk", "email")), sold_days()

        for currency, facts in window_facts(window, known).items():
            mine = {order: day for (order, code), day in days.items() if code == currency}
            firsts = {
                emails[order]: min(mine[o] for o in mine if emails[o] == emails[order]) for order in mine
            }
            found = customers.by_day(window, known, currency)
            self.assertEqual(
                sum(one.new.customers for one in found), sum(day in window for day in firsts.values())
            )
            both = [one.new + one.returning for one in found]
            self.assertEqual(sum(one.revenue for one in both), facts.revenue)
            self.assertEqual(sum(one.orders for one in both), facts.orders)
            self.assertEqual(sum(one.customers for one in both), facts.unique_customers)

            bridge, _ = refunds.bridges(window, known, currency)
            entries = LedgerEntry.objects.filter(kind__startswith="refund", currency=currency)
            of_sales = -sum(e.amount for e in entries if mine.get(e.order_id or 0) in window)
            self.assertEqual((bridge.made, bridge.of_sales), (facts.refunded, of_sales))
            self.assertEqual(sum(one.amount for one in refunds.by_reason(window, currency)), facts.refunded)

            for shares in (sold.by_hour, sold.by_country, sold.by_method):
                self.assertEqual(sum(one.revenue for one in shares(window, currency)), facts.revenue)
                self.assertEqual(sum(one.orders for one in shares(window, currency)), facts.orders)

            flow = money.flow(daily_figures(window, known), currency)
            self.assert_balanced(flow)

    def assert_balanced(self, flow: money.Flow) -> None:
        """What goes into a point comes out of it, and the ends are the flow's own."""
        into: dict[str, int] = defaultdict(int)
        out: dict[str, int] = defaultdict(int)
        for source, target, amount in flow.steps():
            self.assertGreater(amount, 0)
            out[source] += amount
            into[target] += amount
        for name in into.keys() & out.keys() - {"Gross sales"}:
            self.assertEqual(into[name], out[name], (name, flow))
        self.assertEqual(out["Gross sales"] or into["Gross sales"], max(flow.sales, 0))
        self.assertEqual(into["Paid out"], max(-flow.payouts, 0))
        self.assertEqual(into["In balance"], max(flow.left_at_stripe, 0))


class Cohorts(TestCase):
    def test_who_came_back_and_what_they_brought_by_month_of_the_first_order(self) -> None:
        sell(10_00, at(3, month=1), email="ann@example.com")
        first = sell(20_00, at(4, month=1), email="bob@example.com")
        sell(30_00, at(5, month=3), email="ann@example.com")
        refunded(first, 5_00, at(1, month=2))
        window = Window(date(2026, 3, 1), date(2026, 3, 31))

        [january] = customers.cohorts(window, state(), "gbp", today=date(2026, 4, 1))

        self.assertEqual((january.month, january.size), ("2026-01", 2))
        self.assertEqual(january.returned, [2, 0, 1])
        self.assertEqual(january.spent, [30_00, 25_00, 55_00])

    def test_an_earlier_cohort_stands_beside_it_when_it_was_as_old(self) -> None:
        for month, year, paid in ((1, 2025, 8_00), (12, 2025, 10_00), (1, 2026, 20_00), (2, 2026, 40_00)):
            sell(paid, at(5, month=month, year=year), email=f"{month}-{year}@example.com")
        sell(2_00, at(9, month=2, year=2025), email="1-2025@example.com")
        sell(5_00, at(9, month=2), email="1-2026@example.com")
        sell(30_00, at(8, month=1), email="other@example.com")

        def file(table: str, name: str, **more: str) -> list[tuple[str, ...]]:
            url = reverse("analyticsapp:report-table", args=["customers", table])
            window = {"start": "2026-02-01", "end": "2026-02-28", "currency": "gbp", **more}
            found = csv.DictReader(io.StringIO(body(self.client.get(url, window)).decode()))
            columns = ("cohort", "compared_at", f"{name}_before")
            return [(*(row[column] for column in columns), list(row.values())[-2]) for row in found][-3:]

        self.client.force_login(make_user(Role.ANALYST))
        self.assertEqual(
            file("lifetime-value", "spent"),
            [
                ("2025-12", "", "", ""),
                ("2026-01", "Month 1", "10.00", "175.00"),  # 27.50, where December's had brought 10.00
                ("2026-02", "Month 0", "25.00", "60.00"),
            ],
        )
        self.assertEqual(
            file("retention", "returned", compare="year"),
            [
                ("2025-12", "", "", ""),
                ("2026-01", "Month 1", "100.00", "-50.00"),
                ("2026-02", "", "", ""),
            ],
        )
        page = self.client.get(
            reverse("analyticsapp:report-customers"),
            {"start": "2026-02-01", "end": "2026-02-28", "compare": "year"},
        )
        self.assertContains(page, "▼ down 50.00 points")
        self.assertContains(page, "Before: the cohort of the same month a year before, when it was as old.")
        [link] = re.findall(r'href="([^"]+)">100.00%</a>', page.content.decode())
        cell = text(self.client.get(unescape(link)))
        self.assertIn("Cohort retention, 2025-01, +1", cell)
        self.assertIn("There are as many rows as the cell says: 1.", cell)

    def test_a_month_that_is_not_over_is_left_out(self) -> None:
        sell(10_00, at(3))

        self.assertEqual(customers.cohorts(Window(*june(1, 30)), state(), "gbp", today=date(2026, 6, 30)), [])


class Hours(TestCase):
    def test_the_hour_is_the_store_s_on_both_sides_of_the_clock_change(self) -> None:
        sell(1_00, at(28, 22, month=3))  # Saturday 22:00 GMT
        sell(2_00, at(29, 22, month=3))  # Sunday 23:00 BST

        found = sold.by_hour(Window(date(2026, 3, 28), date(2026, 3, 29)), "gbp")

        self.assertEqual({(one.weekday, one.hour) for one in found}, {(6, 22), (7, 23)})


class Pages(TestCase):
    def setUp(self) -> None:
        self.client.force_login(make_user(Role.ANALYST))
        for day in (3, 4, 5):
            order = sell(100_00, at(day), email=f"{day}@example.com", country="GB")
            refunded(order, 10_00, at(day + 5))
            post(Kind.FEE, -2_00, at(day), order=order)

    def test_every_report_is_shown_within_twelve_queries_however_many_orders(self) -> None:
        self.client.get(reverse("analyticsapp:dashboard"))
        for key, (title, _) in REPORTS.items():
            with self.subTest(key), CaptureQueriesContext(connection) as few:
                self.assertContains(self.client.get(reverse(f"analyticsapp:report-{key}"), JUNE), title)
            self.assertLessEqual(len(few), 12)
        sell(5_00, at(9))
        with CaptureQueriesContext(connection) as many:
            self.client.get(reverse(f"analyticsapp:report-{key}"), JUNE)
        self.assertEqual(len(many), len(few))

    def test_the_bridge_and_the_bank_are_told(self) -> None:
        page = text(self.client.get(reverse("analyticsapp:report-refunds"), JUNE))
        self.assertIn("Made in the window £30.00", page)
        page = text(self.client.get(reverse("analyticsapp:report-money"), JUNE))
        self.assertIn("Net sales £270.00", page)
        self.assertIn("Net to bank £264.00", page)

    def test_each_table_s_file_has_its_rows(self) -> None:
        url = reverse("analyticsapp:report-table", args=["time", "countries"])
        rows = list(
            csv.DictReader(io.StringIO(body(self.client.get(url, {**JUNE, "currency": "gbp"})).decode()))
        )

        self.assertEqual(
            [(r["country"], r["orders"], r["gross_sales"]) for r in rows], [("GB", "3", "300.00")]
        )

    def test_what_is_no_table_is_not_found_and_ops_get_no_file(self) -> None:
        named = {**JUNE, "currency": "gbp"}
        for args in (["time", "nothing"], ["nothing", "months"]):
            self.assertEqual(
                self.client.get(reverse("analyticsapp:report-table", args=args), named).status_code, 404
            )
        self.client.force_login(make_user(Role.OPS))
        self.assertNotContains(self.client.get(reverse("analyticsapp:report-time"), JUNE), ".csv")


class Comparison(TestCase):
    def setUp(self) -> None:
        self.client.force_login(make_user(Role.ANALYST))
        sell(100_00, at(3), country="GB")
        sell(50_00, at(4), country="DE")
        sell(80_00, at(3, year=2025), country="GB")
        sell(20_00, at(3, year=2025), country="FR")
        sell(25_00, at(20, month=5), country="GB")

    def table(self, **more: str) -> list[dict[str, str]]:
        url = reverse("analyticsapp:report-table", args=["time", "countries"])
        sent = body(self.client.get(url, {**JUNE, "currency": "gbp", **more})).decode()
        return list(csv.DictReader(io.StringIO(sent)))

    def test_a_report_stands_beside_the_window_before_or_the_same_days_a_year_ago(self) -> None:
        self.assertEqual(
            [(row["country"], row["gross_sales_before"], row["change_pct"]) for row in self.table()],
            [("GB", "25.00", "300.00"), ("DE", "0.00", "")],
        )
        self.assertEqual(
            [
                (row["country"], row["gross_sales"], row["gross_sales_before"], row["change_pct"])
                for row in self.table(compare="year")
            ],
            [
                ("GB", "100.00", "80.00", "25.00"),
                ("DE", "50.00", "0.00", ""),
                ("FR", "0.00", "20.00", "-100.00"),
            ],
        )

    def test_each_month_s_refunds_stand_beside_those_of_the_month_or_the_year_before(self) -> None:
        order = sell(90_00, at(1, month=4))
        for day, month, amount in ((30, 4, 4_00), (1, 5, 5_00), (31, 5, 6_00), (30, 6, 7_00)):
            refunded(order, amount, at(day, month=month))
        refunded(order, 3_00, at(30, year=2025))
        url = reverse("analyticsapp:report-table", args=["refunds", "months"])
        window = {"start": "2026-05-01", "end": "2026-06-30", "currency": "gbp"}

        def before(**more: str) -> list[tuple[str, str, str]]:
            sent = body(self.client.get(url, {**window, **more})).decode()
            found = csv.DictReader(io.StringIO(sent))
            return [(row["month"], row["refunds_made"], row["refunds_made_before"]) for row in found]

        self.assertEqual(before(), [("2026-05", "11.00", "4.00"), ("2026-06", "7.00", "11.00")])
        self.assertEqual(
            before(compare="year"), [("2026-05", "11.00", ""), ("2026-06", "7.00", "3.00")]
        )  # in May 2025 there was no money yet

    def test_every_report_has_the_switch_and_keeps_it_in_its_links_and_files(self) -> None:
        for key in REPORTS:
            with self.subTest(key):
                url = reverse(f"analyticsapp:report-{key}")
                page = self.client.get(url, {**JUNE, "compare": "year"}).content.decode()

                self.assertRegex(page, r'compare=year[^"]*" aria-current="true">Same period last year<')
                links = re.findall(r'href="(/analytics/reports/[^"]*)"[^>]*>([^<]*)', page)
                self.assertEqual(
                    {said for link, said in links if "compare=year" not in link}, {"Previous period"}
                )

    def test_a_window_before_the_first_money_is_told_and_stays_empty(self) -> None:
        window = {"start": "2025-06-01", "end": "2025-06-30", "compare": "year"}
        for name in ("dashboard", "report-time"):
            page = text(self.client.get(reverse(f"analyticsapp:{name}"), window))
            self.assertIn("There is no data a year ago, ", page)
            self.assertIn("in GBP the first money moved on 3 Jun 2025.", page)
        page = text(self.client.get(reverse("analyticsapp:dashboard"), window))
        self.assertIn("no data a year ago", page)
        self.assertEqual({row["gross_sales_before"] for row in self.table(**window)}, {""})

    def test_a_window_before_that_is_only_partly_there_is_told(self) -> None:
        window = {"start": "2026-05-01", "end": "2026-07-30", "compare": "year"}
        page = text(self.client.get(reverse("analyticsapp:dashboard"), window))

        self.assertIn("is not all there: in GBP the first money moved on 3 Jun 2025.", page)
        self.assertNotIn("no data a year ago", page)

    def test_every_window_can_be_compared_with_a_year_ago(self) -> None:
        windows = [{"days": str(days)} for days in PRESETS] + [{"period": name} for name in PERIODS]
        for window in windows:
            for name in ("dashboard", "report-money"):
                with self.subTest(name, **window):
                    answer = self.client.get(reverse(f"analyticsapp:{name}"), {**window, "compare": "year"})
                    self.assertContains(answer, "Same period last year")

    def test_money_that_leaves_is_up_when_more_leaves(self) -> None:
        refunded(sell(30_00, at(8)), 10_00, at(9))
        refunded(sell(30_00, at(8, month=5)), 5_00, at(9, month=5))
        url = reverse("analyticsapp:report-table", args=["money", "statement"])
        sent = body(self.client.get(url, {**JUNE, "currency": "gbp"})).decode()

        rows = {row["line"]: row for row in csv.DictReader(io.StringIO(sent))}
        self.assertEqual(
            (rows["Refunds"]["amount"], rows["Refunds"]["amount_before"], rows["Refunds"]["change_pct"]),
            ("-10.00", "-5.00", "100.00"),
        )
