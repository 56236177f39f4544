"""Each figure's own page: definition, formula, and the rows that make it."""

import csv
import io
import re
from datetime import timedelta

from django.test import TestCase
from django.urls import reverse

from accounts.models import Role
from analyticsapp.kpis import KPIS
from analyticsapp.models import AnalyticsSnapshotDaily
from analyticsapp.rollups.build import build
from analyticsapp.tests.ledgers import at, post, refunded, sold
from analyticsapp.tests.test_dashboard import JUNE, text
from analyticsapp.tests.test_export_contract import body
from audit.models import AuditLog
from payments.models import Kind
from purelaka.testing import make_user
from wishlist.models import WishlistItem


def url(key: str, name: str = "kpi-detail") -> str:
    return reverse(f"analyticsapp:{name}", args=[key])


class Pages(TestCase):
    def setUp(self) -> None:
        self.ann = make_user(Role.CUSTOMER, "ann@example.com")
        self.client.force_login(make_user(Role.ANALYST))
        order = sold(100_00, at(3), email="ann@example.com", user=self.ann)
        sold(60_00, at(5), email="ann@example.com")
        sold(40_00, at(6), email="bob@example.com")
        refunded(order, 20_00, at(7), source_id="re_1")
        post(Kind.REFUND_REVERSAL, 5_00, at(9), order=order, source_id="re_1")
        build(now=at(10))
        refunded(order, 10_00, at(7))
        post(Kind.DISPUTE_WITHDRAWAL, -40_00, at(8), order=order)
        post(Kind.FEE, -3_00, at(8), order=order)
        item = order.items.first()
        assert item is not None
        WishlistItem.objects.create(user=self.ann, variant=item.variant, created_at=at(2))

    def test_every_figure_is_shown_with_rows_that_come_to_it(self) -> None:
        for key, kpi in KPIS.items():
            with self.subTest(key):
                page = text(self.client.get(url(key), JUNE))

                self.assertIn(kpi.formula, page)
                self.assertRegex(page, "The rows sum to the figure|There are as many rows as the figure says")

    def test_every_file_of_rows_comes_to_the_figure_on_the_page(self) -> None:
        expected = {
            "revenue": "200.00",
            "refunded_amount": "25.00",
            "disputed_amount": "40.00",
            "fees": "3.00",
            "net_revenue": "135.00",
            "orders": "3",
            "refunded_orders": "1",
            "unique_customers": "2",
            "repeat_customers": "1",
            "wishlisted_users": "1",
            "purchased_users": "1",
        }
        for key, figure in expected.items():
            with self.subTest(key):
                answer = self.client.get(url(key, "kpi-rows"), {**JUNE, "currency": "gbp"})
                rows = list(csv.DictReader(io.StringIO(body(answer).decode())))

                pence = sum(round(float(row.get("amount", 0)) * 100) for row in rows)
                says = f"{abs(pence) / 100:.2f}" if "." in figure else str(len(rows))
                self.assertEqual(says, figure)

    def test_a_formula_shows_its_terms(self) -> None:
        page = text(self.client.get(url("refunded_amount"), JUNE))
        self.assertIn("Refunded amount £25.00 = Refund £30.00 − Refund reversal £5.00", page)

        page = text(self.client.get(url("net_revenue"), JUNE))
        self.assertIn(
            "Net sales £135.00 = Gross sales £200.00 − Refunded amount £25.00 − Disputes, net £40.00", page
        )

    def test_rows_that_do_not_come_to_the_figure_are_told(self) -> None:
        AnalyticsSnapshotDaily.objects.filter(day="2026-06-05").update(sales=1)

        page = text(self.client.get(url("revenue"), JUNE))

        self.assertIn("The rows come to £200.00, the figure says £140.01.", page)

    def test_the_file_of_rows_is_written_down(self) -> None:
        body(self.client.get(url("revenue", "kpi-rows"), {**JUNE, "currency": "gbp"}))

        entry = AuditLog.objects.get(event_type="analytics_export")
        self.assertEqual(
            (entry.data["export"], entry.data["kpi"], entry.data["rows"]), ("kpi_rows", "revenue", 3)
        )

    def test_a_file_of_rows_needs_a_currency(self) -> None:
        answer = self.client.get(url("revenue", "kpi-rows"), JUNE)

        self.assertContains(answer, "Say in which currency", status_code=400)

    def test_what_is_no_figure_is_not_found(self) -> None:
        for name in ("kpi-detail", "kpi-rows"):
            self.assertEqual(self.client.get(url("profit", name)).status_code, 404)


class Paging(TestCase):
    def setUp(self) -> None:
        self.client.force_login(make_user(Role.OPS))
        order = sold(1_000_00, at(1, 0))
        for number in range(120):
            # Five at a moment: a page must not depend on moments being different.
            refunded(order, 1_00, at(2) + timedelta(hours=number // 5), source_id=f"re_{number:03}")
        self.order = order

    def walk(self, key: str, direction: str, start: str) -> list[list[str]]:
        """The first cells of all pages, following the links in one direction."""
        address = start
        pages: list[list[str]] = []
        while address and len(pages) < 10:
            page = self.client.get(address).content.decode()
            pages.append(re.findall(r"re_\d+", page[page.index("<tbody>") :]))
            link = re.search(rf'rel="{direction}" href="([^"]+)"', page)
            address = link.group(1).replace("&amp;", "&") if link else ""
            self.last = page
        return pages

    def test_every_row_is_on_one_page_and_no_page_has_more_than_fifty(self) -> None:
        pages = self.walk(
            "refunded_amount", "next", f"{url('refunded_amount')}?start=2026-06-01&end=2026-06-30"
        )

        self.assertEqual([len(page) for page in pages], [50, 50, 20])
        self.assertEqual([row for page in pages for row in page], [f"re_{n:03}" for n in range(119, -1, -1)])

    def test_the_way_back_shows_the_same_pages(self) -> None:
        there = self.walk(
            "refunded_amount", "next", f"{url('refunded_amount')}?start=2026-06-01&end=2026-06-30"
        )
        link = re.search(r'rel="prev" href="([^"]+)"', self.last)
        assert link is not None

        back = self.walk("refunded_amount", "prev", link.group(1).replace("&amp;", "&"))

        self.assertEqual(back, there[-2::-1])

    def test_customers_of_the_same_amount_are_each_shown_once(self) -> None:
        for number in range(60):
            sold(5_00, at(20), email=f"{number:02}@example.com")
        seen: list[str] = []
        address = f"{url('unique_customers')}?start=2026-06-20&end=2026-06-20"
        while address:
            page = self.client.get(address).content.decode()
            seen += re.findall(r'<td class="any-break">(\d\d@example.com)</td>', page)
            link = re.search(r'rel="next" href="([^"]+)"', page)
            address = link.group(1).replace("&amp;", "&") if link else ""

        self.assertEqual(sorted(seen), [f"{number:02}@example.com" for number in range(60)])

    def test_an_address_that_is_no_page_is_not_found(self) -> None:
        for marker in ("x", "2026-06-01~1", "2026-06-01T00:00:00+00:00~x", "~", "9" * 40 + "~1", "\0~1"):
            answer = self.client.get(url("refunded_amount"), {**JUNE, "older": marker})
            self.assertEqual(answer.status_code, 404, marker)
        for marker in ("x~a", "9" * 40 + "~a", "1~\0"):
            answer = self.client.get(url("unique_customers"), {**JUNE, "older": marker})
            self.assertEqual(answer.status_code, 404, marker)


class Days(TestCase):
    def test_only_rows_of_the_window_are_shown(self) -> None:
        self.client.force_login(make_user(Role.OPS))
        sold(10_00, at(3), number="IN-JUNE")
        sold(10_00, at(9), number="TOO-LATE")

        page = text(self.client.get(url("orders"), {"start": "2026-06-01", "end": "2026-06-05"}))

        self.assertIn("The rows that make it 1 order When", page)
        self.assertIn("IN-JUNE", page)
        self.assertNotIn("TOO-LATE", page)
