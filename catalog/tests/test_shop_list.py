"""The list of products: what is on sale, found, sorted, paged, and what each card says."""

from datetime import timedelta

from django.core.cache import cache
from django.db import connection
from django.test import TestCase
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import Role
from catalog.models import Category, Product, StockMovement, StockReason, Variant
from purelaka.testing import make_user, make_variant

SHOP = reverse("catalog:shop")


def named(name: str, **fields: object) -> Variant:
    """A variant of a product of this name."""
    variant = make_variant(**fields)  # type: ignore[arg-type]
    Product.objects.filter(pk=variant.product.pk).update(name=name)
    variant.product.refresh_from_db()
    return variant


def another(variant: Variant, **fields: object) -> Variant:
    """One more variant of the same product."""
    return Variant.objects.create(
        **{"product": variant.product, "sku": f"{variant.sku}-B", "currency": "gbp", "stock": 10, **fields}
    )


class ShopListTestCase(TestCase):
    def setUp(self) -> None:
        cache.clear()  # what is bought most is remembered there

    def names(self, query: str = "", url: str = SHOP) -> list[str]:
        page = self.client.get(f"{url}{query}").context
        return [offer.product.name for offer in page["offers"]]


class OnSaleTests(ShopListTestCase):
    def test_an_archived_product_is_not_listed(self) -> None:
        Product.objects.filter(pk=named("Old").product.pk).update(is_active=False)
        named("New")

        self.assertEqual(self.names(), ["New"])

    def test_a_product_without_a_variant_for_sale_is_not_listed(self) -> None:
        named("Gone", is_active=False)

        self.assertEqual(self.names(), [])

    def test_only_the_chosen_currency_is_listed(self) -> None:
        named("Pounds")
        named("Yen", currency="jpy")

        self.assertEqual(self.names(), ["Pounds"])

    def test_a_category_has_only_its_own(self) -> None:
        mask = named("Mask")
        masks = Category.objects.create(name="Masks", slug="masks")
        Product.objects.filter(pk=mask.product.pk).update(category=masks)
        named("Cream")

        self.assertEqual(self.names(url=reverse("catalog:shop-category", args=["masks"])), ["Mask"])

    def test_an_unknown_category_is_not_found(self) -> None:
        self.assertEqual(self.client.get(reverse("catalog:shop-category", args=["nothing"])).status_code, 404)

    def test_a_category_without_goods_in_this_currency_is_not_offered(self) -> None:
        yen = make_variant(currency="jpy")
        Product.objects.filter(pk=yen.product.pk).update(
            category=Category.objects.create(name="Only in Japan", slug="japan")
        )
        make_variant()

        self.assertNotContains(self.client.get(SHOP), "Only in Japan")


class SearchTests(ShopListTestCase):
    def test_a_word_is_found_in_the_name_the_text_the_category_or_the_sku(self) -> None:
        named("Oat Cleanser")
        text = named("Plain")
        Product.objects.filter(pk=text.product.pk).update(description="Made of oat oil.")
        named("Coded", sku="OAT-150")
        named("Other")

        self.assertEqual(set(self.names("?q=oat")), {"Oat Cleanser", "Plain", "Coded"})
        self.assertEqual(len(self.names("?q=care")), 4)  # the category of them all

    def test_all_words_must_be_found_in_any_order(self) -> None:
        named("Oat Cleanser")
        named("Oat Cream")

        self.assertEqual(self.names("?q=CREAM+oat"), ["Oat Cream"])

    def test_signs_of_a_pattern_stand_for_themselves(self) -> None:
        named("Serum 10%")
        named("Serum 10x")

        self.assertEqual(self.names("?q=10%25"), ["Serum 10%"])

    def test_nothing_found_says_what_to_do(self) -> None:
        named("Cream")

        response = self.client.get(f"{SHOP}?q=xyz")

        self.assertContains(response, "Nothing matches")
        self.assertContains(response, "See all products")

    def test_what_is_typed_is_shown_and_never_run(self) -> None:
        response = self.client.get(SHOP, {"q": "<script>alert(1)</script>"})

        self.assertNotContains(response, "<script>alert")
        self.assertContains(response, "&lt;script&gt;alert(1)&lt;/script&gt;")

    def test_nonsense_in_the_address_is_told_and_left_out(self) -> None:
        named("Cream")

        for query in ("?sort=colour", "?q=%00", "?q=" + "x" * 300):
            with self.subTest(query=query[:20]):
                self.assertContains(self.client.get(f"{SHOP}{query}"), "This filter was left out.")
                self.assertEqual(self.names(query), ["Cream"])

    def test_a_category_keeps_the_search(self) -> None:
        named("Cream")

        self.assertContains(self.client.get(f"{SHOP}?q=cream&sort=name"), "/shop/care/?q=cream&amp;sort=name")


class SortTests(ShopListTestCase):
    def test_most_bought_comes_first_and_counts_the_last_90_days(self) -> None:
        little, much, formerly = named("Little"), named("Much"), named("Formerly")
        for variant, pieces, days in ((little, 1, 3), (much, 5, 89), (formerly, 9, 91)):
            at = timezone.now() - timedelta(days=days)
            StockMovement.objects.create(variant=variant, quantity=-pieces, reason=StockReason.SALE, at=at)
        StockMovement.objects.create(variant=little, quantity=-8, reason=StockReason.ADJUSTMENT)

        self.assertEqual(self.names(), ["Much", "Little", "Formerly"])

    def test_by_name_newest_and_price(self) -> None:
        for name, amount in (("B", 20_00), ("A", 30_00), ("C", 10_00)):
            named(name, unit_amount=amount)

        self.assertEqual(self.names("?sort=name"), ["A", "B", "C"])
        self.assertEqual(self.names("?sort=newest"), ["C", "A", "B"])
        self.assertEqual(self.names("?sort=price"), ["C", "B", "A"])
        self.assertEqual(self.names("?sort=-price"), ["A", "B", "C"])

    def test_a_price_is_the_lowest_for_sale_in_this_currency(self) -> None:
        dear, cheap = named("Dear", unit_amount=20_00), named("Cheap", unit_amount=15_00)
        another(dear, unit_amount=1_00, currency="eur")
        another(cheap, unit_amount=9_00)
        another(dear, sku="OLD", unit_amount=2_00, is_active=False)

        self.assertEqual(self.names("?sort=price"), ["Cheap", "Dear"])


class CardTests(ShopListTestCase):
    def test_it_says_what_is_sold_out_low_or_to_come(self) -> None:
        for stock, preorder, word in (
            (0, False, "Sold out"),
            (5, False, "Only 5 left"),
            (0, True, "Preorder"),
        ):
            with self.subTest(word=word):
                variant = make_variant(stock=stock, preorder=preorder)
                self.assertContains(self.client.get(SHOP), word)
                Variant.objects.filter(pk=variant.pk).update(is_active=False)

    def test_it_says_nothing_when_there_is_enough(self) -> None:
        make_variant(stock=6)
        make_variant(stock=0, stock_tracked=False)

        self.assertNotContains(self.client.get(SHOP), 'class="state')

    def test_promised_pieces_are_not_counted(self) -> None:
        make_variant(stock=9, reserved=7)

        self.assertContains(self.client.get(SHOP), "Only 2 left")

    def test_a_product_is_sold_out_only_when_all_of_it_is(self) -> None:
        another(make_variant(stock=0), unit_amount=12_00, stock=3)

        response = self.client.get(SHOP)

        self.assertNotContains(response, "Sold out")
        self.assertContains(response, "Only 3 left")

    def test_the_price_is_of_the_cheapest_that_can_be_had(self) -> None:
        another(make_variant(stock=0, unit_amount=5_00), unit_amount=12_00, stock=9)

        response = self.client.get(SHOP)

        self.assertContains(response, "£12.00")
        self.assertContains(response, "from")

    def test_the_heart_is_full_whichever_option_is_wished_for(self) -> None:
        cheap = make_variant(unit_amount=5_00)
        dear = another(cheap, unit_amount=12_00)

        self.client.post(reverse("wishlist:toggle", args=[dear.pk]), {"wanted": "1"})

        response = self.client.get(SHOP)
        self.assertContains(response, f"{cheap.product.name} is on your wishlist")
        self.assertContains(response, reverse("wishlist:toggle", args=[dear.pk]))
        self.assertNotContains(response, reverse("wishlist:toggle", args=[cheap.pk]))

    def test_in_stock_only_leaves_out_what_is_sold_out(self) -> None:
        named("Gone", stock=0)
        named("Promised", stock=2, reserved=2)
        named("There")
        named("To come", stock=0, preorder=True)
        named("Endless", stock=0, stock_tracked=False)

        self.assertEqual(set(self.names("?there=on")), {"There", "To come", "Endless"})


class PageTests(ShopListTestCase):
    def setUp(self) -> None:
        super().setUp()
        for number in range(25):
            named(f"Cream {number:02}")

    def test_there_are_24_on_a_page_and_the_next_keeps_the_filters(self) -> None:
        response = self.client.get(f"{SHOP}?q=cream&sort=name")

        self.assertEqual(len(response.context["offers"]), 24)
        self.assertContains(response, "?q=cream&amp;sort=name&amp;page=2")
        self.assertEqual(self.names("?q=cream&sort=name&page=2"), ["Cream 24"])

    def test_a_page_that_is_not_there_is_the_nearest(self) -> None:
        self.assertEqual(self.names("?sort=name&page=99"), ["Cream 24"])
        self.assertEqual(len(self.names("?page=nonsense")), 24)

    def test_the_number_of_queries_does_not_grow_with_the_products(self) -> None:
        self.client.force_login(make_user(Role.CUSTOMER))
        self.client.get(SHOP)
        with CaptureQueriesContext(
            connection,
        ) as many:
            self.client.get(SHOP)
        Product.objects.exclude(pk__in=Product.objects.order_by("pk")[:2]).update(is_active=False)
        with CaptureQueriesContext(connection) as few:
            self.client.get(SHOP)

        self.assertEqual(len(many), len(few))

    def test_a_stranger_costs_five_queries(self) -> None:
        self.client.get(SHOP)

        with self.assertNumQueries(5):  # ids, products, variants, categories, currencies
            self.client.get(SHOP)


class EmptyShopTests(ShopListTestCase):
    def test_it_offers_the_currency_in_which_there_is_something(self) -> None:
        make_variant(currency="jpy")

        response = self.client.get(SHOP)

        self.assertContains(response, "Nothing here is sold in £ GBP")
        self.assertContains(response, "Shop in ¥ JPY")

    def test_a_shop_without_products_says_so(self) -> None:
        self.assertContains(self.client.get(SHOP), "Nothing is for sale yet")
