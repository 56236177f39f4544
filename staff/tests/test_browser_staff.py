"""Inviting somebody and joining, in a browser, wide in the light theme and on a phone in the dark."""

import re

from django.core import mail
from django.core.cache import cache
from django.urls import reverse

from accounts.models import Role
from purelaka.testing import make_user
from purelaka.testing_browser import NARROW, SCHEMES, WIDE, BrowserTestCase
from staff.tests.making import make_invitation


class StaffTests(BrowserTestCase):
    def setUp(self) -> None:
        super().setUp()
        cache.clear()

    def test_invite_open_the_link_join_and_be_on_the_list(self) -> None:
        for number, (size, scheme) in enumerate(zip((WIDE, NARROW), SCHEMES, strict=True)):
            with self.subTest(width=size[0]):
                admin, newcomer = self.open_page(size, scheme), self.open_page(size, scheme)
                self.sign_in(Role.ADMIN, admin)
                address = f"robin.{number}@example.com"
                self.visit(reverse("staff:invite"), admin)
                self.assert_fits(admin)
                self.assert_accessible(admin)
                admin.get_by_label("Email", exact=True).fill(address)
                admin.get_by_label("Analyst").check()
                admin.get_by_role("button", name="Send the invitation").click()
                admin.get_by_text(f"An invitation went to {address}").wait_for()
                self.assert_fits(admin)
                self.assert_accessible(admin)

                link = re.search(r"/staff/join/\S+", str(mail.outbox[-1].body))
                assert link
                self.visit(link[0], newcomer)
                self.assert_fits(newcomer)
                self.assert_accessible(newcomer)
                newcomer.get_by_label("Your name").fill(f"Robin {number}")
                newcomer.get_by_label("Password", exact=True).fill("tulip-basket-9")
                newcomer.get_by_label("Password again").fill("tulip-basket-9")
                newcomer.get_by_role("button", name="Accept and sign in").click()
                newcomer.wait_for_url("**/desk/")
                self.visit(link[0], newcomer)
                newcomer.get_by_text("does not work any more").wait_for()

                self.visit(reverse("staff:list"), admin)
                admin.get_by_role("link", name=f"Robin {number}").click()
                admin.get_by_role("heading", name=f"Robin {number}").wait_for()
                self.assert_fits(admin)
                self.assert_accessible(admin)
                self.assert_icons_drawn(admin)
                admin.get_by_role("link", name="Deactivate").click()
                admin.get_by_role("dialog").get_by_role("button", name="Deactivate").click()
                admin.get_by_role("link", name="Reactivate").wait_for()
                self.assert_fits(admin)
                self.assert_accessible(admin)

    def test_the_pages_for_who_can_not_join_just_so(self) -> None:
        page = self.open_page(NARROW, "dark")
        for path in (
            reverse("staff:join", args=["unknown"]),
            reverse("staff:join", args=[make_invitation().token]),
        ):
            self.visit(path, page)
            self.assert_fits(page)
            self.assert_accessible(page)
        make_user(Role.CUSTOMER)
        self.sign_in(Role.CUSTOMER, page)
        self.visit(path, page)
        page.get_by_text("This is for somebody else").wait_for()
        self.assert_fits(page)
        self.assert_accessible(page)
