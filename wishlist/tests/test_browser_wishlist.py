"""Wishing in a browser: from the list, with and without script, and the pages of it."""

from django.core.cache import cache
from django.urls import reverse
from playwright.sync_api import Page

from accounts.models import Role
from catalog.models import Product, Variant
from orders.models import BasketItem
from purelaka.testing import make_user, make_variant
from purelaka.testing_browser import NARROW, SCHEMES, WIDE, BrowserTestCase
from wishlist.models import WishlistItem

SHOP, LIST = reverse("catalog:shop"), reverse("wishlist:list")


class WishingTests(BrowserTestCase):
    def setUp(self) -> None:
        super().setUp()
        cache.clear()
        self.cream, self.gone = make_variant(unit_amount=28_00), make_variant(stock=0)
        self.name = self.cream.product.name

    def test_a_click_on_a_heart_fills_it_and_counts(self) -> None:
        ann = self.sign_in(Role.CUSTOMER)
        self.visit(SHOP)
        self.page.get_by_role("button", name=f"Put {self.name} on your wishlist").click()
        heart = self.page.get_by_role("button", name=f"{self.name} is on your wishlist")
        heart.wait_for()

        self.assertEqual(heart.get_attribute("aria-pressed"), "true")
        self.assertTrue(heart.evaluate("heart => heart === document.activeElement"))
        self.assertTrue(self.page.get_by_role("link", name="Wishlist, 1 product").is_visible())
        self.assertEqual(WishlistItem.objects.get(removed_at=None).user, ann)
        heart.click()
        self.page.get_by_role("link", name="Wishlist, 0 products").wait_for()
        self.assertFalse(WishlistItem.objects.filter(removed_at=None).exists())

    def test_it_works_without_script_from_the_heart_to_the_basket(self) -> None:
        page = self.open_page(javascript=False)
        self.visit(SHOP, page)
        page.get_by_role("button", name=f"Put {self.name} on your wishlist").click()
        page.get_by_text(f"{self.name} is on your wishlist.").wait_for()
        self.visit(LIST, page)
        page.get_by_role("button", name=f"Move to basket: {self.name}").click()
        page.get_by_text(f"Moved to your basket: {self.name}.").wait_for()

        self.assertEqual(BasketItem.objects.get().variant, self.cream)

    def test_a_guest_s_wishes_are_there_after_signing_in(self) -> None:
        make_user(Role.CUSTOMER, "ann@example.com")
        self.visit(SHOP)
        self.page.get_by_role("button", name=f"Put {self.name} on your wishlist").click()
        self.page.get_by_role("link", name="Wishlist, 1 product").click()
        self.page.get_by_role("main").get_by_role("link", name="Sign in").click()
        self.page.locator("[name=login]").fill("ann@example.com")
        self.page.locator("[name=password]").fill("secret")
        self.page.locator("[name=password]").press("Enter")
        self.page.wait_for_url(f"**{LIST}")

        self.assertTrue(self.page.get_by_role("link", name=self.name).is_visible())
        self.assertEqual(WishlistItem.objects.get().variant, self.cream)

    def test_every_page_fits_is_accessible_and_has_its_icons(self) -> None:
        archived = make_variant()
        people = [make_user(Role.CUSTOMER) for _ in range(3)]
        for person in people:
            for variant in (self.cream, self.gone, archived):
                WishlistItem.objects.create(user=person, variant=variant, unit_amount=30_00)
        Product.objects.filter(pk=archived.product_id).update(is_active=False)
        Variant.objects.filter(pk=self.gone.pk).update(name="A long name of a size, 3 × 100 ml")
        for size, scheme in zip((WIDE, NARROW), SCHEMES, strict=True):
            page = self.open_page(size, scheme)
            self.look_at(page, LIST)
            customer = self.sign_in(Role.CUSTOMER, page)
            WishlistItem.objects.filter(user=people[0]).update(user=customer)
            people[0] = customer
            self.look_at(page, LIST)
            self.assertTrue(page.get_by_text("No longer sold").is_visible())
            self.sign_in(Role.ANALYST, page)
            self.look_at(page, reverse("analyticsapp:wishes"))
            self.look_at(page, reverse("analyticsapp:lost-demand"))

    def look_at(self, page: Page, url: str) -> None:
        with self.subTest(url, window=page.viewport_size):
            self.assertEqual(self.visit(url, page).status, 200)
            self.assert_fits(page)
            self.assert_accessible(page)
            self.assert_icons_drawn(page)
