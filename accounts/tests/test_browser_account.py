"""Signing in and one's own account, in a browser, at both widths and in both themes."""

import base64
import hmac
import struct
import time

from django.core.cache import cache
from django.test import override_settings
from django.urls import reverse
from playwright.sync_api import Page

from accounts.models import Role
from purelaka.testing import make_user
from purelaka.testing_browser import NARROW, SCHEMES, WIDE, BrowserTestCase

ANONYMOUS_PAGES = [
    "account_login",
    "account_signup",
    "account_reset_password",
    "account_reset_password_done",
    "account_reset_password_from_key_done",
    "account_email_verification_sent",
    "account_inactive",
]
OWN_PAGES = [
    "account_email",
    "account_change_password",
    "account_logout",
    "account_reauthenticate",
    "mfa_index",
    "mfa_list_webauthn",
    "accounts:addresses",
    "orders:my-orders",
]


class LookTests(BrowserTestCase):
    def setUp(self) -> None:
        super().setUp()
        cache.clear()  # login tries are counted there

    def look_at(self, name: str, page: Page) -> None:
        self.visit(reverse(name), page)
        self.assertIn(reverse(name), page.url)
        self.assert_fits(page)
        self.assert_accessible(page)

    def test_pages_for_those_outside(self) -> None:
        for size in (WIDE, NARROW):
            for scheme in SCHEMES:
                page = self.open_page(size, scheme)
                for name in ANONYMOUS_PAGES:
                    with self.subTest(page=name, width=size[0], scheme=scheme):
                        self.look_at(name, page)

    def test_pages_of_one_s_own_account(self) -> None:
        looks = zip((WIDE, NARROW), SCHEMES, (Role.OPS, Role.CUSTOMER), strict=True)
        for size, scheme, role in looks:
            page = self.open_page(size, scheme)
            self.sign_in(role, page)
            for name in OWN_PAGES:
                with self.subTest(page=name, width=size[0], scheme=scheme):
                    self.look_at(name, page)


class SigningInTests(BrowserTestCase):
    def setUp(self) -> None:
        super().setUp()
        cache.clear()
        make_user(Role.CUSTOMER, "casey@example.com")

    def fill_in(self, page: Page, password: str) -> None:
        page.get_by_label("Email").fill("casey@example.com")
        page.get_by_label("Password").fill(password)
        page.get_by_role("button", name="Sign in", exact=True).click()

    def test_a_wrong_password_then_the_right_one_then_out(self) -> None:
        for size in (WIDE, NARROW):
            page = self.open_page(size)
            self.visit("/accounts/login/", page)

            self.fill_in(page, "guess")
            self.assertIn("do not match", page.get_by_role("alert").inner_text())
            self.assertEqual(page.get_by_label("Email").input_value(), "casey@example.com")
            self.assert_accessible(page)
            self.fill_in(page, "secret")
            page.wait_for_url("**/shop/")

            page.locator("summary", has_text="Your account").click()
            page.get_by_role("button", name="Sign out").click()
            page.wait_for_url("**/accounts/login/")
            self.assertIn("You have signed out.", page.get_by_role("status").inner_text())

    def test_it_works_without_script(self) -> None:
        page = self.open_page(javascript=False)
        self.visit("/accounts/login/", page)

        self.fill_in(page, "secret")

        self.assertIn("/shop/", page.url)

    def test_the_keyboard_alone_is_enough(self) -> None:
        self.visit("/accounts/login/")
        self.page.keyboard.press("Tab")
        self.assertEqual(self.page.evaluate("document.activeElement.textContent"), "Skip to content")

        self.page.get_by_label("Email").focus()
        self.page.keyboard.type("casey@example.com")
        self.page.keyboard.press("Tab")  # to "Forgotten it?"
        self.page.keyboard.press("Tab")
        self.page.keyboard.type("secret")
        self.page.keyboard.press("Enter")

        self.page.wait_for_url("**/shop/")


@override_settings(MFA_TOTP_TOLERANCE=1)  # the code may change while it is typed
class SecondFactorTests(BrowserTestCase):
    def setUp(self) -> None:
        super().setUp()
        cache.clear()

    def test_turning_it_on_signing_in_with_it_and_turning_it_off(self) -> None:
        user = self.sign_in(Role.OPS)
        page = self.page
        self.visit(reverse("mfa_index"))
        page.get_by_role("link", name="Turn it on").click()
        page.get_by_label("Password").fill("secret")
        page.get_by_role("button", name="Go on").click()
        self.assert_accessible()
        secret = page.locator("code").inner_text()
        page.get_by_label("Authenticator code").fill(code_now(secret))
        page.get_by_role("button", name="Turn it on").click()
        self.assertEqual(page.locator(".codes li").count(), 10)
        self.assert_accessible()

        stranger = self.open_page(NARROW)
        self.visit("/accounts/login/", stranger)
        stranger.get_by_label("Email").fill(user.email)
        stranger.get_by_label("Password").fill("secret")
        stranger.get_by_role("button", name="Sign in", exact=True).click()
        self.assertEqual(stranger.locator("h1").inner_text(), "Second step")
        self.assert_accessible(stranger)
        stranger.get_by_label("Code").fill(page.locator(".codes li").first.inner_text())
        stranger.get_by_role("button", name="Sign in", exact=True).click()
        stranger.wait_for_url("**/desk/")

        self.visit(reverse("mfa_index"))
        self.assertIn("9 codes left", page.locator("main").inner_text())
        self.assert_accessible()
        page.get_by_role("link", name="Turn it off").click()
        page.get_by_role("button", name="Turn it off").click()
        self.assertEqual(page.locator(".state").first.inner_text(), "Off")


def code_now(secret: str) -> str:
    """What an authenticator app shows (RFC 6238)."""
    counter = struct.pack(">Q", int(time.time()) // 30)
    digest = hmac.digest(base64.b32decode(secret), counter, "sha1")
    (number,) = struct.unpack_from(">I", digest, digest[-1] & 15)
    return f"{(number & 0x7FFFFFFF) % 1_000_000:06}"
