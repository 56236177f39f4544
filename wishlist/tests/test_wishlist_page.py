"""The page of what one wishes for: prices then and now, stock, into the basket, off the list."""

from collections.abc import Iterator
from typing import Any

from django.db import connection
from django.test import TestCase
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Role
from catalog.models import Product, Variant
from orders.models import BasketItem
from purelaka.testing import make_user, make_variant
from wishlist.models import WishlistItem

LIST = reverse("wishlist:list")


class PageCase(TestCase):
    def visitors(self) -> Iterator[str]:
        """A guest, then a customer: a new browser each."""
        for who in ("guest", "customer"):
            self.client = self.client_class()
            if who == "customer":
                self.client.force_login(make_user(Role.CUSTOMER))
            with self.subTest(who):
                yield who

    def wish(self, **fields: Any) -> Variant:
        variant = make_variant(**fields)
        self.client.post(reverse("wishlist:toggle", args=[variant.pk]))
        return variant

    def move(self, variant: Variant) -> Any:
        return self.client.post(reverse("wishlist:move", args=[variant.pk]), follow=True)

    def move_all(self) -> Any:
        return self.client.post(reverse("wishlist:move-all"), follow=True)

    def wished(self) -> list[Variant]:
        return [line.variant for line in self.client.get(LIST).context["lines"]]

    def basket(self) -> list[tuple[Variant, int]]:
        rows = BasketItem.objects.filter(removed_at=None).order_by("pk")
        return [(item.variant, item.quantity) for item in rows]


class ShownTests(PageCase):
    def test_an_empty_list_leads_to_the_shop(self) -> None:
        page = self.client.get(LIST)

        self.assertContains(page, "Nothing on your wishlist yet")
        self.assertContains(page, f'href="{reverse("catalog:shop")}"')

    def test_the_latest_wish_comes_first(self) -> None:
        first, second = self.wish(), self.wish()

        self.assertEqual(self.wished(), [second, first])

    def test_it_says_how_the_price_moved_since_the_wish(self) -> None:
        for _ in self.visitors():
            cheaper, dearer, same = (self.wish(unit_amount=amount) for amount in (30_00, 10_00, 7_00))
            Variant.objects.filter(pk=cheaper.pk).update(unit_amount=28_00)
            Variant.objects.filter(pk=dearer.pk).update(unit_amount=12_50)
            page = self.client.get(LIST)

            self.assertContains(page, "£2.00 less: it was £30.00 when you wished")
            self.assertContains(page, "£2.50 more: it was £10.00 when you wished")
            self.assertEqual([line.change for line in page.context["lines"] if line.variant == same], [""])

    def test_a_wish_whose_price_was_not_kept_says_nothing_of_it(self) -> None:
        ann = make_user(Role.CUSTOMER)
        self.client.force_login(ann)
        WishlistItem.objects.create(user=ann, variant=make_variant())

        self.assertNotContains(self.client.get(LIST), "when you wished")

    def test_stock_is_told_and_what_can_not_be_had_can_not_be_moved(self) -> None:
        self.wish(stock=3)
        gone, archived = self.wish(stock=0), self.wish()
        Product.objects.filter(pk=archived.product_id).update(is_active=False)
        page = self.client.get(LIST)

        for words in ("Only 3 left", "Sold out", "No longer sold"):
            self.assertContains(page, words)
        for variant in (gone, archived):
            self.assertNotContains(page, reverse("wishlist:move", args=[variant.pk]))
        self.assertNotContains(page, reverse("catalog:product", args=[archived.product.slug]))

    def test_a_long_list_takes_no_more_queries_than_a_short_one(self) -> None:
        self.client.force_login(make_user(Role.CUSTOMER))
        self.wish()
        with CaptureQueriesContext(connection) as few:
            self.client.get(LIST)
        for _ in range(5):
            self.wish()
        with CaptureQueriesContext(connection) as many:
            self.client.get(LIST)

        self.assertEqual(len(many), len(few))


class MovingTests(PageCase):
    def test_a_wish_moves_to_the_basket(self) -> None:
        for _ in self.visitors():
            BasketItem.objects.all().delete()
            variant = self.wish()
            answer = self.move(variant)

            self.assertContains(answer, f"Moved to your basket: {variant.product.name}.")
            self.assertEqual((self.wished(), self.basket()), ([], [(variant, 1)]))

    def test_a_second_click_puts_nothing_more_in(self) -> None:
        self.client.force_login(make_user(Role.CUSTOMER))
        variant = self.wish()
        self.move(variant)

        self.assertContains(self.move(variant), "is not on your wishlist any more")
        self.assertEqual(self.basket(), [(variant, 1)])

    def test_what_is_sold_out_stays_and_says_so(self) -> None:
        for _ in self.visitors():
            variant = self.wish(stock=0)

            self.assertContains(self.move(variant), f"{variant.product.name} is sold out.")
            self.assertEqual((self.wished(), self.basket()), ([variant], []))

    def test_another_currency_than_the_basket_s_is_refused(self) -> None:
        self.client.force_login(make_user(Role.CUSTOMER))
        pounds, yen = self.wish(), self.wish(currency="jpy")
        self.move(pounds)

        self.assertContains(self.move(yen), "One order has one currency")
        self.assertEqual(self.wished(), [yen])

    def test_moving_all_takes_what_can_be_had_and_says_why_the_rest_stays(self) -> None:
        self.client.force_login(make_user(Role.CUSTOMER))
        first, gone, yen, last = self.wish(), self.wish(stock=0), self.wish(currency="jpy"), self.wish()
        answer = self.move_all()

        self.assertContains(answer, "Moved to your basket: 2 things.")
        self.assertContains(answer, "One order has one currency")
        self.assertCountEqual(self.basket(), [(first, 1), (last, 1)])
        self.assertEqual(self.wished(), [yen, gone])

    def test_moving_all_of_nothing_says_so(self) -> None:
        self.assertContains(self.move_all(), "Nothing on your wishlist can go into the basket now.")

    def test_removing_one_comes_back_to_the_list(self) -> None:
        variant = self.wish()
        url = reverse("wishlist:toggle", args=[variant.pk])
        answer = self.client.post(url, {"wanted": "0", "next": LIST}, follow=True)

        self.assertContains(answer, f"{variant.product.name} is off your wishlist.")
        self.assertEqual(self.wished(), [])
