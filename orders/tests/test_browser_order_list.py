"""Ops staff work through the list of orders in a browser: filter, keep a view, print slips, send several."""

from playwright.sync_api import Page

from orders.models import Order, SavedView
from purelaka.testing import NOON, make_order
from purelaka.testing_browser import NARROW, WIDE, BrowserTestCase, Scheme


class OrderListTests(BrowserTestCase):
    def setUp(self) -> None:
        super().setUp()
        for number in ("PL-1", "PL-2", "PL-3"):
            make_order(number=number, name=f"Customer {number}")
        Order.objects.update(status="paid", paid_at=NOON, country="Germany", address="1 Street\nBerlin")

    def test_from_the_filter_to_orders_that_are_sent(self) -> None:
        windows: list[tuple[tuple[int, int], Scheme, str]] = [
            (WIDE, "light", "Wide"),
            (NARROW, "dark", "Narrow"),
        ]
        for size, scheme, name in windows:
            page = self.open_page(size, scheme)
            self.sign_in(page=page)
            with self.subTest(size=size):
                self.visit("/orders/?view=pack&country=Germany", page)
                self.assert_whole(page)
                page.get_by_role("link", name="Save view").click()
                self.assert_whole(page)
                page.get_by_label("Name").fill(name)
                page.get_by_role("button", name="Save view").click()
                self.assertEqual(page.locator(".views [aria-current]").inner_text(), name)

                page.get_by_label("Select PL-").first.check()
                self.assertEqual(page.locator("[data-bulk-count]").inner_text(), "1 order selected")
                self.assert_whole(page)
                page.get_by_role("button", name="Mark fulfilled").click()
                page.get_by_label("Tracking number of").first.fill(f"T-{name}")
                self.assert_whole(page)
                page.get_by_role("button", name="Mark the ticked ones fulfilled").click()
                self.assert_whole(page)
                self.assertEqual(Order.objects.get(tracking_number=f"T-{name}").status, "fulfilled")
        self.assertEqual(SavedView.objects.count(), 2)

    def test_all_on_a_page_are_ticked_and_each_slip_is_one_page_without_the_frame(self) -> None:
        self.sign_in()
        self.visit("/orders/")
        self.page.get_by_label("Select all 3 on this page").check()
        self.assertEqual(self.page.locator("[data-bulk-sum]").inner_text(), "£30.00")
        self.page.get_by_role("button", name="Packing slips").click()
        self.assert_whole(self.page)

        printed = self.page.pdf(prefer_css_page_size=True)
        self.page.emulate_media(media="print")

        self.assertEqual(printed.count(b"/Type /Page\n"), 3)
        self.assertFalse(self.page.locator(".sidebar").is_visible())
        self.assertFalse(self.page.locator("h1").is_visible())
        self.assertTrue(self.page.get_by_text("1 Street").first.is_visible())

    def test_without_script_orders_are_ticked_and_sent(self) -> None:
        page = self.open_page(javascript=False)
        self.sign_in(page=page)
        self.visit("/orders/", page)
        page.get_by_label("Select PL-2").check()
        page.get_by_role("button", name="Mark fulfilled").click()
        page.get_by_role("button", name="Mark the ticked ones fulfilled").click()

        self.assertEqual(Order.objects.get(number="PL-2").status, "fulfilled")
        self.assertEqual(Order.objects.filter(status="paid").count(), 2)

    def assert_whole(self, page: Page) -> None:
        self.assert_fits(page)
        self.assert_accessible(page)
        self.assert_icons_drawn(page)
