"""A customer's whole way in a browser: browse, wish, basket, delivery, payment, thanks; wide and narrow."""

import re
from datetime import timedelta

from django.core import mail
from django.utils import timezone
from playwright.sync_api import expect

from accounts.models import Role
from catalog.models import Variant
from monitoring import periodic
from monitoring.models import DataQualityIssue
from orders.models import DiscountCode, Order, OrderStatus, ShippingMethod, ShippingRate, TaxRate
from payments.mock import bank
from payments.tests.paying import ASKS_THE_BANK, NO_FUNDS, SUCCEEDS
from payments.tests.posting import with_webhook_secret
from purelaka.testing import make_variant
from purelaka.testing_browser import NARROW, SCHEMES, WIDE, BrowserTestCase

GUEST = "robin@example.com"


@with_webhook_secret()
class ShoppingTests(BrowserTestCase):
    size, scheme = WIDE, SCHEMES[0]

    def setUp(self) -> None:
        super().setUp()
        post = ShippingMethod.objects.create(name="Standard", description="2 to 3 working days")
        for country, currency, amount in (("GB", "gbp", 3_95), ("JP", "jpy", 800)):
            ShippingRate.objects.create(method=post, country=country, currency=currency, amount=amount)
        for country, rate in (("GB", 2000), ("JP", 1000)):
            TaxRate.objects.create(country=country, rate=rate)
        self.cream = self.product("Barrier Cream", 28_00)
        self.page = self.open_page(self.size, self.scheme)

    def product(self, name: str, unit_amount: int, currency: str = "gbp", stock: int = 20) -> Variant:
        variant = make_variant(unit_amount=unit_amount, currency=currency, stock=stock)
        variant.product.name = name
        variant.product.save(update_fields=["name"])
        return variant

    # --- steps of a customer --------------------------------------------------------------------------

    def look(self) -> None:
        """The page fits, axe finds nothing, icons are there."""
        self.assert_fits(self.page)
        self.assert_accessible(self.page)
        self.assert_icons_drawn(self.page)

    def browse_to(self, variant: Variant) -> None:
        self.visit("/shop/")
        self.page.get_by_role("link", name=variant.product.name, exact=True).click()
        expect(self.page.get_by_role("heading", level=1)).to_have_text(variant.product.name)

    def add(self, variant: Variant) -> None:
        self.browse_to(variant)
        self.page.get_by_role("button", name="Add to basket").click()
        expect(self.page.get_by_role("link", name=re.compile("Basket, 1"))).to_be_visible()

    def check_out(self, *, email: str = GUEST, country: str = "GB") -> None:
        """From the basket to the payment page."""
        self.visit("/basket/")
        self.page.get_by_role("link", name="Check out").click()
        field = self.page.get_by_label("Country")
        if field.input_value() != country:
            with self.page.expect_response(lambda response: "/checkout/" in response.url):
                field.select_option(country)
        if email:
            self.page.get_by_label("Email").fill(email)
        address = {"Full name": "Robin Example", "Town or city": "Bristol", "Postcode": "BS1 4DJ"}
        if country == "JP":
            address |= {"Town or city": "Tokyo", "Postcode": "100-0001"}
        for label, text in address.items():
            self.page.get_by_label(label).fill(text)
        self.page.get_by_role("textbox", name="Address", exact=True).fill("14 Example Street")
        self.look()
        self.page.get_by_role("button", name="Continue to payment").last.click()
        expect(self.page.get_by_role("heading", name="Payment", exact=True)).to_be_visible()

    def card(self, number: str) -> None:
        self.page.get_by_label("Card number").fill(number)
        self.page.get_by_label("Expiry date").fill("12 / 39")
        self.page.get_by_label("Security code").fill("123")
        self.page.get_by_role("button", name=re.compile("^Pay ")).click()

    def is_confirmed(self) -> Order:
        """The webhook comes, and the waiting page becomes the thanks."""
        expect(self.page).to_have_url(re.compile("/return/"))
        self.look()
        bank.deliver_due(timezone.now() + timedelta(seconds=5))
        expect(self.page.get_by_role("heading", level=1)).to_contain_text("Thank you", timeout=8000)
        self.look()
        order = Order.objects.latest("pk")
        self.assertEqual(order.status, OrderStatus.PAID)
        return order

    def assert_books_agree(self) -> None:
        for _ in periodic.run(timezone.now() + timedelta(minutes=2)):
            pass
        self.assertEqual([issue.message for issue in DataQualityIssue.objects.open()], [])

    # --- the ways --------------------------------------------------------------------------------------

    def test_a_guest_buys_and_is_written_to(self) -> None:
        self.add(self.cream)
        self.check_out()
        self.look()
        self.card(SUCCEEDS)
        order = self.is_confirmed()

        self.assertEqual((order.email, order.amount_shipping, order.amount_total), (GUEST, 3_95, 31_95))
        self.assertEqual([message.to for message in mail.outbox], [[GUEST]])
        self.assert_books_agree()

    def test_a_customer_wishes_and_buys_from_the_wishlist(self) -> None:
        user = self.sign_in(Role.CUSTOMER)
        self.browse_to(self.cream)
        self.page.get_by_role("button", name=re.compile("wishlist", re.I)).first.click()
        expect(self.page.get_by_role("link", name=re.compile("Wishlist, 1"))).to_be_visible()
        self.visit("/wishlist/")
        self.look()
        self.page.get_by_role("button", name=re.compile("Move .*basket", re.I)).first.click()
        expect(self.page.get_by_role("link", name=re.compile("Basket, 1"))).to_be_visible()
        self.check_out(email="")
        self.card(SUCCEEDS)
        order = self.is_confirmed()

        self.assertEqual((order.user, order.email), (user, user.email))
        self.visit("/my/orders/")
        expect(self.page.get_by_role("link", name=order.number).first).to_be_visible()

    def test_a_declined_card_and_then_one_that_pays(self) -> None:
        self.add(self.cream)
        self.check_out()
        self.card(NO_FUNDS)
        expect(self.page.get_by_text("insufficient funds").first).to_be_visible()
        self.look()
        self.card(SUCCEEDS)
        self.is_confirmed()
        self.assert_books_agree()

    def test_the_bank_asks_the_customer(self) -> None:
        self.add(self.cream)
        self.check_out()
        self.card(ASKS_THE_BANK)
        expect(self.page).to_have_url(re.compile("/challenge/"))
        self.look()
        self.page.get_by_role("button", name=re.compile("Approve|Confirm", re.I)).click()
        self.is_confirmed()

    def test_what_is_sold_out_meanwhile_is_said_in_the_basket(self) -> None:
        self.add(self.cream)
        Variant.objects.filter(pk=self.cream.pk).update(stock=0)
        self.visit("/basket/")

        expect(self.page.get_by_text("sold out", exact=False).first).to_be_visible()
        self.look()
        self.visit("/checkout/")
        expect(self.page).to_have_url(re.compile("/basket/"))
        self.assertFalse(Order.objects.exists())

    def test_a_reservation_that_ran_out_loses_nothing_but_the_hold(self) -> None:
        self.add(self.cream)
        self.check_out()
        Order.objects.update(reserved_until=timezone.now() - timedelta(minutes=1))
        for _ in periodic.run(timezone.now()):
            pass
        self.page.reload()

        expect(self.page.get_by_text("nothing was", exact=False).first).to_be_visible()
        self.look()
        self.assertEqual(Order.objects.get().status, OrderStatus.CANCELED)
        self.check_out()
        self.card(SUCCEEDS)
        self.is_confirmed()
        self.assert_books_agree()

    def test_a_code_takes_something_off(self) -> None:
        DiscountCode.objects.create(code="WELCOME10", percent_off=10)
        self.add(self.cream)
        self.visit("/basket/")
        self.page.get_by_text("Discount code").first.click()
        self.page.get_by_role("textbox", name=re.compile("code", re.I)).fill("welcome10")
        self.page.get_by_role("button", name="Apply").click()
        expect(self.page.get_by_text("−£2.80").first).to_be_visible()
        self.look()
        self.check_out()
        self.card(SUCCEEDS)
        order = self.is_confirmed()

        self.assertEqual((order.amount_discount, order.amount_total), (2_80, 29_15))

    def test_yen_have_no_pence(self) -> None:
        masks = self.product("Sheet Masks", 1800, "jpy")
        self.visit("/shop/")
        self.page.get_by_text("GBP").first.click()
        self.page.get_by_role("button", name=re.compile("JPY")).click()
        self.add(masks)
        self.check_out(country="JP")
        expect(self.page.get_by_role("button", name="Pay ¥2,600")).to_be_visible()
        self.card(SUCCEEDS)
        order = self.is_confirmed()

        self.assertEqual((order.currency, order.amount_total, order.amount_tax), ("jpy", 2600, 236))
        self.assert_books_agree()


class ShoppingOnAPhoneTests(ShoppingTests):
    size, scheme = NARROW, SCHEMES[1]
