"""Disputes, and paid orders that can't be sent, in a real browser: what ops do with them."""

import io
import zipfile

from django.utils import timezone
from playwright.sync_api import expect

from accounts.models import Role
from catalog.models import Variant
from orders.models import Flag, Order
from orders.placing import Line, place_order
from payments.models import Dispute, Refund
from payments.projection import Cause, retry_allocation
from payments.stories.story import Story
from payments.tests.posting import deliver, with_webhook_secret
from purelaka.testing import NOON, make_variant
from purelaka.testing_browser import NARROW, SCHEMES, WIDE, BrowserTestCase


@with_webhook_secret()
class DeskCase(BrowserTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.cream = make_variant(stock=0, preorder=True, unit_amount=10_00)
        self.balm = make_variant(stock=5, unit_amount=10_00)

    def pays(self, number: str, variant: Variant) -> Story:
        story = Story(order_number=number, amount=10_00, at=NOON)
        intent = story.payment_intent_id
        place_order(
            [Line(variant, 1)], email="a@example.com", number=number, payment_intent_id=intent, at=NOON
        )
        story.is_paid()
        self.tell(story)
        return story

    def tell(self, story: Story) -> None:
        for event in story.events:
            deliver(self.client, event)

    def sold_out(self, *numbers: str) -> None:
        for number in numbers:
            self.pays(number, self.cream)
        Variant.objects.filter(pk=self.cream.pk).update(preorder=False)
        retry_allocation(Cause(at=timezone.now()))
        self.assertEqual(Order.objects.filter(flag=Flag.OUT_OF_STOCK).count(), len(numbers))


class StuckInBrowserTests(DeskCase):
    def test_one_is_refunded_one_waits_and_one_is_sent_something_else(self) -> None:
        self.sold_out("PL-1", "PL-2", "PL-3")
        self.sign_in(Role.OPS)
        self.visit("/payments/stuck/")

        for number, link, button, said in [
            ("PL-1", "Refund", "Refund £10.00", "£10.00 of PL-1 goes back"),
            ("PL-2", "Let it wait", "Let it wait", "PL-2 waits for its goods"),
            ("PL-3", "Send something else", "Send this", "PL-3 is sent with the goods you chose"),
        ]:
            self.page.locator("li", has_text=number).get_by_role("link", name=link, exact=True).click()
            dialog = self.page.get_by_role("dialog")
            expect(dialog).to_be_visible()
            self.assert_accessible()
            dialog.get_by_role("button", name=button, exact=True).click()
            expect(self.page.locator("[data-notices]")).to_contain_text(said)

        expect(self.page.get_by_text("Nothing waits here")).to_be_visible()
        self.assertEqual(Refund.objects.get().amount, 10_00)
        self.assertFalse(Order.objects.exclude(flag=Flag.NONE).exists())

    def test_without_script_it_is_decided_too(self) -> None:
        self.sold_out("PL-1")
        page = self.open_page(javascript=False)
        self.sign_in(Role.OPS, page)
        self.visit("/payments/stuck/", page)

        page.get_by_role("link", name="Let it wait").click()
        page.get_by_role("button", name="Let it wait").click()

        expect(page.get_by_text("PL-1 waits for its goods")).to_be_visible()

    def test_it_fits_and_shuts_nobody_out(self) -> None:
        self.sold_out("PL-1")
        for size in (WIDE, NARROW):
            for scheme in SCHEMES:
                page = self.open_page(size, scheme)
                self.sign_in(Role.OPS, page)
                self.visit("/payments/stuck/", page)
                self.assert_fits(page)
                self.assert_icons_drawn(page)
                self.assert_accessible(page)


class DisputesInBrowserTests(DeskCase):
    def disputed(self) -> str:
        story = self.pays("PL-1", self.balm)
        dispute = story.is_disputed("product_not_received")
        self.tell(story)
        return str(dispute["id"])

    def test_from_the_queue_to_the_dispute_and_its_pack(self) -> None:
        dispute_id = self.disputed()
        self.sign_in(Role.OPS)
        self.visit("/payments/disputes/")

        self.page.get_by_role("link", name="PL-1").click()
        expect(self.page.get_by_role("heading", name="Dispute over £10.00")).to_be_visible()
        with self.page.expect_download() as download:
            self.page.get_by_role("link", name="Evidence pack").click()

        self.assertEqual(download.value.suggested_filename, f"dispute-{dispute_id}.zip")
        archive = zipfile.ZipFile(io.BytesIO(download.value.path().read_bytes()))
        self.assertIn("PL-1", archive.read("evidence.html").decode())

    def test_they_fit_and_shut_nobody_out(self) -> None:
        dispute_id = self.disputed()
        Dispute.objects.create(
            dispute_id="du_won",
            charge_id="ch_won",
            amount=5_00,
            currency="gbp",
            status="won",
            reason="fraudulent",
            created=timezone.now(),
            as_of=timezone.now(),
        )
        for size in (WIDE, NARROW):
            for scheme in SCHEMES:
                page = self.open_page(size, scheme)
                self.sign_in(Role.OPS, page)
                for path in ("/payments/disputes/", f"/payments/disputes/{dispute_id}/", "/orders/PL-1/"):
                    self.visit(path, page)
                    self.assert_fits(page)
                    self.assert_icons_drawn(page)
                    self.assert_accessible(page)
