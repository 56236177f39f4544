"""Basket and checkout in a browser, with JavaScript and without."""

import re

from playwright.sync_api import Page, expect

from accounts.models import Address, Role, User
from catalog.models import Variant
from orders.models import Basket, BasketItem, Order
from orders.tests.making import ADDRESS, BASKET, CHECKOUT, make_code, make_rate, make_tax
from purelaka.testing import make_variant
from purelaka.testing_browser import NARROW, WIDE, BrowserTestCase


class CheckoutBrowserTests(BrowserTestCase):
    def setUp(self) -> None:
        super().setUp()
        make_rate(3_95, country="GB", free_from=50_00)
        make_rate(9_95)
        make_rate(6_95, country="GB", method="Tracked")
        make_tax(20_00)
        make_code()
        self.cream, self.mask = make_variant(unit_amount=28_00), make_variant(unit_amount=14_00, stock=5)

    def put_in(self, variant: Variant, page: Page | None = None) -> None:
        page = page or self.page
        self.visit(f"/shop/products/{variant.product.slug}/", page)
        page.get_by_role("button", name=re.compile("basket", re.IGNORECASE)).first.click()
        page.get_by_text("Added to your basket").wait_for()

    def look_at(self, path: str, page: Page) -> None:
        self.visit(path, page)
        self.assert_fits(page)
        self.assert_accessible(page)
        self.assert_icons_drawn(page)

    def fill_in(self, page: Page) -> None:
        for name, text in ADDRESS.items():
            if name != "country":
                page.locator(f"[name={name}]").fill(text)

    def test_pages_fit_and_are_accessible_with_all_that_can_be_wrong(self) -> None:
        wide, narrow = self.open_page(WIDE, "light"), self.open_page(NARROW, "dark")
        for page in (wide, narrow):
            casey = self.sign_in(Role.CUSTOMER, page)
            self.look_at(BASKET, page)
            _save_address(casey)
            self.put_in(self.cream, page)
            self.look_at(CHECKOUT, page)
            self.look_at(BASKET, page)
            self.put_in(self.mask, page)
            _put_wrong(casey, self.mask)
            self.look_at(BASKET, page)

    def test_wrong_input_is_accessible_too(self) -> None:
        page = self.open_page(NARROW, "dark")
        self.put_in(self.cream, page)
        self.visit(CHECKOUT, page)
        page.get_by_role("button", name="Continue to payment").click()

        expect(page.get_by_text("Enter the street and number.")).to_be_visible()
        self.assert_fits(page)
        self.assert_accessible(page)

    def test_quantities_change_in_place_and_the_bar_counts_along(self) -> None:
        self.put_in(self.mask)
        self.visit(BASKET)
        more = self.page.locator("[id^=more-]")
        for pieces in (2, 3):
            more.click()
            expect(self.page.get_by_role("link", name=f"Basket, {pieces} pieces")).to_be_visible()
        expect(more).to_be_focused()
        self.page.get_by_label("Quantity of").fill("9")
        self.page.keyboard.press("Tab")

        expect(self.page.get_by_text("Only 5 of")).to_be_visible()
        expect(self.page.get_by_label("Quantity of")).to_have_value("3")

    def test_amounts_follow_country_delivery_and_code_and_nothing_typed_is_lost(self) -> None:
        page = self.page
        self.put_in(self.cream)
        self.visit(CHECKOUT)
        self.fill_in(page)
        summary = page.locator("#summary")
        expect(summary).to_contain_text("£31.95")
        page.get_by_label("Country").select_option("DE")
        expect(summary).to_contain_text("£37.95")
        expect(page.get_by_role("status").filter(has_text="To pay: £37.95.")).to_be_attached()
        page.get_by_label("Country").select_option("GB")
        page.get_by_label("Tracked").check()
        expect(summary).to_contain_text("£34.95")
        page.get_by_text("Discount code").click()
        page.get_by_label("Discount code").fill("sprnig")
        page.get_by_role("button", name="Apply").click()
        expect(summary).to_contain_text("There is no code SPRNIG. Check the spelling.")
        page.get_by_label("Discount code").fill("spring")
        page.get_by_role("button", name="Apply").click()
        expect(summary).to_contain_text("£32.15")
        expect(page.get_by_label("Town or city")).to_have_value("Bristol")
        page.get_by_role("button", name="Continue to payment").click()
        page.wait_for_url("**/payments/pay/**")

        order = Order.objects.get()
        self.assertEqual((order.amount_total, order.shipping_method), (32_15, "Tracked"))

    def test_all_of_it_without_javascript(self) -> None:
        page = self.open_page(NARROW, javascript=False)
        self.put_in(self.cream, page)
        self.visit(BASKET, page)
        page.locator("[id^=more-]").click()
        page.locator("summary", has_text="Discount code").click()
        page.get_by_label("Discount code").fill("SPRING")
        page.get_by_role("button", name="Apply").click()
        page.get_by_role("link", name="Check out").click()
        self.fill_in(page)
        page.get_by_label("Country").select_option("FR")
        page.get_by_label("Postcode").fill("75001")
        page.get_by_role("button", name="Update delivery and amounts").click()
        expect(page.locator("#summary")).to_contain_text("£60.35")
        page.get_by_role("button", name="Continue to payment").click()
        page.wait_for_url("**/payments/pay/**")

        self.assertEqual(Order.objects.get().address.split("\n")[1:], ["75001 Bristol", "France"])

    def test_a_saved_address_hides_the_fields_of_another(self) -> None:
        casey = self.sign_in(Role.CUSTOMER)
        _save_address(casey)
        self.put_in(self.cream)
        self.visit(CHECKOUT)
        street = self.page.locator("#id_line1")
        expect(street).to_be_hidden()
        self.page.get_by_label("Another address").check()
        expect(street).to_be_visible()
        self.page.get_by_label("Casey").check()
        self.page.get_by_role("button", name="Continue to payment").click()
        self.page.wait_for_url("**/payments/pay/**")

        self.assertIn("1 Old Street", Order.objects.get().address)


def _save_address(user: User) -> None:
    fields = {name: text for name, text in ADDRESS.items() if name not in ("email", "name", "line1")}
    Address.objects.create(user=user, name="Casey", line1="1 Old Street", is_default=True, **fields)


def _put_wrong(user: User, variant: Variant) -> None:
    """One line is short, another has a new price."""
    basket = Basket.objects.get(user=user, closed_at=None)
    BasketItem.objects.filter(basket=basket, variant=variant).update(quantity=50)
    BasketItem.objects.filter(basket=basket).exclude(variant=variant).update(unit_amount=1)
