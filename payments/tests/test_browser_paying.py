"""Paying in a browser, in mock mode: with cards that work and cards that don't, with the bank in between."""

from datetime import timedelta

from django.utils import timezone
from playwright.sync_api import Page, Route, expect

from accounts.models import Role
from orders.models import Order, OrderStatus
from payments.mock import bank
from payments.tests.paying import ASKS_THE_BANK, NO_FUNDS, SUCCEEDS
from payments.tests.posting import with_webhook_secret
from purelaka.testing import make_order
from purelaka.testing_browser import NARROW, SCHEMES, WIDE, BrowserTestCase


@with_webhook_secret()
class PayingInABrowserTests(BrowserTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.page = self.buyer(self.page)

    def buyer(self, page: Page) -> Page:
        """A customer with an unpaid order at its payment page, whose waiting page is told by the mock."""
        self.order = make_order(
            amount_total=42_00,
            user=self.sign_in(Role.CUSTOMER, page),
            at=timezone.now(),
            name="Robin Fields",
            address="14 Example Street\nBristol BS1 0AA",
        )
        page.route("**/state/*", self.tell)
        self.visit(f"/payments/pay/{self.order.number}/", page)
        return page

    def tell(self, route: Route) -> None:
        """Before the page asks again, the pretended Stripe has posted its events: from this very thread."""
        bank.deliver_due(timezone.now() + timedelta(seconds=5))
        route.continue_()

    def use(self, number: str, page: Page) -> None:
        page.wait_for_load_state()  # its script takes the click on the number
        page.get_by_role("button", name=f"Use {number}").click()
        page.get_by_label("Expiry date").fill("12 / 39")
        page.get_by_label("Security code").fill("123")
        page.get_by_role("button", name="Pay £42.00").click()

    def look_at(self, page: Page) -> None:
        self.assert_fits(page)
        self.assert_accessible(page)
        self.assert_icons_drawn(page)

    def is_paid(self) -> bool:
        return Order.objects.get(pk=self.order.pk).status == OrderStatus.PAID

    def test_a_card_is_declined_and_another_one_pays(self) -> None:
        for size, scheme in zip((WIDE, NARROW), SCHEMES, strict=True):
            with self.subTest(width=size[0]):
                page = self.buyer(self.open_page(size, scheme))
                self.look_at(page)

                self.use(NO_FUNDS, page)
                expect(page.get_by_label("Card number")).to_have_value(NO_FUNDS)
                expect(page.get_by_text("The card has insufficient funds")).to_be_visible()
                self.look_at(page)

                self.use(SUCCEEDS, page)
                expect(page.get_by_text("We are waiting for your bank")).to_be_visible()
                self.look_at(page)
                expect(page.get_by_role("heading", name="Thank you, Robin Fields")).to_be_visible()
                self.look_at(page)
                self.assertTrue(self.is_paid())

    def test_the_bank_is_asked_refuses_and_then_approves(self) -> None:
        page = self.page
        self.use(ASKS_THE_BANK, page)
        expect(page.get_by_role("heading", name="Is this payment yours?")).to_be_visible()
        self.look_at(page)
        page.get_by_role("button", name="Refuse").click()
        expect(page.get_by_text("Your bank could not confirm that it was you")).to_be_visible()

        self.use(ASKS_THE_BANK, page)
        page.get_by_role("button", name="Approve").click()
        expect(page.get_by_role("heading", name="Thank you, Robin Fields")).to_be_visible()
        self.assertTrue(self.is_paid())

        page.go_back()
        page.wait_for_load_state()
        self.visit(f"/payments/pay/{self.order.number}/challenge/", page)
        expect(page.get_by_role("heading", name="Thank you, Robin Fields")).to_be_visible()

    def test_without_javascript_one_refreshes(self) -> None:
        page = self.buyer(self.open_page(javascript=False))
        page.get_by_label("Card number").fill(SUCCEEDS)
        page.get_by_label("Expiry date").fill("12 / 39")
        page.get_by_label("Security code").fill("123")
        page.get_by_role("button", name="Pay £42.00").click()

        page.get_by_role("link", name="Refresh").click()
        expect(page.get_by_role("heading", name="Thank you, Robin Fields")).to_be_visible()

    def test_a_clock_counts_down_and_the_page_says_when_the_time_is_over(self) -> None:
        page = self.page
        expect(page.locator("[data-countdown-left]")).to_contain_text(":")
        page.clock.install(time=timezone.now())
        page.reload()
        page.clock.run_for(21 * 60 * 1000)
        expect(page.locator("[data-countdown-told]")).to_contain_text("min left to pay")

        Order.objects.filter(pk=self.order.pk).update(reserved_until=timezone.now())
        page.clock.run_for(10 * 60 * 1000)
        expect(page.get_by_role("heading", name="The time to pay is over")).to_be_visible()
        self.look_at(page)
