"""`robots.txt` and the sitemap."""

from xml.etree import ElementTree

from django.test import TestCase

from catalog.models import Category, Product
from purelaka.testing import make_variant


class SearchEngineTests(TestCase):
    def addresses(self) -> list[str]:
        found = ElementTree.fromstring(self.client.get("/sitemap.xml").content)
        return [str(place.text) for place in found.iter("{http://www.sitemaps.org/schemas/sitemap/0.9}loc")]

    def test_the_sitemap_has_what_can_be_bought_in_any_currency(self) -> None:
        pounds, yen = make_variant(), make_variant(currency="jpy")
        archived, unsold = make_variant(), make_variant(is_active=False)
        Product.objects.filter(pk=archived.product.pk).update(is_active=False)
        Category.objects.create(name="Empty", slug="empty")

        root = "http://testserver/shop/"
        expected = [f"{root}products/{variant.product.slug}/" for variant in (pounds, yen)]
        self.assertEqual(self.addresses(), [root, f"{root}care/", *expected])
        self.assertNotIn(unsold.product.slug, str(self.addresses()))

    def test_each_of_its_addresses_opens(self) -> None:
        make_variant()

        for address in self.addresses():
            self.assertEqual(self.client.get(address).status_code, 200)

    def test_robots_find_the_sitemap_and_stay_out_of_what_is_private(self) -> None:
        response = self.client.get("/robots.txt")

        self.assertContains(response, "Sitemap: http://testserver/sitemap.xml")
        self.assertContains(response, "Disallow: /checkout/")
        self.assertNotContains(response, "Disallow: /shop/")
