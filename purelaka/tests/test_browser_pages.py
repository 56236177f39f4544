"""Every page of the staff in a browser, with a small shop's life on it. A new page is looked at by itself."""

from collections.abc import Callable, Iterator
from io import StringIO

from django.core.management import call_command
from django.db.models import F
from django.urls import reverse
from playwright.sync_api import Page

from accounts.models import Role
from accounts.tests.url_walk import Address, addresses
from catalog.models import Product, Variant
from orders.models import Order
from payments.models import Payout, StripeEvent
from purelaka.testing_browser import NARROW, SCHEMES, WIDE, BrowserTestCase

# Pages of one object are looked at with one that has something to show; others get a plain sample.
TELLING: dict[str, Callable[[], dict[str, object]]] = {
    "orders:order-detail": lambda: {"number": _refunded_order().number},
    "catalog:product-edit": lambda: {"product": Product.objects.get(slug="barrier-repair-cream").pk},
    "catalog:variant-edit": lambda: {"variant": Variant.objects.get(sku="BARRIER-50").pk},
    "payments:payout-detail": lambda: {"payout_id": Payout.objects.order_by("id").last().payout_id},  # type: ignore[union-attr]
    "payments:event-detail": lambda: {"event_id": StripeEvent.objects.order_by("id").last().event_id},  # type: ignore[union-attr]
}
ELSEWHERE = ("admin:", "account_", "mfa_", "home")  # Django's own look, and pages with tests of their own
TABLET = (768, 1024)


def _refunded_order() -> Order:
    return Order.objects.filter(amount_refunded__gt=0, amount_refunded__lt=F("amount_total")).earliest("id")


class StaffPageTests(BrowserTestCase):
    def setUp(self) -> None:
        super().setUp()
        call_command("seed_demo", orders=60, stdout=StringIO())
        call_command("build_snapshots", all=True, stdout=StringIO())
        call_command("run_checks", stdout=StringIO())

    def urls(self) -> Iterator[str]:
        """Those that answer an administrator with a page."""
        for address in addresses():
            if not address.name.startswith(ELSEWHERE):
                url = self.url_of(address)
                response = self.client.get(url)
                if response.status_code == 200 and response["Content-Type"].startswith("text/html"):
                    yield url

    def url_of(self, address: Address) -> str:
        telling = TELLING.get(address.name)
        return reverse(address.name, kwargs=telling()) if telling else address.url()

    def test_every_page_fits_and_is_accessible(self) -> None:
        windows = [self.open_page(size, scheme) for size, scheme in zip((WIDE, NARROW), SCHEMES, strict=True)]
        for page in windows:
            self.sign_in(Role.ADMIN, page)
        urls = list(self.urls())

        self.assertIn("/desk/", urls)
        for url in urls:
            for page in windows:
                with self.subTest(url=url, width=page.viewport_size):
                    self.look_at(url, page)

    def look_at(self, url: str, page: Page) -> None:
        self.visit(url, page)
        self.assert_fits(page)
        self.assert_accessible(page)
        self.assert_icons_drawn(page)
        if page.viewport_size == {"width": WIDE[0], "height": WIDE[1]}:
            page.set_viewport_size({"width": TABLET[0], "height": TABLET[1]})
            self.assert_fits(page)
            page.set_viewport_size({"width": WIDE[0], "height": WIDE[1]})
