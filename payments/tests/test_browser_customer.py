"""A customer's orders in a browser: they fit, shut nobody out, and the receipt prints on one page."""

import re
from datetime import timedelta

from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page

from accounts.models import Role, User
from orders.models import DiscountCode, Order, OrderStatus
from orders.placing import Line, Terms, place_order
from orders.pricing import Tax
from purelaka.testing import make_address, make_order, make_variant
from purelaka.testing_browser import NARROW, SCHEMES, WIDE, BrowserTestCase

PAGE_OF_PDF = re.compile(rb"/Type\s*/Page\b(?!s)")


class CustomerPagesTests(BrowserTestCase):
    def paid_order(self, user: User) -> Order:
        """Eight lines with a long name, a discount, delivery and VAT."""
        lines = [Line(make_variant(unit_amount=28_00), 2) for _ in range(8)]
        code, _ = DiscountCode.objects.get_or_create(code="SPRING", percent_off=10)
        terms = Terms("Standard", 3_95, Tax(20_00, name="VAT"), code)
        order = place_order(
            lines,
            email=user.email,
            user=user,
            name="Robin Doe",
            address="14 Example Street\nBristol BS1 0AA\nUnited Kingdom",
            terms=terms,
        )
        now = timezone.now()
        Order.objects.filter(pk=order.pk).update(
            status=OrderStatus.FULFILLED, paid_at=now, fulfilled_at=now, tracking_number="RM 0017 8500 4GB"
        )
        return order

    def look_at(self, path: str, page: Page) -> None:
        self.assertEqual(self.visit(path, page).status, 200)
        self.assert_fits(page)
        self.assert_accessible(page)
        self.assert_icons_drawn(page)

    def test_orders_order_receipt_and_addresses(self) -> None:
        for size, scheme in zip((WIDE, NARROW), SCHEMES, strict=True):
            page = self.open_page(size, scheme)
            user = self.sign_in(Role.CUSTOMER, page)
            order = self.paid_order(user)
            unpaid = make_order(user=user, at=timezone.now())
            make_address(user, is_default=True)
            address = make_address(user)
            for path in (
                reverse("orders:my-orders"),
                reverse("orders:my-order", args=[order.number]),
                reverse("orders:my-order", args=[unpaid.number]),
                reverse("orders:receipt", args=[order.number]),
                reverse("accounts:addresses"),
                reverse("accounts:address-edit", args=[address.pk]),
                reverse("orders:find"),
            ):
                with self.subTest(path=path, width=size[0], scheme=scheme):
                    self.look_at(path, page)

    def test_staff_see_their_own_orders_in_their_frame(self) -> None:
        order = self.paid_order(self.sign_in(Role.OPS))

        for name in ("my-order", "receipt"):
            self.look_at(reverse(f"orders:{name}", args=[order.number]), self.page)

    def test_the_receipt_prints_on_one_page_without_the_frame(self) -> None:
        for role in (Role.CUSTOMER, Role.OPS):
            page = self.open_page(WIDE, "dark")
            order = self.paid_order(self.sign_in(role, page))
            self.visit(reverse("orders:receipt", args=[order.number]), page)
            self.assertTrue(page.get_by_role("button", name="Print or save as PDF").is_visible())

            page.emulate_media(media="print")

            with self.subTest(role=role):
                for part in ("header.shopbar, .sidebar", ".foot", ".page-head"):
                    self.assertFalse(page.locator(part).first.is_visible(), part)
                self.assertTrue(page.locator(".receipt").is_visible())
                background = page.evaluate("getComputedStyle(document.body).backgroundColor")
                self.assertEqual(background, "rgb(255, 255, 255)")
                pdf = page.pdf(prefer_css_page_size=True, print_background=True)
                self.assertEqual(len(PAGE_OF_PDF.findall(pdf)), 1)

    def test_a_customer_goes_from_the_list_to_the_receipt_and_buys_again(self) -> None:
        user = self.sign_in(Role.CUSTOMER)
        order = self.paid_order(user)
        page = self.page

        self.visit(reverse("orders:my-orders"))
        page.get_by_role("link", name=order.number).click()
        self.assertIn("Tracking number RM 0017 8500 4GB", page.locator("main").inner_text())
        page.get_by_role("link", name="Receipt").click()
        self.assertIn("Total paid", page.locator("main").inner_text())
        page.go_back()
        page.get_by_role("button", name="Buy again").click()
        page.wait_for_url("**/basket/")
        self.assertIn("8 products are in your basket", page.get_by_role("status").first.inner_text())

    def test_it_works_without_script(self) -> None:
        page = self.open_page(javascript=False)
        order = self.paid_order(self.sign_in(Role.CUSTOMER, page))
        Order.objects.filter(pk=order.pk).update(created_at=timezone.now() - timedelta(days=1))

        self.visit(reverse("orders:receipt", args=[order.number]), page)
        self.assertIn("Print it with your browser.", page.locator("main").inner_text())
        self.visit(reverse("accounts:address-add"), page)
        page.get_by_label("Full name").fill("Robin Doe")
        page.get_by_label("Address", exact=True).fill("14 Example Street")
        page.get_by_label("Town or city").fill("Bristol")
        page.get_by_label("Postcode").fill("BS1 0AA")
        page.get_by_label("Country").select_option("GB")
        page.get_by_role("button", name="Save").click()

        self.assertIn("14 Example Street", page.locator(".address-list").inner_text())
