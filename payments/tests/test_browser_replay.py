"""Replay in a browser: tick events, see the dry run, replay; with script and without, wide and narrow."""

from unittest.mock import patch

from django.urls import reverse
from playwright.sync_api import expect

from accounts.models import Role
from payments import handlers, inbox
from payments.models import StripeEvent
from payments.stories import delivery
from payments.tests.posting import quiet
from payments.tests.telling import order_of, paid_story
from purelaka.testing_browser import NARROW, SCHEMES, WIDE, BrowserTestCase


def broken(*what: object) -> str:
    raise ZeroDivisionError("on purpose")


class ReplayBrowserTests(BrowserTestCase):
    def setUp(self) -> None:
        super().setUp()
        story = paid_story()
        order_of(story)
        with patch.dict(handlers.HANDLER_OF_OBJECT, payment_intent=broken), quiet("payments.inbox"):
            for event in story.events[:3]:
                inbox.receive(delivery.body(event).decode())

    def test_ticked_events_are_rehearsed_and_replayed(self) -> None:
        for size, scheme, javascript in (
            (WIDE, SCHEMES[0], True),
            (NARROW, SCHEMES[1], True),
            (NARROW, SCHEMES[0], False),
        ):
            with self.subTest(size=size, javascript=javascript):
                page = self.open_page(size, scheme, javascript=javascript)
                self.sign_in(Role.OPS, page)
                self.visit(reverse("payments:event-list"), page)
                page.locator("tbody input[type=checkbox]").first.check()
                if javascript:
                    expect(page.locator("#bulk")).to_contain_text("1 event selected")
                    self.assert_fits(page)
                    self.assert_accessible(page)
                page.click("#bulk button")
                expect(page.locator("main")).to_contain_text("Nothing was written")
                if javascript:
                    self.assert_fits(page)
                    self.assert_accessible(page)
                page.click("main .btn-primary")
                expect(page.locator("h1")).to_contain_text("Replay of 1 event")
                if javascript:
                    self.assert_fits(page)
                    self.assert_accessible(page)
        self.assertEqual(StripeEvent.objects.order_by("-created", "-pk")[0].attempts, 4)

    def test_delivery_and_the_audit_log(self) -> None:
        for size, scheme in ((WIDE, SCHEMES[0]), (NARROW, SCHEMES[1])):
            page = self.open_page(size, scheme)
            self.sign_in(Role.ADMIN, page)
            for address in ("payments:event-delivery", "audit:log"):
                with self.subTest(address=address, size=size):
                    self.visit(reverse(address), page)
                    self.assert_fits(page)
                    self.assert_accessible(page)
                    self.assert_icons_drawn(page)
