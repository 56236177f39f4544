"""Paying in a real browser in Stripe mode: localstripe's Stripe.js with a Payment Element put over it."""

import json
import re
from importlib.resources import files
from pathlib import Path

from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, Route, expect

from accounts.models import Role
from orders.models import Order, OrderStatus
from payments import declines, intents
from payments.gateway import StripeGateway
from payments.models import Payment
from payments.tests.stripe_mode import ASKS_THE_BANK, IS_DECLINED, SUCCEEDS, WithLocalStripe, place
from payments.tests.telling import net
from purelaka.testing_browser import NARROW, SCHEMES, WIDE, BrowserTestCase

PAYMENT_ELEMENT = Path(__file__).parent / "payment_element.js"


class StripeModeTests(WithLocalStripe, BrowserTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.confirmed = 0
        self.order = place(user=self.sign_in(Role.CUSTOMER))
        self.prepare(self.page)

    def prepare(self, page: Page) -> None:
        """Play Stripe's part in the browser: its script, and the confirmation it takes from there."""
        page.route(self.stripe.js_url, self.give_script)
        page.route(f"{self.stripe.address}/v1/payment_intents/*/confirm", self.confirm)

    def give_script(self, route: Route) -> None:
        own = files("localstripe").joinpath("localstripe-v3.js").read_text(encoding="utf-8")
        body = f"{own}\n{PAYMENT_ELEMENT.read_text(encoding='utf-8')}"
        route.fulfill(content_type="application/javascript", body=body)

    def confirm(self, route: Route) -> None:
        """What Stripe does with a publishable key, and localstripe only with a secret one."""
        asked = json.loads(route.request.post_data or "{}")
        self.assertTrue(asked["key"].startswith("pk_test_"))
        payment_intent_id, _, _ = asked["client_secret"].partition("_secret_")
        self.assertIn(f"/{payment_intent_id}/", route.request.url)
        self.confirmed += 1
        intent = StripeGateway().payment_intent(payment_intent_id)
        if intent["status"] in ("succeeded", "canceled"):
            answer = {"error": {"code": "payment_intent_unexpected_state", "payment_intent": intent}}
        else:
            answer = self.stripe.pay(payment_intent_id, **asked["payment_method_data"]["card"])
        route.fulfill(json=answer, headers={"Access-Control-Allow-Origin": "*"})

    def open(self, page: Page | None = None) -> Page:
        """The payment page, ready to be typed into; the order is as it is with its intent."""
        page = page or self.page
        self.visit(reverse("payments:pay", args=[self.order.number]), page)
        expect(page.get_by_role("button", name="Pay £42.00")).to_be_enabled()
        self.order.refresh_from_db()
        return page

    def write(self, number: str) -> None:
        card = {"number": number, "exp_month": "12", "exp_year": "40", "cvc": "123"}
        for field, text in card.items():
            self.page.get_by_placeholder(field, exact=True).fill(text)

    def pay(self, number: str) -> None:
        self.write(number)
        self.page.get_by_role("button", name="Pay £42.00").click()

    def answer_bank(self, button: str) -> None:
        self.page.get_by_role("button", name=button).click()

    def assert_paid(self) -> None:
        expect(self.page).to_have_url(re.compile("/return/"))
        expect(self.page.get_by_role("heading", level=1)).to_contain_text("Thank you")
        self.order.refresh_from_db()
        self.assertEqual(self.order.status, OrderStatus.PAID)
        self.assertEqual(net("sale"), 42_00)

    def assert_refused(self, words: str) -> None:
        """The page says why, nothing was taken, and the button is there for the next try."""
        expect(self.page.get_by_role("alert")).to_contain_text(words)
        expect(self.page.get_by_role("button", name="Pay £42.00")).to_be_enabled()
        self.assertEqual(net("sale"), 0)

    def test_a_card_pays(self) -> None:
        self.open()
        self.pay(SUCCEEDS)

        self.assert_paid()

    def test_a_declined_card_and_then_another_one_on_the_same_intent(self) -> None:
        self.open()
        intent = self.order.payment_intent_id
        self.pay(IS_DECLINED)
        self.assert_refused(declines.DECLINED)

        self.pay(SUCCEEDS)
        self.assert_paid()
        self.assertEqual(self.order.payment_intent_id, intent)
        self.assertEqual(Payment.objects.get().payment_intent_id, intent)

    def test_why_the_card_was_declined_is_still_told_on_coming_back_to_the_page(self) -> None:
        self.open()
        self.pay(IS_DECLINED)
        self.assert_refused(declines.DECLINED)

        self.open()
        self.assert_refused(declines.DECLINED)

    def test_the_bank_asks_the_customer(self) -> None:
        self.open()
        self.pay(ASKS_THE_BANK)
        self.answer_bank("Complete authentication")

        self.assert_paid()

    def test_the_customer_does_not_confirm_and_pays_with_another_card(self) -> None:
        self.open()
        self.pay(ASKS_THE_BANK)
        self.answer_bank("Fail authentication")
        self.assert_refused("could not confirm that it was you")

        self.pay(SUCCEEDS)
        self.assert_paid()

    def test_two_clicks_pay_once(self) -> None:
        self.open()
        self.write(SUCCEEDS)
        self.page.get_by_role("button", name="Pay £42.00").dblclick()

        self.assert_paid()
        self.assertEqual(self.confirmed, 1)

    def test_one_who_has_paid_in_another_tab_is_led_to_the_order(self) -> None:
        self.open()
        self.stripe.pay(str(self.order.payment_intent_id), SUCCEEDS)
        self.pay(SUCCEEDS)

        self.assert_paid()

    def test_one_who_comes_too_late_is_told_so(self) -> None:
        self.open()
        intents.give_up(self.order)
        Order.objects.update(reserved_until=timezone.now())
        self.pay(SUCCEEDS)

        expect(self.page.get_by_role("heading", level=1)).to_contain_text("time to pay is over")

    def test_stripe_is_told_the_colours_of_the_theme(self) -> None:
        self.open()
        self.assertEqual(self.told("theme"), "stripe")
        self.assertEqual(self.told("variables.colorBackground"), "#ffffff")
        self.assertEqual(self.told("variables.colorPrimary"), "#0b6276")

        self.page.get_by_role("button", name="Switch between light and dark").click()
        self.assertEqual(self.told("theme"), "night")
        self.assertEqual(self.told("variables.colorBackground"), "#161b1f")

    def told(self, path: str) -> object:
        return self.page.evaluate(f"window.mountedElements.appearance.{path}")

    def test_stripe_is_told_what_is_known_of_the_customer(self) -> None:
        Order.objects.update(name="Robin Hood", country="GB")
        self.open()
        known = self.page.evaluate("window.mountedElements.options.defaultValues.billingDetails")

        self.assertEqual(
            known, {"name": "Robin Hood", "email": "buyer@example.com", "address": {"country": "GB"}}
        )

    def test_the_page_fits_and_is_accessible(self) -> None:
        for size in (WIDE, NARROW):
            for scheme in SCHEMES:
                with self.subTest(size=size, scheme=scheme):
                    page = self.open_page(size, scheme)
                    self.order = place(user=self.sign_in(Role.CUSTOMER, page))
                    self.prepare(page)
                    self.open(page)

                    self.assert_fits(page)
                    self.assert_accessible(page)
                    self.assert_icons_drawn(page)

    def test_a_script_that_does_not_come_is_told_of(self) -> None:
        self.page.unroute(self.stripe.js_url)
        self.page.route(self.stripe.js_url, lambda route: route.fulfill(body=""))
        self.visit(reverse("payments:pay", args=[self.order.number]))

        expect(self.page.get_by_role("alert")).to_contain_text("could not be loaded")
        expect(self.page.get_by_role("button", name="Pay £42.00")).to_be_disabled()

    def test_without_javascript_the_page_says_what_it_needs(self) -> None:
        page = self.open_page(javascript=False)
        self.order = place(user=self.sign_in(Role.CUSTOMER, page))
        self.visit(reverse("payments:pay", args=[self.order.number]), page)

        expect(page.get_by_text("Paying needs JavaScript")).to_be_visible()
        expect(page.get_by_role("button", name="Pay £42.00")).to_be_hidden()
