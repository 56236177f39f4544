"""The list of orders: what it shows, how it is narrowed, and what it costs."""

from datetime import UTC, datetime, timedelta

from django.db import connection
from django.test import TestCase
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import Role
from orders.models import Order, OrderStatus
from orders.placing import Line, place_order
from purelaka.testing import NOON, make_order, make_user, make_variant

LIST = reverse("orders:order-list")


class OrderListCase(TestCase):
    def setUp(self) -> None:
        self.client.force_login(make_user(Role.OPS))

    def page(self, query: str = "") -> str:
        return self.client.get(LIST + query).content.decode()

    def numbers(self, query: str = "") -> list[str]:
        """Of the orders on this page, from top to bottom."""
        response = self.client.get(LIST + query)
        self.assertEqual(response.status_code, 200)
        return [row.order.number for row in response.context["rows"]]

    def make(self, number: str, **columns: object) -> Order:
        """An order in any state; what the state needs is filled in."""
        order = make_order(number=number)
        if columns.get("status") in (OrderStatus.PAID, OrderStatus.FULFILLED):
            columns.setdefault("paid_at", NOON)
        if columns.get("status") == OrderStatus.FULFILLED:
            columns.setdefault("fulfilled_at", NOON)
        Order.objects.filter(pk=order.pk).update(**columns)
        return order


class ShowingTests(OrderListCase):
    def test_newest_come_first(self) -> None:
        for minute in (2, 3, 1):
            make_order(number=f"PL-{minute}", at=NOON + timedelta(minutes=minute))

        self.assertEqual(self.numbers(), ["PL-3", "PL-2", "PL-1"])

    def test_a_row_says_who_what_how_it_stands_and_how_much(self) -> None:
        cream = make_variant(unit_amount=12_50)
        oil = make_variant(unit_amount=5_00)
        order = place_order([Line(cream, 2), Line(oil, 1)], email="ann@example.com", at=NOON)
        Order.objects.filter(pk=order.pk).update(
            status="paid", paid_at=NOON, refund_status="partial", amount_refunded=5_00, flag="paid_twice"
        )

        page = self.page()

        for words in (
            "ann@example.com",
            f"2 × {cream.product.name} + 1",
            ">Paid<",
            ">Part refunded<",
            ">Paid twice<",
            "£30.00",
            "−£5.00",
        ):
            self.assertTrue(words in page, words)

    def test_all_that_match_are_counted_and_summed_by_currency(self) -> None:
        for _ in range(2):
            make_order(amount_total=10_00)
        make_order(amount_total=500, currency="jpy")

        page = self.page()

        for words in (">3</strong> orders", "£20.00", "¥500"):
            self.assertTrue(words in page, words)

    def test_an_empty_store_says_what_to_do(self) -> None:
        self.assertIn("No orders yet", self.page())

    def test_nothing_that_matches_says_how_to_see_more(self) -> None:
        make_order()
        page = self.page("?q=PL-NONE")

        self.assertIn("No order matches", page)
        self.assertIn("Clear the filters", page)


class NarrowingTests(OrderListCase):
    def test_by_each_status(self) -> None:
        self.make("PL-1")
        self.make("PL-2", status="paid", refund_status="full")
        self.make("PL-3", status="paid", dispute_status="open", flag="paid_twice")
        self.make("PL-4", status="fulfilled")

        wanted = {
            "?status=pending": ["PL-1"],
            "?status=paid": ["PL-3", "PL-2"],
            "?refund=full": ["PL-2"],
            "?dispute=open": ["PL-3"],
            "?flag=any": ["PL-3"],
            "?flag=paid_twice": ["PL-3"],
            "?flag=wrong_amount": [],
            "?view=pack": ["PL-3"],
            "?view=disputed": ["PL-3"],
            "?view=look": ["PL-3"],
            "?status=paid&refund=none": ["PL-3"],
            "?view=pack&refund=full": [],
        }
        for query, numbers in wanted.items():
            with self.subTest(query=query):
                self.assertEqual(self.numbers(query), numbers)

    def test_by_store_days_both_included(self) -> None:
        """London is an hour ahead of UTC in June."""
        make_order(number="PL-1", at=datetime(2026, 6, 14, 22, 59, 59, tzinfo=UTC))
        make_order(number="PL-2", at=datetime(2026, 6, 14, 23, 0, tzinfo=UTC))
        make_order(number="PL-3", at=datetime(2026, 6, 15, 22, 59, 59, tzinfo=UTC))
        make_order(number="PL-4", at=datetime(2026, 6, 15, 23, 0, tzinfo=UTC))

        self.assertEqual(self.numbers("?start=2026-06-15&end=2026-06-15"), ["PL-3", "PL-2"])
        self.assertEqual(self.numbers("?start=2026-06-15"), ["PL-4", "PL-3", "PL-2"])
        self.assertEqual(self.numbers("?end=2026-06-14"), ["PL-1"])

    def test_by_the_beginning_of_a_number_in_any_case(self) -> None:
        for number in ("PL-AB1", "PL-AB2", "PL-B", "c-7"):
            make_order(number=number)

        self.assertCountEqual(self.numbers("?q=pl-ab"), ["PL-AB1", "PL-AB2"])
        self.assertEqual(self.numbers("?q=c-7"), ["c-7"])
        self.assertEqual(self.numbers("?q=%25"), [])  # no wildcard

    def test_by_a_whole_email_in_any_case(self) -> None:
        make_order(number="PL-1", email="ann@example.com")
        make_order(number="PL-2", email="joann@example.com")

        self.assertEqual(self.numbers("?q=+Ann%40Example.com+"), ["PL-1"])

    def test_a_stripe_id_leads_to_the_search_that_knows_it(self) -> None:
        there = "/jump/?q=pi_3QvQtBD7GDvu4J"

        self.assertRedirects(
            self.client.get(LIST + "?q=pi_3QvQtBD7GDvu4J"), there, fetch_redirect_response=False
        )
        part = self.client.get(LIST + "?q=pi_3QvQtBD7GDvu4J", headers={"HX-Request": "true"})
        self.assertEqual(part["HX-Redirect"], there)

    def test_a_filter_that_is_none_is_told_and_left_out(self) -> None:
        make_order(number="PL-1")

        self.assertEqual(self.numbers("?status=bogus&start=yesterday"), ["PL-1"])
        self.assertIn("There is no “bogus”", self.page("?status=bogus"))

    def test_each_filter_can_be_taken_away(self) -> None:
        page = self.page("?status=paid&start=2026-06-15")

        self.assertIn('href="?start=2026-06-15" aria-label="Remove filter: Status Paid"', page)
        self.assertIn('aria-label="Remove filter: Placed from 15 Jun 2026"', page)


class PagesTests(OrderListCase):
    def setUp(self) -> None:
        super().setUp()
        self.many(60)

    def many(self, number: int) -> None:
        variant = make_variant(stock=1000)
        for minute in range(number):
            make_order(variant=variant, at=NOON + timedelta(minutes=minute))

    def test_fifty_a_page_there_and_back(self) -> None:
        response = self.client.get(LIST + "?status=pending")
        first = [row.order.number for row in response.context["rows"]]
        older = response.context["listing"].older
        second = self.client.get(LIST + older)
        newer = second.context["listing"].newer

        self.assertEqual((len(first), len(second.context["rows"])), (50, 10))
        self.assertTrue(older.startswith("?status=pending&page=after,"), older)
        self.assertEqual(self.numbers(newer), first)
        self.assertEqual(response.context["listing"].newer, "")
        self.assertEqual(second.context["listing"].older, "")

    def test_more_orders_take_no_more_queries(self) -> None:
        with CaptureQueriesContext(connection) as seen:
            self.page()

        self.assertLessEqual(len(seen), 14, [query["sql"][:120] for query in seen])

    def test_it_works_without_htmx_and_with_it(self) -> None:
        whole = self.page()
        part = self.client.get(LIST, headers={"HX-Request": "true"}).content.decode()

        self.assertEqual(part.count('id="list"'), 1)
        self.assertEqual(whole.count("<tr>"), part.count("<tr>"))


class RoleTests(TestCase):
    def test_staff_read_it(self) -> None:
        make_order(at=timezone.now())
        for role, status in ((Role.ANALYST, 200), (Role.OPS, 200), (Role.ADMIN, 200), (Role.CUSTOMER, 404)):
            with self.subTest(role=role):
                self.client.force_login(make_user(role))
                self.assertEqual(self.client.get(LIST).status_code, status)
