"""The staff's list of products: which, in which order, and what each row says."""

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Role
from catalog.models import Category, Product, Variant
from catalog.tests.desk import LIST, DeskTestCase
from purelaka.testing import make_user, make_variant


def named(name: str, **fields: object) -> Variant:
    variant = make_variant(**fields)  # type: ignore[arg-type]
    Product.objects.filter(pk=variant.product.pk).update(name=name)
    return variant


class ListTests(DeskTestCase):
    def names(self, query: str = "") -> list[str]:
        return [row.product.name for row in self.client.get(f"{LIST}{query}").context["rows"]]

    def row(self) -> object:
        return self.client.get(f"{LIST}?state=all").context["rows"][0]

    def test_products_come_by_name_and_archived_ones_under_their_own_tab(self) -> None:
        named("Balm"), named("Aloe")
        old = named("Old")
        Product.objects.filter(pk=old.product.pk).update(is_active=False)

        self.assertEqual(self.names(), ["Aloe", "Balm"])
        self.assertEqual(self.names("?state=archived"), ["Old"])
        self.assertEqual(self.names("?state=all"), ["Aloe", "Balm", "Old"])

    def test_what_runs_low_and_what_is_sold_out_is_found(self) -> None:
        named("Plenty", stock=50)
        named("Few", stock=5)
        named("None", stock=0)
        named("Coming", stock=0, preorder=True)
        named("Endless", stock=0, stock_tracked=False)

        self.assertEqual(self.names("?state=low"), ["Few"])
        self.assertEqual(self.names("?state=sold-out"), ["None"])
        self.assertEqual(self.names("?state=preorder"), ["Coming"])
        tabs = self.client.get(LIST).context["listing"].form.tabs
        self.assertEqual([tab.number for tab in tabs], [None, 1, 1, None, None, None])

    def test_what_is_promised_to_orders_counts_as_gone(self) -> None:
        promised = named("Promised", stock=5)
        Variant.objects.filter(pk=promised.pk).update(reserved=5)

        self.assertEqual(self.names("?state=sold-out"), ["Promised"])
        self.assertEqual(self.names("?state=low"), [])

    def test_a_search_finds_a_part_of_a_name_or_of_a_sku(self) -> None:
        named("Clay Mask", sku="CLAY-75")
        named("Lip Balm", sku="LIPS-3")

        self.assertEqual(self.names("?q=mask"), ["Clay Mask"])
        self.assertEqual(self.names("?q=lips-"), ["Lip Balm"])
        self.assertEqual(self.names("?q=nothing"), [])

    def test_category_and_currency_narrow_the_list(self) -> None:
        named("Yen", currency="jpy")
        pounds = named("Pounds")
        hands = Category.objects.create(name="Hands", slug="hands")
        Product.objects.filter(pk=pounds.product.pk).update(category=hands)

        self.assertEqual(self.names("?currency=jpy"), ["Yen"])
        self.assertEqual(self.names("?category=hands"), ["Pounds"])
        self.assertEqual(self.names("?category=feet"), ["Pounds", "Yen"])  # left out, and told
        self.assertContains(self.client.get(f"{LIST}?category=feet"), "This filter was left out.")

    def test_the_last_page_is_reached_by_the_pages_before_it(self) -> None:
        for number in range(52):
            named(f"Product {number:02}")

        page = self.client.get(LIST)
        rest = self.client.get(f"{LIST}{page.context['listing'].older}")

        self.assertEqual([row.product.name for row in rest.context["rows"]], ["Product 50", "Product 51"])
        self.assertContains(rest, '<strong class="fig">52</strong> products', html=False)

    def test_a_row_sums_up_its_variants(self) -> None:
        first = named("Cream", stock=10, unit_amount=28_00)
        for sku, amount, currency in (("C-100", 46_00, "gbp"), ("C-EUR", 33_00, "eur")):
            Variant.objects.create(
                product=first.product, sku=sku, unit_amount=amount, currency=currency, stock=0
            )
        Variant.objects.filter(pk=first.pk).update(reserved=2)
        [row] = self.client.get(LIST).context["rows"]

        self.assertEqual((row.stock, row.reserved, row.available), (10, 2, 8))
        self.assertEqual(row.prices, ["£28.00 – £46.00", "€33.00"])
        self.assertEqual(row.standing.label, "2 of 3 sold out")

    def test_the_number_of_queries_does_not_grow_with_the_rows(self) -> None:
        named("One")
        with CaptureQueriesContext(
            connection,
        ) as few:
            self.client.get(LIST)
        for number in range(20):
            named(f"More {number}")
        with CaptureQueriesContext(connection) as many:
            self.client.get(LIST)

        self.assertEqual(len(few), len(many))

    def test_only_admins_are_offered_changes(self) -> None:
        variant = named("Clay Mask")
        add = reverse("catalog:product-add")
        self.assertContains(self.client.get(LIST), add)

        for role in (Role.OPS, Role.ANALYST):
            self.client.force_login(make_user(role))
            self.assertNotContains(self.client.get(LIST), add)
            for url in (self.product_url(variant.product), self.variant_url(variant)):
                page = self.client.get(url)
                self.assertNotContains(page, 'method="post" enctype')
                self.assertNotContains(page, "Archive")
                self.assertEqual(self.client.post(url).status_code, 404)
