"""The main path of ops in a browser: from the list to the order, fulfil it, refund a part of it."""

from datetime import timedelta

from playwright.sync_api import Page

from accounts.models import Role
from catalog.models import Variant
from orders.models import Order, OrderStatus
from payments.models import RefundRequest
from payments.stories.story import Story
from payments.tests.making import make_request
from payments.tests.posting import deliver, with_webhook_secret
from purelaka.testing import NOON, make_order
from purelaka.testing_browser import NARROW, SCHEMES, WIDE, BrowserTestCase


@with_webhook_secret()
class OrdersInABrowserTests(BrowserTestCase):
    def setUp(self) -> None:
        super().setUp()
        for number in range(1, 4):
            self.paid(f"PL-{number}", minutes=number)
        make_order(number="PL-4", at=NOON + timedelta(hours=1))

    def paid(self, number: str, *, minutes: int, quantity: int = 1, currency: str = "gbp") -> None:
        at = NOON + timedelta(minutes=minutes)
        story = Story(order_number=number, amount=40_00, at=at, currency=currency)
        make_order(
            number=number,
            amount_total=40_00,
            currency=currency,
            quantity=quantity,
            payment_intent_id=story.payment_intent_id,
            at=at,
        )
        story.is_paid()
        for event in story.events:
            deliver(self.client, event)

    def open_as(self, role: Role, path: str, page: Page | None = None) -> Page:
        page = page or self.page
        self.sign_in(role, page)
        self.visit(path, page)
        return page

    def test_ops_finds_what_to_pack_and_fulfils_it(self) -> None:
        for size in (WIDE, NARROW):
            with self.subTest(width=size[0]):
                page = self.open_as(Role.OPS, "/orders/", self.open_page(size))
                page.get_by_role("link", name="To pack").click()
                page.wait_for_url("**/orders/?view=pack")
                self.assertFalse(page.get_by_role("link", name="PL-4").is_visible())
                number = page.locator("tbody .row-link").first.inner_text()
                page.get_by_role("link", name=number).click()
                page.get_by_role("link", name="Fulfil", exact=True).click()
                page.get_by_label("Tracking number").fill("RM 0017")
                page.get_by_role("button", name="Mark it fulfilled").click()
                page.get_by_text(f"{number} is fulfilled.").wait_for()

                order = Order.objects.get(number=number)
                self.assertEqual((order.status, order.tracking_number), (OrderStatus.FULFILLED, "RM 0017"))
                self.assertTrue(page.get_by_text("marked it fulfilled").is_visible())
                self.assertFalse(page.get_by_role("link", name="Fulfil", exact=True).is_visible())

    def test_ops_refunds_a_part_and_the_page_says_what_will_happen(self) -> None:
        page = self.open_as(Role.OPS, "/orders/PL-1/#refund")
        dialog = page.get_by_role("dialog", name="Refund PL-1")
        dialog.get_by_role("button", name="All that is left").click()
        self.assertTrue(dialog.get_by_role("button", name="Refund £40.00").is_visible())

        dialog.get_by_label("Amount").fill("12.50")

        self.assertTrue(dialog.get_by_text("After this, £27.50 is left.").is_visible())
        self.assertTrue(dialog.get_by_text("goes back to Visa •••• 4242").is_visible())
        dialog.get_by_role("button", name="Refund £12.50").click()
        page.get_by_text("£12.50 of PL-1 goes back to the customer.").wait_for()
        self.assertEqual(Order.objects.get(number="PL-1").amount_refunded, 12_50)
        self.assertTrue(page.get_by_role("link", name="Refund up to £27.50").is_visible())

    def test_yen_are_written_by_the_browser_as_by_the_server(self) -> None:
        self.paid("PL-9", minutes=9, currency="jpy")
        page = self.open_as(Role.OPS, "/orders/PL-9/refund/")
        page.get_by_role("button", name="All that is left").click()

        self.assertTrue(page.get_by_role("button", name="Refund ¥4,000").is_visible())

    def test_ops_refunds_pieces_and_puts_them_back_to_stock(self) -> None:
        for number, size in (("PL-5", WIDE), ("PL-6", NARROW)):
            with self.subTest(width=size[0]):
                self.paid(number, minutes=9, quantity=4)
                variant = Variant.objects.get(pk=Order.objects.get(number=number).items.get().variant_id)
                page = self.open_as(Role.OPS, f"/orders/{number}/", self.open_page(size))
                page.get_by_role("link", name="Refund", exact=True).click()
                is_page = size == NARROW
                form = page.locator("main form" if is_page else "dialog#refund form")
                form.get_by_label(f"Refund of {variant.product.name}").select_option("3")
                form.get_by_label("Back to stock").check()

                self.assertEqual(form.get_by_label("Amount").input_value(), "30.00")
                self.assertEqual(form.locator("[data-refund-after]").inner_text(), "£10.00")
                self.assert_fits(page)
                self.assert_accessible(page)
                form.get_by_role("button", name="Refund £30.00").click()
                page.get_by_text(f"£30.00 of {number} goes back to the customer.").wait_for()

                before = variant.stock
                variant.refresh_from_db()
                self.assertEqual(variant.stock, before + 3)
                self.assertTrue(page.get_by_text("back to stock").first.is_visible())
                self.assert_fits(page)

    def test_a_phone_has_a_page_for_the_refund_and_a_desk_a_dialog(self) -> None:
        for size, path in ((NARROW, "/orders/PL-1/refund/"), (WIDE, "/orders/PL-1/#refund")):
            page = self.open_as(Role.OPS, "/orders/PL-1/", self.open_page(size))
            page.get_by_role("link", name="Refund", exact=True).click()
            page.wait_for_url(f"**{path}")

    def test_too_much_is_said_on_the_refunds_page_beside_the_field(self) -> None:
        page = self.open_as(Role.OPS, "/orders/PL-1/#refund")
        page.get_by_label("Amount").fill("40.01")
        page.get_by_role("button", name="Refund", exact=True).click()
        page.get_by_text("Between £0.01 and £40.00 can be refunded on PL-1.").wait_for()

        self.assertEqual(page.get_by_label("Amount").input_value(), "40.01")
        self.assertFalse(RefundRequest.objects.exists())
        self.assert_accessible(page)
        self.problems.clear()  # the browser notes that the answer was a 422

    def test_a_refund_that_failed_and_one_to_approve_are_seen_to(self) -> None:
        story = Story(order_number="PL-7", amount=40_00, at=NOON)
        make_order(number="PL-7", amount_total=40_00, payment_intent_id=story.payment_intent_id)
        story.is_paid()
        refund = story.is_refunded(5_00)
        story.refund_fails(refund)
        for event in story.events:
            deliver(self.client, event)
        make_request()
        for size in (WIDE, NARROW):
            for scheme in SCHEMES:
                page = self.open_page(size, scheme)
                self.sign_in(Role.OPS, page)
                paths = ("/payments/refunds/", f"/payments/refunds/{refund['id']}/", "/orders/PL-7/")
                for path in (*paths, "/orders/PL-7/refund/"):
                    with self.subTest(width=size[0], scheme=scheme, path=path):
                        self.visit(path, page)
                        self.assert_fits(page)
                        self.assert_accessible(page)
                        self.assert_icons_drawn(page)
        self.visit(paths[1], page)
        page.get_by_label("Reference").fill("BACS 4711")
        page.get_by_role("button", name="Write it down").click()
        page.get_by_text("went to the customer as BACS 4711").first.wait_for()

    def test_a_double_click_refunds_once(self) -> None:
        page = self.open_as(Role.OPS, "/orders/PL-1/#refund")
        page.get_by_label("Amount").fill("5")
        page.get_by_role("button", name="Refund £5.00").dblclick()
        page.get_by_text("£5.00 of PL-1 goes back").first.wait_for()

        self.assertEqual(RefundRequest.objects.get().amount, 5_00)

    def test_an_analyst_sees_no_actions(self) -> None:
        page = self.open_as(Role.ANALYST, "/orders/PL-1/")

        self.assertTrue(page.get_by_text("Paid £40.00 with Visa").is_visible())
        self.assertEqual(page.locator("main button:not(.copy), dialog").count(), 0)
        self.assertFalse(page.get_by_role("heading", name="What you can do").is_visible())

    def test_it_all_works_without_script(self) -> None:
        page = self.open_as(Role.OPS, "/orders/?q=pl-2", self.open_page(javascript=False))
        page.get_by_role("link", name="PL-2", exact=True).click()
        page.get_by_role("link", name="Fulfil", exact=True).click()
        page.get_by_label("Tracking number").fill("RM 2")
        page.get_by_role("button", name="Mark it fulfilled").click()
        self.assertTrue(page.get_by_text("PL-2 is fulfilled.").is_visible())

        page.get_by_role("link", name="Refund", exact=True).click()
        page.get_by_label("Amount").fill("50")
        page.get_by_role("button", name="Refund", exact=True).click()

        self.assertTrue(page.get_by_text("Between £0.01 and £40.00 can be refunded").is_visible())
        page.get_by_label("Amount").fill("1")
        page.get_by_role("button", name="Refund", exact=True).click()
        self.assertTrue(page.get_by_text("£1.00 of PL-2 goes back").is_visible())
        self.problems.clear()  # the browser notes that an answer was a 422

    def test_the_list_is_narrowed_without_a_reload(self) -> None:
        page = self.open_as(Role.OPS, "/orders/")
        page.evaluate("window.sameDocument = true")
        page.get_by_label("Status", exact=True).select_option("pending")
        page.wait_for_url("**/orders/?status=pending")
        self.assertEqual(page.locator("tbody .row-link").all_inner_texts(), ["PL-4"])

        page.get_by_text("More filters").click()
        page.get_by_label("Placed until").fill("2026-06-14")
        page.get_by_role("button", name="Apply").click()
        page.get_by_text("No order matches").wait_for()
        page.get_by_role("link", name="Remove filter: Placed until 14 Jun 2026").click()
        page.get_by_role("link", name="PL-4").wait_for()

        self.assertTrue(page.evaluate("window.sameDocument"))
        page.get_by_label("Search", exact=True).fill("pi_3QvQtBD7GDvu4J")
        page.keyboard.press("Enter")
        page.get_by_text("Stripe has told us nothing of pi_3QvQtBD7GDvu4J.").wait_for()

    def test_a_jump_leads_to_the_order(self) -> None:
        page = self.open_as(Role.OPS, "/payments/")
        page.keyboard.press("/")
        page.keyboard.type("pl-3")
        page.keyboard.press("Enter")

        page.wait_for_url("**/orders/PL-3/")

    def test_dialogs_and_filters_fit_and_are_accessible_in_both_themes(self) -> None:
        for size in (WIDE, NARROW):
            for scheme in SCHEMES:
                page = self.open_page(size, scheme)
                self.sign_in(Role.OPS, page)
                for path in (
                    "/orders/PL-1/#refund",
                    "/orders/PL-1/#fulfil",
                    "/orders/PL-4/#cancel",
                    "/orders/PL-1/#note",
                ):
                    with self.subTest(width=size[0], scheme=scheme, path=path):
                        self.visit("/orders/", page)
                        self.visit(path, page)
                        self.assertTrue(page.locator("dialog:modal").is_visible())
                        self.assert_fits(page)
                        self.assert_accessible(page)
                with self.subTest(width=size[0], scheme=scheme, path="filters"):
                    self.visit("/orders/?status=paid&refund=bogus", page)
                    page.get_by_text("More filters").click()
                    self.assert_fits(page)
                    self.assert_accessible(page)
