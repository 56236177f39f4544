"""One product's page: its options, what is left, the picture, what else there is."""

from django.core.cache import cache
from django.db import connection
from django.test import TestCase
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Role
from catalog.models import Category, Product, Variant
from orders.models import ShippingMethod, ShippingRate
from purelaka.testing import make_user, make_variant


def url_of(variant: Variant) -> str:
    return reverse("catalog:product", args=[variant.product.slug])


class ProductPageTests(TestCase):
    def setUp(self) -> None:
        cache.clear()
        self.small = make_variant(stock=10, unit_amount=11_00, name="15 ml")
        self.large = self.option(name="50 ml", unit_amount=28_00, stock=3)
        self.url = url_of(self.small)

    def option(self, **fields: object) -> Variant:
        given = {"product": self.small.product, "sku": f"OPTION-{Variant.objects.count()}", "currency": "gbp"}
        return Variant.objects.create(**{**given, **fields})

    def chosen(self, query: str = "") -> Variant:
        variant: Variant = self.client.get(f"{self.url}{query}").context["chosen"].variant
        return variant

    def test_every_option_has_its_price_and_state(self) -> None:
        self.option(name="200 ml", unit_amount=90_00, stock=0)

        response = self.client.get(self.url)

        for text in ("15 ml", "£11.00", "50 ml", "£28.00", "Only 3 left", "200 ml", "Sold out"):
            self.assertContains(response, text)

    def test_the_cheapest_that_is_there_is_chosen(self) -> None:
        self.option(name="5 ml", unit_amount=2_00, stock=0)

        self.assertEqual(self.chosen(), self.small)

    def test_the_address_can_choose_another(self) -> None:
        self.assertEqual(self.chosen(f"?variant={self.large.pk}"), self.large)

    def test_what_can_not_be_had_is_not_chosen_whatever_the_address_says(self) -> None:
        gone, foreign = self.option(unit_amount=1_00, stock=0), make_variant()

        for asked in (gone.pk, foreign.pk, "", "nonsense", "-1"):
            with self.subTest(asked=asked):
                self.assertEqual(self.chosen(f"?variant={asked}"), self.small)

    def test_what_is_sold_out_can_not_be_chosen(self) -> None:
        gone = self.option(unit_amount=1_00, stock=0)

        response = self.client.get(self.url)

        self.assertContains(
            response,
            f'<input type="radio" name="variant" value="{gone.pk}" data-most="0" disabled>',
            html=True,
        )

    def test_no_more_can_be_asked_for_than_is_left(self) -> None:
        Variant.objects.filter(pk=self.small.pk).update(is_active=False)

        self.assertEqual(list(self.client.get(self.url).context["quantities"]), [1, 2, 3])

    def test_adding_puts_the_option_into_the_basket_and_comes_back(self) -> None:
        back = f"{self.url}?variant={self.large.pk}"

        response = self.client.post(
            reverse("orders:basket-add"), {"variant": self.large.pk, "quantity": 2, "next": back}, follow=True
        )

        self.assertEqual(response.redirect_chain, [(back, 302)])
        self.assertContains(response, "Basket, 2 pieces")

    def test_a_preorder_says_that_it_is_sent_later(self) -> None:
        variant = make_variant(stock=0, preorder=True)

        response = self.client.get(url_of(variant))

        self.assertContains(response, "Not in stock yet. You pay now")
        self.assertContains(response, ">Preorder</span></button>")
        self.assertNotContains(response, "Add to basket")

    def test_a_sold_out_product_can_be_wished_for_but_not_bought(self) -> None:
        variant = make_variant(stock=0)

        response = self.client.get(url_of(variant))

        self.assertNotContains(response, "Add to basket")
        self.assertContains(response, reverse("wishlist:toggle", args=[variant.pk]))

    def test_an_archived_product_is_not_found(self) -> None:
        Product.objects.filter(pk=self.small.product.pk).update(is_active=False)

        for role in (None, Role.CUSTOMER, Role.ADMIN):
            with self.subTest(role=role):
                if role:
                    self.client.force_login(make_user(role))
                self.assertEqual(self.client.get(self.url).status_code, 404)

    def test_an_archived_option_is_not_offered(self) -> None:
        Variant.objects.filter(pk=self.large.pk).update(is_active=False)

        self.assertNotContains(self.client.get(self.url), "50 ml")

    def test_a_product_of_another_currency_offers_to_switch(self) -> None:
        url = url_of(make_variant(currency="jpy", unit_amount=2_980))

        response = self.client.get(url)
        self.assertContains(response, "It is not sold in £ GBP")
        self.assertNotContains(response, "Add to basket")

        switch = {"currency": "jpy", "next": url}
        self.assertContains(
            self.client.post(reverse("catalog:choose-currency"), switch, follow=True), "¥2,980"
        )

    def test_it_says_whether_the_price_holds_vat(self) -> None:
        for included, words in ((True, "VAT included"), (False, "plus VAT")):
            with self.subTest(words=words), self.settings(PRICES_INCLUDE_TAX=included):
                self.assertContains(self.client.get(self.url), words)

    def test_it_says_what_delivery_at_home_costs(self) -> None:
        method = ShippingMethod.objects.create(name="Tracked", description="2 to 3 working days")
        ShippingRate.objects.create(method=method, country="GB", currency="gbp", amount=3_95, free_from=40_00)

        response = self.client.get(self.url)

        for text in ("Tracked", "2 to 3 working days", "£3.95", "free from £40.00", "To United Kingdom."):
            self.assertContains(response, text)

    def test_the_description_keeps_its_paragraphs_and_runs_nothing(self) -> None:
        Product.objects.filter(pk=self.small.product.pk).update(description="One.\n\n<b>Two</b>.")

        response = self.client.get(self.url)

        self.assertContains(response, "<p>One.</p>")
        self.assertContains(response, "&lt;b&gt;Two&lt;/b&gt;")

    def test_a_link_to_it_shows_name_price_and_picture_elsewhere(self) -> None:
        response = self.client.get(f"{self.url}?variant={self.large.pk}")

        self.assertContains(response, f'<link rel="canonical" href="http://testserver{self.url}">')
        self.assertContains(response, '<meta property="product:price:amount" content="28.00">')
        self.assertContains(response, 'content="http://testserver/static/img/products/placeholder.svg"')

    def test_related_are_of_its_category_first(self) -> None:
        other = make_variant()
        Product.objects.filter(pk=other.product.pk).update(
            category=Category.objects.create(name="Lips", slug="lips")
        )
        same = make_variant()

        related = self.client.get(self.url).context["related"]

        self.assertEqual([offer.product for offer in related], [same.product, other.product])

    def test_the_number_of_queries_does_not_grow_with_options_and_products(self) -> None:
        self.client.get(self.url)
        with CaptureQueriesContext(connection) as few:
            self.client.get(self.url)
        for number in range(6):
            self.option(unit_amount=50_00 + number, stock=1)
            make_variant()
        with CaptureQueriesContext(connection) as many:
            self.client.get(self.url)

        # The first related products cost two; more of them cost nothing more.
        self.assertLessEqual(len(many), len(few) + 2)
        self.assertLessEqual(len(many), 8)


class FrameTests(TestCase):
    def test_staff_see_the_shop_in_its_own_frame_with_a_way_back(self) -> None:
        self.client.force_login(make_user(Role.OPS))

        response = self.client.get(reverse("catalog:shop"))

        self.assertTemplateUsed(response, "shop.html")
        self.assertContains(response, f'href="{reverse("monitoring:overview")}"')

    def test_staff_come_from_a_product_to_its_place_in_the_catalogue(self) -> None:
        variant = make_variant()
        place = reverse("catalog:product-edit", args=[variant.product.pk])
        self.assertNotContains(self.client.get(url_of(variant)), place)

        self.client.force_login(make_user(Role.OPS))

        self.assertContains(self.client.get(url_of(variant)), place)

    def test_a_customer_finds_no_desk(self) -> None:
        self.client.force_login(make_user(Role.CUSTOMER))

        self.assertNotContains(self.client.get(reverse("catalog:shop")), reverse("monitoring:overview"))

    def test_the_sign_in_comes_back_to_the_page(self) -> None:
        response = self.client.get(reverse("catalog:shop"), {"q": "a&b"})

        self.assertContains(response, f"{reverse('account_login')}?next=/shop/%3Fq%3Da%2526b")
