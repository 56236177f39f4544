"""The shop in a browser: browse, search, look at a product, choose, with and without script."""

from django.core.cache import cache
from django.urls import reverse

from catalog.models import Category, Product, Variant
from purelaka.testing import make_variant
from purelaka.testing_browser import NARROW, SCHEMES, WIDE, BrowserTestCase

SHOP = reverse("catalog:shop")
TABLET = (768, 1024)
LONG = "An Uncommonly Long Name of a Cream for Dry, Upset, Tired and Otherwise Neglected Skin"


class ShopTests(BrowserTestCase):
    def setUp(self) -> None:
        super().setUp()
        cache.clear()
        self.cream = self.product("Barrier Cream", "barrier-repair-cream", name="15 ml", unit_amount=11_00)
        self.large = self.option("50 ml", unit_amount=28_00, stock=3)
        self.option("100 ml", unit_amount=46_00, stock=0)
        self.serum = self.product("Vitamin Serum", "vitamin-c-serum", stock=0)
        self.preorder = self.product("Tinted SPF", "daily-mineral-spf", stock=0, preorder=True)
        self.product(LONG, "long-name")
        self.product("Sheet Masks", "rice-bran-sheet-masks", currency="jpy", unit_amount=2_980)
        Product.objects.filter(pk=self.serum.product.pk).update(
            category=Category.objects.create(name="Serums", slug="serums")
        )

    def product(self, title: str, slug: str, **fields: object) -> Variant:
        variant = make_variant(**{"stock": 20, **fields})  # type: ignore[arg-type]
        Product.objects.filter(pk=variant.product.pk).update(
            name=title, slug=slug, description=f"{title}: calm, plain and quick."
        )
        variant.product.refresh_from_db()
        return variant

    def option(self, name: str, **fields: object) -> Variant:
        number = Variant.objects.count()
        return Variant.objects.create(
            **{
                "product": self.cream.product,
                "sku": f"CREAM-{number}",
                "currency": "gbp",
                "name": name,
                **fields,
            }
        )

    def url_of(self, variant: Variant) -> str:
        return reverse("catalog:product", args=[variant.product.slug])

    def test_every_page_fits_is_accessible_and_has_its_icons(self) -> None:
        pages = [SHOP, f"{SHOP}?q=nothing", f"{SHOP}serums/?sort=price&there=on"]
        products = [self.url_of(variant) for variant in (self.cream, self.serum, self.preorder)]
        for size, scheme in zip((WIDE, NARROW), SCHEMES, strict=True):
            window = self.open_page(size, scheme)
            for url in (
                *pages,
                *products,
                f"{SHOP}products/long-name/",
                f"{SHOP}products/rice-bran-sheet-masks/",
            ):
                with self.subTest(url=url, width=size[0]):
                    self.visit(url, window)
                    self.assert_fits(window)
                    self.assert_accessible(window)
                    self.assert_icons_drawn(window)

    def test_it_fits_between_the_two_and_with_a_long_name_signed_in(self) -> None:
        page = self.open_page(TABLET)
        user = self.sign_in(page=page)
        user.name = "Bartholomew-Maximilian"
        user.save()

        for url in (SHOP, self.url_of(self.cream)):
            self.visit(url, page)
            self.assert_fits(page)

    def test_a_category_swaps_the_list_and_the_address_without_loading_the_page(self) -> None:
        self.visit(SHOP)
        self.page.evaluate("window.sameDocument = true")

        self.page.get_by_role("link", name="Serums").click()
        self.page.get_by_role("heading", name="Serums", level=1).wait_for()

        self.assertTrue(self.page.url.endswith("/shop/serums/"))
        self.assertTrue(self.page.evaluate("window.sameDocument === true"))
        self.assertEqual(self.page.title(), "Serums · PureLaka")
        self.page.go_back()
        self.page.get_by_role("heading", name="All products").wait_for()

    def test_sorting_applies_at_once(self) -> None:
        self.visit(SHOP)

        self.page.get_by_label("Sort by").select_option("-price")
        self.page.wait_for_url("**/shop/?sort=-price")

        self.assertEqual(self.page.locator(".products h2").first.inner_text(), "Barrier Cream")

    def test_choosing_an_option_changes_price_stock_quantity_and_address(self) -> None:
        self.visit(self.url_of(self.cream))
        self.assertTrue(self.page.get_by_text("In stock", exact=True).is_visible())

        self.page.get_by_text("50 ml", exact=True).first.click()

        self.assertEqual(self.page.locator(".price-lg:visible").inner_text(), "£28.00 VAT included")
        self.assertTrue(self.page.locator(".stock-line:visible").get_by_text("Only 3 left").is_visible())
        self.assertEqual(self.page.locator("#quantity option:not([hidden])").count(), 3)
        self.assertTrue(self.page.url.endswith(f"?variant={self.large.pk}"))
        self.page.get_by_role("button", name="Add to basket").click()
        self.page.get_by_role("link", name="Basket, 1 piece").wait_for()
        self.assertTrue(self.page.url.endswith(f"?variant={self.large.pk}"))
        self.assertTrue(self.page.locator(f"input[value='{self.large.pk}']").first.is_checked())

    def test_a_heart_on_a_card_is_clicked_without_opening_the_product(self) -> None:
        self.visit(SHOP)

        self.page.get_by_role("button", name="Put Barrier Cream on your wishlist").click()
        self.page.get_by_role("button", name="Barrier Cream is on your wishlist").wait_for()

        self.assertTrue(self.page.url.endswith(SHOP))
        self.assertTrue(self.page.get_by_role("link", name="Wishlist, 1 product").is_visible())

    def test_the_currency_is_changed_from_the_bar(self) -> None:
        self.visit(SHOP)

        self.page.locator("summary", has_text="GBP").click()
        self.assert_accessible()
        self.page.get_by_role("button", name="¥ JPY").click()

        self.page.get_by_role("link", name="Sheet Masks").wait_for()
        self.assertTrue(self.page.get_by_text("¥2,980").is_visible())

    def test_the_whole_way_works_without_script(self) -> None:
        page = self.open_page(NARROW, javascript=False)
        self.visit(SHOP, page)

        page.get_by_role("link", name="Care").click()
        self.assertEqual(page.locator("h1").inner_text(), "Care")
        page.get_by_label("Sort by").select_option("price")
        page.get_by_role("button", name="Apply").click()
        self.assertIn("sort=price", page.url)
        page.get_by_label("Search the shop").fill("barrier")
        page.keyboard.press("Enter")
        page.wait_for_url("**/shop/?q=barrier")
        page.get_by_role("link", name="Barrier Cream").click()
        page.get_by_text("50 ml", exact=True).first.click()
        page.get_by_label("Quantity").select_option("2")
        page.get_by_role("button", name="Add to basket").click()

        self.assertTrue(page.get_by_role("link", name="Basket, 2 pieces").is_visible())
