"""Choosing the currency to shop in."""

from django.test import TestCase, override_settings
from django.urls import reverse

from purelaka.testing import make_variant

SHOP, CHOOSE = reverse("catalog:shop"), reverse("catalog:choose-currency")


class CurrencyTests(TestCase):
    def setUp(self) -> None:
        self.pounds = make_variant()
        self.yen = make_variant(currency="jpy", unit_amount=1_200)

    def test_the_stores_own_currency_comes_first(self) -> None:
        self.assertContains(self.client.get(SHOP), "£10.00")
        with override_settings(DEFAULT_CURRENCY="jpy"):
            self.assertContains(self.client.get(SHOP), "¥1,200")

    def test_a_choice_is_remembered_and_keeps_the_page(self) -> None:
        response = self.client.post(CHOOSE, {"currency": "jpy", "next": f"{SHOP}?sort=name"})

        self.assertRedirects(response, f"{SHOP}?sort=name")
        self.assertContains(self.client.get(SHOP), "¥1,200")
        self.assertNotContains(self.client.get(SHOP), "£10.00")

    def test_the_page_in_the_browser_counts_more_than_the_one_in_the_form(self) -> None:
        response = self.client.post(
            CHOOSE, {"currency": "jpy", "next": SHOP}, headers={"referer": f"http://testserver{SHOP}?q=a"}
        )

        self.assertRedirects(response, f"http://testserver{SHOP}?q=a", fetch_redirect_response=False)

    def test_it_leads_to_no_other_site(self) -> None:
        for url in ("https://evil.example/", "//evil.example", "javascript:alert(1)", ""):
            with self.subTest(url=url):
                response = self.client.post(
                    CHOOSE, {"currency": "jpy", "next": url}, headers={"referer": url}
                )
                self.assertRedirects(response, SHOP, fetch_redirect_response=False)

    def test_a_currency_in_which_nothing_is_sold_is_refused(self) -> None:
        for code in ("usd", "", "nonsense", "GBP\x00"):
            with self.subTest(code=code):
                response = self.client.post(CHOOSE, {"currency": code}, follow=True)
                self.assertContains(response, "Nothing is sold in this currency")
                self.assertContains(response, "£10.00")

    def test_only_currencies_in_which_something_is_sold_are_offered(self) -> None:
        make_variant(currency="usd", is_active=False)
        self.assertNotContains(self.client.get(SHOP), "USD")

        self.yen.is_active = False
        self.yen.save()

        self.assertNotContains(self.client.get(SHOP), CHOOSE)  # one is no choice

    def test_whoever_chose_what_is_sold_no_more_finds_a_way_back(self) -> None:
        self.client.post(CHOOSE, {"currency": "jpy"})
        self.yen.is_active = False
        self.yen.save()

        self.assertContains(self.client.get(SHOP), '<button type="submit" name="currency" value="gbp">')

    def test_a_basket_in_another_currency_is_told_kindly(self) -> None:
        self.client.post(reverse("orders:basket-add"), {"variant": self.pounds.pk, "quantity": 1})
        self.assertNotContains(self.client.get(SHOP), "one order has one currency")

        self.client.post(CHOOSE, {"currency": "jpy"})

        response = self.client.get(SHOP)
        self.assertContains(response, "Your basket holds goods in £ GBP, and one order has one currency.")
        self.assertContains(response, "Shop in £ GBP")
