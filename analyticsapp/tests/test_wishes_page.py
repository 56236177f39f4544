"""The page of wishes: the funnel with its times, person by person, and its file."""

import csv
import io
import re
from datetime import timedelta
from html import unescape

from django.db import connection
from django.test import TestCase, override_settings
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import Role, User
from accounts.privacy import customer_key
from analyticsapp.tests.ledgers import at, sold
from analyticsapp.tests.test_dashboard import JUNE, text
from analyticsapp.tests.test_export_contract import body
from analyticsapp.wishes.funnel_figures import WISH_FIGURES, spoken_span
from audit.models import AuditLog
from catalog.models import Variant
from orders.models import Basket, BasketItem
from purelaka.testing import make_user, make_variant
from wishlist.models import WishlistItem

PAGE = reverse("analyticsapp:wishes")
ROWS = reverse("analyticsapp:wish-rows")


def figure(key: str, name: str = "wish-figure") -> str:
    return reverse(f"analyticsapp:{name}", args=[key])


class WishesPageTests(TestCase):
    def setUp(self) -> None:
        self.client.force_login(make_user(Role.ANALYST))
        self.ann = make_user(Role.CUSTOMER, "ann@example.com")
        self.bob = make_user(Role.CUSTOMER, "bob@example.com")
        order = sold(10_00, at(9), user=self.ann)
        item = order.items.first()
        assert item is not None
        self.bought = item.variant
        self.wish(self.ann, self.bought, day=3)
        self.put(self.ann, self.bought, day=5)
        self.wish(self.bob, self.bought, day=4)
        self.wish(self.bob, make_variant(), day=4)

    def wish(self, user: User, variant: Variant, *, day: int) -> None:
        WishlistItem.objects.create(user=user, variant=variant, created_at=at(day))

    def put(self, user: User, variant: Variant, *, day: int) -> None:
        basket = Basket.objects.create(user=user, closed_at=timezone.now())
        BasketItem.objects.create(basket=basket, variant=variant, quantity=1, unit_amount=1, added_at=at(day))

    def test_the_steps_are_told_with_shares_and_median_times(self) -> None:
        page = self.client.get(PAGE, JUNE)
        names = ("people", "share", "wishes", "time")
        steps = [tuple(step[name].text for name in names) for step in page.context["steps"]]

        self.assertEqual(steps[0], ("2", "100.00%", "3", ""))
        self.assertEqual(steps[1], ("1", "50.00%", "1", "2 days"))
        self.assertEqual(steps[2], ("1", "50.00%", "1", "4 days"))
        self.assertEqual([cell.text for cell in page.context["sums"]], ["6 days", "0"])

    def test_it_lists_who_wished_and_how_far_they_got(self) -> None:
        page = text(self.client.get(PAGE, JUNE))

        self.assertIn("ann@example.com", page)
        self.assertIn("bob@example.com", page)
        self.assertIn("2 people", page)

    def test_what_is_bought_after_the_window_is_not_in_its_funnel(self) -> None:
        page = self.client.get(PAGE, {"start": "2026-06-01", "end": "2026-06-04"})

        self.assertEqual([step["people"].number for step in page.context["steps"]], [2, 0, 0])

    def test_a_window_without_wishes_says_so(self) -> None:
        page = text(self.client.get(PAGE, {"start": "2026-01-01", "end": "2026-01-31"}))

        self.assertIn("Nobody wished for anything", page)

    def test_a_window_that_can_not_be_read_is_told(self) -> None:
        self.assertEqual(self.client.get(PAGE, {"days": "many"}).status_code, 400)
        self.assertEqual(self.client.get(ROWS, {"days": "many"}).status_code, 400)
        self.assertEqual(self.client.get(PAGE, {"older": "nonsense"}).status_code, 404)

    def test_people_come_by_fifty(self) -> None:
        for _ in range(60):
            self.wish(make_user(Role.CUSTOMER), self.bought, day=2)
        first = self.client.get(PAGE, JUNE)
        second = self.client.get(first.context["older"])

        self.assertEqual([len(page.context["rows"]) for page in (first, second)], [50, 12])
        self.assertEqual(self.client.get(second.context["newer"]).context["rows"], first.context["rows"])

    def test_the_file_holds_every_wish_with_its_moments_and_is_written_down(self) -> None:
        rows = list(csv.DictReader(io.StringIO(body(self.client.get(ROWS, JUNE)).decode())))

        self.assertEqual(len(rows), 3)
        ann = next(row for row in rows if row["email"] == "ann@example.com")
        self.assertEqual(
            [ann[key][:10] for key in ("wished_at", "basket_at", "bought_at")],
            ["2026-06-03", "2026-06-05", "2026-06-09"],
        )
        self.assertEqual(AuditLog.objects.get(event_type="analytics_export").data["export"], "wishes")

    def test_ops_see_the_page_without_the_file(self) -> None:
        self.client.force_login(make_user(Role.OPS))

        self.assertNotContains(self.client.get(PAGE), ROWS)
        self.assertEqual(self.client.get(ROWS).status_code, 404)

    def test_every_figure_leads_to_the_rows_that_make_it(self) -> None:
        page = self.client.get(PAGE, JUNE).content.decode()
        links = {unescape(link) for link in re.findall(r'class="cell-link" href="([^"]+)"', page)}
        seen: set[str] = set()

        self.assertGreater(len(links), 20)
        for link in sorted(links):
            with self.subTest(link):
                self.assertIn("There are as many rows as the cell says", text(self.client.get(link)))
                rows = self.client.get(link.replace("/?", "/rows.csv?"))
                number = len(list(csv.DictReader(io.StringIO(body(rows).decode()))))
                self.assertEqual(number, self.client.get(link).context["cell"].drill.says)
                seen.add(link.split("/")[-2])
        self.assertEqual(seen, set(WISH_FIGURES))

    def test_a_product_s_figure_says_which_and_shows_its_order(self) -> None:
        asked = {**JUNE, "sku": self.bought.sku}
        page = text(self.client.get(figure("wishes_bought"), asked))
        share = text(self.client.get(figure("wishes_bought_pct"), asked))

        self.assertIn(f"Wishes bought, {self.bought.product.name}, {self.bought.sku} 1", page)
        self.assertIn("PL-", page)
        self.assertIn("50.00% from Wishes bought 1", share)
        self.assertIn("Wishes bought / wishes × 100.", share)

    def test_what_is_no_figure_product_or_person_is_not_found(self) -> None:
        for key, named in (
            ("nothing", {}),
            ("wishes_made", {"sku": "NO"}),
            ("wishes_made", {"sku": "A\0"}),
            ("wishes_made", {"person": "x"}),
            ("wishes_made", {"person": "999999999"}),
            ("wishes_made", {"older": "nonsense"}),
        ):
            self.assertEqual(self.client.get(figure(key), {**JUNE, **named}).status_code, 404, (key, named))
        self.assertEqual(self.client.get(figure("wishes_made"), {"days": "many"}).status_code, 400)
        self.assertEqual(
            self.client.get(figure("wishes_made", "wish-figure-rows"), {"days": "x"}).status_code, 400
        )

    @override_settings(ANALYST_SEES_PERSONAL_DATA=False, PERSONAL_DATA_SALT="pepper")
    def test_where_people_are_hidden_their_keys_stand_for_them(self) -> None:
        asked = {**JUNE, "person": str(self.ann.pk)}
        for key in ("wish_people", "wishes_made", "wish_to_basket"):
            page = text(self.client.get(figure(key), asked))
            rows = body(self.client.get(figure(key, "wish-figure-rows"), asked)).decode()
            for shown in (page, rows):
                self.assertIn(customer_key("ann@example.com"), shown)
                self.assertNotIn("ann@example.com", shown)

    def test_ops_see_the_rows_of_a_figure_and_get_no_file(self) -> None:
        self.client.force_login(make_user(Role.OPS))

        self.assertNotContains(self.client.get(figure("wishes_made"), JUNE), "CSV")
        self.assertEqual(self.client.get(figure("wishes_made", "wish-figure-rows"), JUNE).status_code, 404)

    def test_its_file_is_written_down_with_what_it_is_of(self) -> None:
        body(self.client.get(figure("wishes_made", "wish-figure-rows"), {**JUNE, "sku": self.bought.sku}))
        data = AuditLog.objects.get(event_type="analytics_export").data

        self.assertEqual(
            [data[name] for name in ("figure", "sku", "rows")], ["wishes_made", self.bought.sku, 2]
        )

    def test_many_people_take_no_more_queries_than_few(self) -> None:
        with CaptureQueriesContext(connection) as few:
            self.client.get(PAGE, JUNE)
        for _ in range(5):
            self.wish(make_user(Role.CUSTOMER), self.bought, day=2)
        with CaptureQueriesContext(connection) as many:
            self.client.get(PAGE, JUNE)

        self.assertEqual(len(many), len(few))


class SpanTests(TestCase):
    def test_spans_are_said_in_two_units_at_most(self) -> None:
        said = {
            45: "45 s",
            720: "12 min",
            3_600: "1 h",
            18_720: "5 h 12 min",
            86_400: "1 day",
            273_900: "3 days 4 h",
        }
        for seconds, words in said.items():
            self.assertEqual(spoken_span(timedelta(seconds=seconds)), words)
