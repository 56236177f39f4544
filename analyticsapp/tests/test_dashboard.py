"""The dashboard: its figures, its switches, what it costs."""

import re
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import TYPE_CHECKING

from django.db import connection
from django.test import TestCase
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import Role
from analyticsapp.rollups.build import build
from analyticsapp.tests.ledgers import at, post, refunded, sold
from analyticsapp.tests.test_export_contract import body
from payments.models import Kind
from purelaka.testing import make_user

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Response

URL = reverse("analyticsapp:dashboard")
JUNE = {"start": "2026-06-01", "end": "2026-06-30"}


def text(response: "Response") -> str:
    """The page as it is read: without tags, with single spaces."""
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", response.content.decode())).split())


class Figures(TestCase):
    def setUp(self) -> None:
        self.client.force_login(make_user(Role.ANALYST))

    def test_cards_show_the_figures_and_how_they_changed(self) -> None:
        sold(50_00, at(20, month=5))
        order = sold(100_00, at(3))
        refunded(order, 30_00, at(9))

        page = text(self.client.get(URL, JUNE))

        self.assertIn("Gross sales £100.00 ▲ up 100.0% from £50.00", page)
        self.assertIn("Refunded amount £30.00 ▲ up from £0.00", page)
        self.assertIn("Net sales £70.00 ▲ up 40.0% from £50.00", page)
        self.assertIn("Orders 1 unchanged from 1", page)
        self.assertIn("1 Jun – 30 Jun 2026", page)

    def test_a_change_across_zero_is_told_as_the_difference(self) -> None:
        refunded(sold(50_00, at(1, month=4)), 20_00, at(20, month=5))
        sold(100_00, at(3))

        page = text(self.client.get(URL, JUNE))

        self.assertIn("Net sales £100.00 ▲ up £120.00 from −£20.00", page)

    def test_the_chart_s_table_is_the_daily_file(self) -> None:
        order = sold(100_00, at(3))
        refunded(order, 30_00, at(9))
        post(Kind.DISPUTE_WITHDRAWAL, -70_00, at(10), order=order)
        build(now=at(11))
        sold(5_00, at(9))

        page = self.client.get(URL, JUNE).content.decode()
        file = body(self.client.get(reverse("analyticsapp:export-daily"), JUNE)).decode()

        table = page[page.index('data-chart="revenue"') :].split("</table>")[0]
        drawn = [re.findall(r'data-value="(-?\d+)"', row) for row in table.split("<tr>")[2:]]
        written = [row.split(",")[2:6] for row in file.split("\n")[1:-1]]
        self.assertEqual(drawn, [[str(round(float(cell) * 100)) for cell in row] for row in written])
        self.assertEqual(len(drawn), 30)

    def test_best_sellers_say_how_much_of_all_they_are(self) -> None:
        sold(50_00, at(3), lines=[("CREAM", 2, 10_00), ("SOAP", 3, 10_00)])

        page = text(self.client.get(URL, JUNE))

        self.assertIn("SOAP 3 £30.00 CREAM 2 £20.00", page)
        self.assertIn("2 of 2 products, £50.00 of £50.00, after discount and without delivery.", page)

    def test_without_a_window_it_shows_the_last_thirty_days_up_to_now(self) -> None:
        now = timezone.now()
        sold(10_00, now)
        sold(20_00, now - timedelta(days=29))
        sold(40_00, now - timedelta(days=31))

        page = text(self.client.get(URL))

        self.assertIn("Gross sales £30.00", page)
        self.assertIn("today so far", page)
        self.assertIn("data through just now", page)

    def test_a_payment_shows_at_once_whatever_was_built(self) -> None:
        sold(10_00, at(3))
        build(now=at(4))

        sold(7_00, at(3))

        self.assertIn("Gross sales £17.00", text(self.client.get(URL, JUNE)))

    def test_a_long_window_is_drawn_in_weeks_or_months(self) -> None:
        sold(10_00, at(3))

        for start, head in (("2026-01-01", "Week of"), ("2021-01-01", "Month")):
            page = self.client.get(URL, {"start": start, "end": "2026-06-30"}).content.decode()
            self.assertIn(f'<th scope="col">{head}</th>', page)
            self.assertIn('data-value="1000"', page)


class Switches(TestCase):
    def setUp(self) -> None:
        self.client.force_login(make_user(Role.ADMIN))
        sold(10_00, at(3))
        sold(11_00, at(4))
        sold(1200, at(4), currency="jpy")

    def test_the_currency_with_the_most_orders_comes_first(self) -> None:
        self.assertIn("Gross sales £21.00", text(self.client.get(URL, JUNE)))

    def test_another_currency_is_shown_by_itself(self) -> None:
        page = text(self.client.get(URL, {**JUNE, "currency": "jpy"}))

        self.assertIn("Gross sales ¥1,200", page)
        self.assertNotIn("£", page)

    def test_an_unknown_currency_falls_back(self) -> None:
        for code in ("xxx", "'; --", "GBP "):
            self.assertIn("Gross sales £21.00", text(self.client.get(URL, {**JUNE, "currency": code})))

    def test_switches_keep_what_was_chosen(self) -> None:
        page = self.client.get(URL, {**JUNE, "currency": "jpy"}).content.decode()

        self.assertIn("?days=7&amp;currency=jpy", page)
        self.assertIn("?start=2026-06-01&amp;end=2026-06-30&amp;currency=gbp", page)
        self.assertIn('value="2026-06-01"', page)

    def test_the_same_days_of_the_year_before_are_compared_with_when_asked(self) -> None:
        sold(7_00, datetime(2025, 6, 3, 12, tzinfo=UTC))

        page = text(self.client.get(URL, {**JUNE, "compare": "year"}))

        self.assertIn("Gross sales £21.00 ▲ up 200.0% from £7.00", page)
        self.assertIn("against 1 Jun – 30 Jun 2025", page)

    def test_the_comparison_stays_when_the_window_changes(self) -> None:
        page = self.client.get(URL, {**JUNE, "compare": "year"}).content.decode()

        self.assertIn("?days=7&amp;currency=gbp&amp;compare=year", page)
        self.assertIn("?period=last_month&amp;currency=gbp&amp;compare=year", page)

    def test_a_bad_window_is_said_beside_its_fields_and_they_keep_what_was_typed(self) -> None:
        response = self.client.get(URL, {"start": "2026-07-01", "end": "2026-06-01"})

        self.assertContains(response, "Swap them", count=1, status_code=400)
        self.assertContains(response, 'value="2026-07-01"', status_code=400)

    def test_a_bad_number_of_days_is_said_on_the_page(self) -> None:
        self.assertContains(
            self.client.get(URL, {"days": "soon"}), "days must be a whole number", status_code=400
        )


class Access(TestCase):
    def setUp(self) -> None:
        sold(10_00, at(3))

    def page_of(self, role: Role) -> str:
        self.client.force_login(make_user(role))
        return self.client.get(URL, JUNE).content.decode()

    def test_who_may_not_have_files_sees_no_links_to_them(self) -> None:
        self.assertIn(
            "/analytics/export/orders.csv?start=2026-06-01&amp;end=2026-06-30", self.page_of(Role.ANALYST)
        )
        self.assertNotIn("/analytics/export/", self.page_of(Role.OPS))

    def test_it_is_only_read(self) -> None:
        self.client.force_login(make_user(Role.ADMIN))

        self.assertEqual(self.client.post(URL).status_code, 405)

    def test_a_window_without_sales_says_what_to_do(self) -> None:
        self.client.force_login(make_user(Role.ADMIN))

        page = text(self.client.get(URL, {"start": "2000-01-01", "end": "2000-01-31"}))

        self.assertIn(
            "Nothing sold No order was paid in this window and currency. Choose a longer window", page
        )


class Empty(TestCase):
    def test_before_the_first_payment_it_says_so(self) -> None:
        self.client.force_login(make_user(Role.OPS))

        self.assertContains(self.client.get(URL), "No money has moved yet")
        self.assertContains(self.client.get(reverse("analyticsapp:kpi-detail", args=["aov"])), "No money")


class Cost(TestCase):
    def setUp(self) -> None:
        self.client.force_login(make_user(Role.ADMIN))

    def queries(self, **query: str) -> int:
        with CaptureQueriesContext(
            connection,
        ) as captured:
            self.assertEqual(self.client.get(URL, {**JUNE, **query}).status_code, 200)
        return len(captured)

    def test_at_most_twelve_queries_however_many_orders_and_currencies(self) -> None:
        sold(10_00, at(3))
        few = self.queries()
        for day in range(1, 29):
            for currency in ("gbp", "eur", "jpy"):
                refunded(
                    sold(10_00, at(day), currency=currency, lines=[(f"S{day}", 1, 10_00)]), 1_00, at(day)
                )
        build(now=at(20))
        sold(10_00, at(3))

        self.assertLessEqual(few, 12)
        self.assertEqual(self.queries(), few)
        self.assertLessEqual(self.queries(compare="year"), 12)
