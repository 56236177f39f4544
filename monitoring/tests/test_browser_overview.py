"""The overview in a browser: what waits, what changed, and marking it as seen; wide and narrow."""

from datetime import timedelta

from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from accounts.models import Role
from monitoring import since
from monitoring.tests.making import make_issue
from monitoring.tests.test_overview import apply, told_order
from purelaka.testing_browser import NARROW, SCHEMES, WIDE, BrowserTestCase


class OverviewBrowserTests(BrowserTestCase):
    def test_what_changed_is_read_and_marked_as_seen(self) -> None:
        now = timezone.now()
        story = told_order("PL-1", at=now - timedelta(days=3))
        story.refund_fails(story.is_refunded(5_00))
        story.is_disputed(amount=7_00)
        apply(story.told)
        apply(told_order("PL-2", at=now - timedelta(hours=1)).told)
        make_issue()
        for size, scheme, role in ((WIDE, SCHEMES[0], Role.OPS), (NARROW, SCHEMES[1], Role.ANALYST)):
            with self.subTest(size=size):
                page = self.open_page(size, scheme)
                since.mark(self.sign_in(role, page), now - timedelta(days=4), now)
                self.visit(reverse("monitoring:overview"), page)
                expect(page.get_by_role("link", name="2 orders paid")).to_be_visible()
                self.assert_fits(page)
                self.assert_accessible(page)
                self.assert_icons_drawn(page)
                page.get_by_role("link", name="2 orders paid").click()
                expect(page.locator(".chip")).to_contain_text("Payment known since")
                expect(page.locator("tbody tr")).to_have_count(2)
                self.assert_fits(page)
                page.go_back()
                page.get_by_role("button", name="Mark as seen").click()
                expect(page.locator("#since")).to_contain_text("Nothing has changed.")
