"""Each filter of the list of orders, how it is sorted, and the views that people keep of it."""

from urllib.parse import urlencode

from django.urls import reverse

from accounts.models import Role
from audit.models import AuditLog
from orders.models import Order, SavedView
from orders.saved_views import MOST
from orders.tests.making import make_saved_view
from orders.tests.test_order_list import LIST, OrderListCase
from purelaka.testing import make_order, make_user, make_variant

ADD = reverse("orders:view-add")


class MoreFiltersTests(OrderListCase):
    def test_by_a_part_of_a_name_in_any_case(self) -> None:
        self.make("PL-1", name="Robin Doe")
        self.make("PL-2", name="Ann Smith")

        self.assertEqual(self.numbers("?q=doe"), ["PL-1"])
        self.assertEqual(self.numbers("?q=doe+ROB"), ["PL-1"])
        self.assertEqual(self.numbers("?q=Doe+Ann"), [])

    def test_by_what_stands_before_the_at_sign(self) -> None:
        make_order(number="PL-1", email="robin.doe@example.com")

        self.assertEqual(self.numbers("?q=Robin.d"), ["PL-1"])
        self.assertEqual(self.numbers("?q=obin.d"), [])

    def test_by_country_of_those_that_there_are(self) -> None:
        self.make("PL-1", country="Germany")
        self.make("PL-2", country="France")

        self.assertEqual(self.numbers("?country=Germany"), ["PL-1"])
        self.assertIn("There is no “Japan”", self.page("?country=Japan"))

    def test_by_amount_to_the_penny_both_ends_included(self) -> None:
        for number, amount in (("PL-1", 19_99), ("PL-2", 20_00), ("PL-3", 30_00), ("PL-4", 30_01)):
            make_order(number=number, amount_total=amount)

        self.assertCountEqual(self.numbers("?least=20&most=30.00"), ["PL-2", "PL-3"])
        self.assertEqual(self.numbers("?least=30.01"), ["PL-4"])

    def test_an_amount_is_in_units_of_its_currency(self) -> None:
        make_order(number="PL-1", amount_total=500, currency="jpy")
        make_order(number="PL-2", amount_total=500_00, currency="gbp")

        self.assertEqual(self.numbers("?currency=jpy&least=500&most=500"), ["PL-1"])
        self.assertEqual(self.numbers("?currency=gbp&least=500&most=500"), ["PL-2"])
        self.assertIn("Total from <b>¥500</b>", self.page("?currency=jpy&least=500"))

    def test_an_amount_that_says_too_little_is_told(self) -> None:
        make_order(amount_total=500, currency="jpy")
        make_order()

        self.assertIn("Choose a currency too", self.page("?least=5"))
        self.assertIn("Write an amount", self.page("?currency=gbp&least=lots"))

    def test_by_sku_in_any_case_and_by_a_part_of_a_products_name(self) -> None:
        cream = make_variant(sku="CREAM-50")
        make_order(number="PL-1", variant=cream)
        make_order(number="PL-2")

        self.assertEqual(self.numbers("?product=cream-50"), ["PL-1"])
        self.assertEqual(self.numbers(f"?{urlencode({'product': cream.product.name.upper()})}"), ["PL-1"])
        self.assertEqual(self.numbers("?product=cream"), [])

    def test_by_the_sku_that_it_had_when_it_was_ordered(self) -> None:
        cream = make_variant(sku="OLD-1")
        make_order(number="PL-1", variant=cream)
        cream.sku = "NEW-1"
        cream.save()

        self.assertEqual(self.numbers("?product=OLD-1"), ["PL-1"])
        self.assertEqual(self.numbers("?product=NEW-1"), ["PL-1"])


class SortingTests(OrderListCase):
    def test_both_ways_by_day_amount_and_customer(self) -> None:
        make_order(number="PL-1", amount_total=3_00, email="b@example.com")
        make_order(number="PL-2", amount_total=9_00, email="a@example.com")
        make_order(number="PL-3", amount_total=500, currency="jpy", email="c@example.com")

        wanted = {
            "": ["PL-3", "PL-2", "PL-1"],
            "?sort=oldest": ["PL-1", "PL-2", "PL-3"],
            "?sort=largest": ["PL-3", "PL-2", "PL-1"],
            "?sort=smallest": ["PL-1", "PL-2", "PL-3"],
            "?sort=email": ["PL-2", "PL-1", "PL-3"],
            "?sort=email-last": ["PL-3", "PL-1", "PL-2"],
        }
        for query, numbers in wanted.items():
            with self.subTest(query=query):
                self.assertEqual(self.numbers(query), numbers)

    def test_each_order_comes_once_through_all_pages_of_each_sort(self) -> None:
        variant = make_variant(stock=1000)
        made = {make_order(variant=variant).number for _ in range(60)}

        for sort in ("oldest", "largest", "smallest", "email", "email-last"):
            first = self.client.get(f"{LIST}?sort={sort}")
            second = self.client.get(LIST + first.context["listing"].older)
            seen = [row.order.number for page in (first, second) for row in page.context["rows"]]
            with self.subTest(sort=sort):
                self.assertEqual((len(seen), set(seen)), (60, made))

    def test_the_head_says_how_it_is_sorted_and_turns_it_round(self) -> None:
        make_order()
        page = self.page("?sort=largest")

        self.assertInHTML('<a href="?sort=smallest">Total <span aria-hidden="true">↓</span></a>', page)
        self.assertIn('aria-sort="descending"', page)


class SavedViewTests(OrderListCase):
    def setUp(self) -> None:
        self.user = make_user(Role.OPS)
        self.client.force_login(self.user)

    def test_the_filter_of_the_list_is_kept_and_comes_back_as_a_tab(self) -> None:
        self.make("PL-1", status="paid")
        self.make("PL-2")

        answer = self.client.post(f"{ADD}?status=paid&page=after,x&status2=y", {"name": "To do"})

        view = SavedView.objects.get()
        self.assertEqual((view.user, view.name, view.query), (self.user, "To do", "status=paid"))
        self.assertRedirects(answer, f"{LIST}?saved={view.pk}&status=paid")
        self.assertEqual(self.numbers(f"?saved={view.pk}&status=paid"), ["PL-1"])
        self.assertInHTML(
            f'<a href="{LIST}?saved={view.pk}&amp;status=paid" aria-current="true">To do</a>',
            self.page(f"?saved={view.pk}&status=paid"),
        )
        self.assertEqual(AuditLog.objects.get(event_type="order_view.saved").data["query"], "status=paid")

    def test_it_is_renamed_refiltered_and_deleted(self) -> None:
        view = make_saved_view(self.user, name="A", query="status=paid")

        self.client.post(reverse("orders:view-edit", args=[view.pk]), {"name": "B"})
        self.client.post(reverse("orders:view-refilter", args=[view.pk]), {"query": "flag=any&saved=9"})
        view.refresh_from_db()
        self.assertEqual((view.name, view.query), ("B", "flag=any"))
        self.client.post(reverse("orders:view-delete", args=[view.pk]))

        again = self.client.post(reverse("orders:view-delete", args=[view.pk]), follow=True)

        self.assertContains(again, "That view was deleted already.")
        self.assertFalse(SavedView.objects.exists())
        self.assertEqual(AuditLog.objects.filter(event_type__startswith="order_view.").count(), 3)

    def test_a_changed_filter_can_be_saved_over_the_open_view(self) -> None:
        view = make_saved_view(self.user, query="status=paid")

        self.assertNotIn("Save changes", self.page(f"?saved={view.pk}&status=paid"))
        self.assertIn("Save changes", self.page(f"?saved={view.pk}&status=paid&flag=any"))

    def test_anothers_view_is_not_there_shared_or_not(self) -> None:
        for is_shared in (False, True):
            view = make_saved_view(name=f"Theirs {is_shared}", is_shared=is_shared)
            for name in ("view-edit", "view-refilter", "view-delete"):
                with self.subTest(name=name, is_shared=is_shared):
                    answer = self.client.post(reverse(f"orders:{name}", args=[view.pk]), {"name": "Mine"})
                    self.assertEqual(answer.status_code, 404)
        self.assertEqual(SavedView.objects.count(), 2)
        page = self.page()
        self.assertIn("Theirs True", page)
        self.assertNotIn("Theirs False", page)

    def test_an_admin_may_change_what_others_share(self) -> None:
        view = make_saved_view(is_shared=True)
        self.client.force_login(make_user(Role.ADMIN))

        answer = self.client.post(reverse("orders:view-edit", args=[view.pk]), {"name": "B"})

        self.assertEqual(answer.status_code, 302)
        view.refresh_from_db()
        self.assertEqual((view.name, view.is_shared), ("B", False))

    def test_ops_share_and_analysts_do_not(self) -> None:
        for role, is_shared in ((Role.OPS, True), (Role.ADMIN, True), (Role.ANALYST, False)):
            self.client.force_login(make_user(role))
            self.client.post(f"{ADD}?flag=any", {"name": role, "is_shared": "on"})
            with self.subTest(role=role):
                self.assertEqual(SavedView.objects.get(name=role).is_shared, is_shared)

    def test_a_name_is_needed_and_is_ones_own_only_once(self) -> None:
        make_saved_view(self.user, name="Late")
        make_saved_view(name="Taken by another")

        for name, status in (("", 422), ("Late", 422), ("Taken by another", 302)):
            with self.subTest(name=name):
                self.assertEqual(self.client.post(ADD, {"name": name}).status_code, status)

    def test_there_is_an_end_to_them(self) -> None:
        for number in range(MOST):
            make_saved_view(self.user, name=str(number))

        answer = self.client.post(ADD, {"name": "One more"})

        self.assertContains(answer, "Delete one first", status_code=422)
        self.assertEqual(Order.objects.count(), 0)
