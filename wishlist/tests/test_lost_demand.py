"""What is wished for and can't be had, as staff see it."""

from datetime import timedelta
from typing import Any

from django.test import TestCase
from django.urls import reverse

from accounts.models import Role
from catalog.models import Product, Variant
from purelaka.testing import NOON, make_user, make_variant
from wishlist.models import WishlistItem

LIST = reverse("analyticsapp:lost-demand")


class LostDemandTests(TestCase):
    def setUp(self) -> None:
        self.client.force_login(make_user(Role.OPS))
        self.people = [make_user(Role.CUSTOMER) for _ in range(3)]
        self.gone = self.wanted(2, stock=0, unit_amount=38_00)
        self.archived = self.wanted(3, unit_amount=1_200, currency="jpy")
        Product.objects.filter(pk=self.archived.product_id).update(is_active=False)

    def wanted(self, people: int, **fields: Any) -> Variant:
        """A variant that so many people wish for, one more each day."""
        variant = make_variant(**fields)
        for number, person in enumerate(self.people[:people]):
            at = NOON + timedelta(days=number)
            WishlistItem.objects.create(user=person, variant=variant, created_at=at)
        return variant

    def listed(self, query: str = "") -> list[Variant]:
        rows: list[Variant] = self.client.get(f"{LIST}{query}").context["listing"].rows
        return rows

    def test_it_says_how_many_wish_since_when_and_for_how_much(self) -> None:
        found = [(row, row.people, row.since, row.wished_amount) for row in self.listed()]  # type: ignore[attr-defined]

        self.assertEqual(found, [(self.archived, 3, NOON, 3_600), (self.gone, 2, NOON, 76_00)])

    def test_sums_are_told_for_each_currency(self) -> None:
        page = self.client.get(LIST)

        self.assertEqual(page.context["listing"].sums, [("Wished for", "£76.00"), ("Wished for", "¥3,600")])

    def test_what_can_be_had_is_no_lost_demand(self) -> None:
        self.wanted(1)
        self.wanted(1, stock=0, preorder=True)
        self.wanted(1, stock=0, stock_tracked=False)

        self.assertEqual(self.listed(), [self.archived, self.gone])

    def test_stock_that_is_promised_can_not_be_had(self) -> None:
        promised = self.wanted(1, stock=2)
        Variant.objects.filter(pk=promised.pk).update(reserved=2)

        self.assertIn(promised, self.listed())

    def test_wishes_taken_back_do_not_count(self) -> None:
        WishlistItem.objects.filter(variant=self.gone, user=self.people[0]).update(removed_at=NOON)
        WishlistItem.objects.filter(variant=self.archived).update(removed_at=NOON)
        (row,) = self.listed()

        self.assertEqual((row, row.people, row.since), (self.gone, 1, NOON + timedelta(days=1)))  # type: ignore[attr-defined]

    def test_it_is_narrowed_by_reason_currency_and_name(self) -> None:
        self.assertEqual(self.listed("?why=sold-out"), [self.gone])
        self.assertEqual(self.listed("?why=archived"), [self.archived])
        self.assertEqual(self.listed("?currency=jpy"), [self.archived])
        self.assertEqual(self.listed(f"?q={self.gone.sku.lower()}"), [self.gone])
        self.assertEqual(self.listed(f"?q={self.archived.product.name}"), [self.archived])

    def test_the_longest_waited_for_comes_first_when_asked(self) -> None:
        WishlistItem.objects.filter(variant=self.gone).update(created_at=NOON - timedelta(days=9))

        self.assertEqual(self.listed("?sort=waiting"), [self.gone, self.archived])

    def test_each_leads_to_its_product_in_the_catalogue(self) -> None:
        page = self.client.get(LIST)

        self.assertContains(page, reverse("catalog:product-edit", args=[self.gone.product_id]))

    def test_the_page_of_wishes_says_that_there_is_some(self) -> None:
        page = self.client.get(reverse("analyticsapp:wishes"))

        self.assertContains(page, "2 things that people wish for")
        self.assertContains(page, LIST)

    def test_pages_follow_one_another(self) -> None:
        for _ in range(60):
            self.wanted(1, stock=0)
        first = self.client.get(LIST).context["listing"]
        second = self.client.get(f"{LIST}{first.older}").context["listing"]

        self.assertEqual((len(first.rows), len(second.rows), first.number), (50, 12, 62))
        self.assertFalse(set(first.rows) & set(second.rows))

    def test_without_any_it_says_so(self) -> None:
        WishlistItem.objects.update(removed_at=NOON)

        self.assertContains(self.client.get(LIST), "No demand is lost")
