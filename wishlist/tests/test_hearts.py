"""The heart on a product: wished and unwished, as guest and with an account."""

from datetime import timedelta
from typing import Any
from unittest.mock import patch

from django.db import connection
from django.test import TestCase
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import Role
from catalog.models import Product, Variant
from purelaka.testing import make_user, make_variant
from wishlist import wishes
from wishlist.models import WishlistItem

HTMX = {"HX-Request": "true"}


class HeartCase(TestCase):
    def setUp(self) -> None:
        self.variant = make_variant(unit_amount=28_00)

    def toggle(self, wanted: str = "1", variant: Variant | None = None, **more: Any) -> Any:
        url = reverse("wishlist:toggle", args=[(variant or self.variant).pk])
        return self.client.post(url, {"wanted": wanted, **more})

    def swap(self, wanted: str = "1", variant: Variant | None = None) -> str:
        url = reverse("wishlist:toggle", args=[(variant or self.variant).pk])
        return self.client.post(url, {"wanted": wanted}, headers=HTMX).content.decode()

    def wished(self) -> list[str]:
        """The names on the visitor's wishlist page."""
        page = self.client.get(reverse("wishlist:list"))
        return [line.variant.product.name for line in page.context["lines"]]


class AccountTests(HeartCase):
    def setUp(self) -> None:
        super().setUp()
        self.ann = make_user(Role.CUSTOMER)
        self.client.force_login(self.ann)

    def test_a_wish_keeps_its_moment_and_the_price_then(self) -> None:
        self.toggle()

        wish = WishlistItem.objects.get(user=self.ann, removed_at=None)
        self.assertEqual((wish.variant, wish.unit_amount), (self.variant, 28_00))
        self.assertLess(timezone.now() - wish.created_at, timedelta(minutes=1))

    def test_a_wish_taken_back_keeps_its_row_and_a_new_one_gets_its_own(self) -> None:
        self.toggle()
        self.toggle("0")
        self.toggle()

        first, second = WishlistItem.objects.order_by("pk")
        self.assertIsNotNone(first.removed_at)
        self.assertIsNone(second.removed_at)

    def test_wishing_twice_makes_one_wish_with_the_first_moment(self) -> None:
        self.toggle()
        first = WishlistItem.objects.get().created_at
        self.toggle()

        self.assertEqual(WishlistItem.objects.get().created_at, first)

    def test_taking_back_what_was_not_wished_changes_nothing(self) -> None:
        self.toggle("0")

        self.assertFalse(WishlistItem.objects.exists())

    def test_a_taken_back_wish_keeps_the_moment_it_went_the_first_time(self) -> None:
        self.toggle()
        self.toggle("0")
        went = WishlistItem.objects.get().removed_at
        self.toggle("0")

        self.assertEqual(WishlistItem.objects.get().removed_at, went)

    def test_staff_can_wish_too(self) -> None:
        self.client.force_login(make_user(Role.OPS))
        self.toggle()

        self.assertEqual(self.wished(), [self.variant.product.name])

    def test_nobody_sees_the_wishes_of_another(self) -> None:
        self.toggle()
        self.client.force_login(make_user(Role.CUSTOMER))

        self.assertEqual(self.wished(), [])

    def test_what_is_not_sold_can_only_be_taken_back(self) -> None:
        self.toggle()
        Product.objects.update(is_active=False)

        self.assertEqual(self.toggle().status_code, 404)
        self.assertEqual(self.toggle("0").status_code, 302)
        self.assertEqual(self.wished(), [])

    def test_there_is_no_heart_of_a_variant_that_does_not_exist(self) -> None:
        url = reverse("wishlist:toggle", args=[10**30])

        self.assertEqual(self.client.post(url).status_code, 404)


class GuestTests(HeartCase):
    def test_a_guest_wishes_and_thinks_better_of_it(self) -> None:
        self.toggle()
        self.assertEqual(self.wished(), [self.variant.product.name])
        self.toggle("0")

        self.assertEqual(self.wished(), [])
        self.assertFalse(WishlistItem.objects.exists())

    def test_a_full_list_takes_no_more_and_says_what_to_do(self) -> None:
        other = make_variant()
        with patch.object(wishes, "GUESTS_MOST", 1):
            self.toggle()
            answer = self.swap(variant=other)

        self.assertIn("Sign in to keep more", answer)
        self.assertIn('aria-pressed="false"', answer)
        self.assertEqual(self.wished(), [self.variant.product.name])

    def test_a_full_list_still_takes_back_and_knows_what_is_on_it(self) -> None:
        with patch.object(wishes, "GUESTS_MOST", 1):
            self.toggle()
            self.assertNotIn("Sign in to keep more", self.swap())
            self.toggle("0")

        self.assertEqual(self.wished(), [])


class AnswerTests(HeartCase):
    def test_a_swapped_heart_says_its_state_and_brings_the_count(self) -> None:
        on, off = self.swap(), self.swap("0")
        name = self.variant.product.name

        self.assertIn(f'aria-pressed="true" aria-label="{name} is on your wishlist"', on)
        self.assertIn('aria-label="Wishlist, 1 product"', on)
        self.assertIn('hx-swap-oob="true"', on)
        self.assertIn(f'aria-pressed="false" aria-label="Put {name} on your wishlist"', off)
        self.assertIn('aria-label="Wishlist, 0 products"', off)

    def test_without_script_one_comes_back_to_the_page_and_is_told(self) -> None:
        shop = reverse("catalog:shop")
        answer = self.toggle(next=f"{shop}?sort=price")
        self.assertRedirects(answer, f"{shop}?sort=price", fetch_redirect_response=False)

        self.assertContains(self.client.get(shop), f"{self.variant.product.name} is on your wishlist.")

    def test_one_is_never_sent_to_another_site(self) -> None:
        answer = self.toggle(next="https://evil.example/")

        self.assertRedirects(answer, reverse("wishlist:list"))

    def test_it_takes_post_alone(self) -> None:
        answer = self.client.get(reverse("wishlist:toggle", args=[self.variant.pk]))

        self.assertEqual(answer.status_code, 405)

    def test_a_card_s_heart_shows_whichever_option_is_wished_for(self) -> None:
        dearer = Variant.objects.create(
            product=self.variant.product, sku="L", unit_amount=46_00, currency="gbp", stock=3
        )
        self.toggle(variant=dearer)

        self.assertContains(
            self.client.get(reverse("catalog:shop")), f'id="wish-{dearer.pk}" aria-pressed="true"'
        )

    def test_all_hearts_of_a_page_cost_one_query(self) -> None:
        self.client.force_login(make_user(Role.CUSTOMER))
        for _ in range(5):
            make_variant()
        with CaptureQueriesContext(connection) as asked:
            page = self.client.get(reverse("catalog:shop"))

        self.assertContains(page, "aria-pressed", count=6)
        self.assertEqual(sum("wishlist_wishlistitem" in query["sql"] for query in asked), 1)
