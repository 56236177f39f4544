"""Passkeys in a browser, whose own authenticator is a pretended one."""

import logging
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.core.cache import cache
from django.urls import reverse
from playwright.sync_api import CDPSession, Page

from accounts.models import Role, User
from purelaka.testing_browser import NARROW, BrowserTestCase

PASSKEYS = reverse("mfa_list_webauthn")


class PasskeyTests(BrowserTestCase):
    def setUp(self) -> None:
        super().setUp()
        cache.clear()  # login tries are counted there
        logging.disable(logging.INFO)  # each credential is a line otherwise
        self.addCleanup(logging.disable, logging.NOTSET)

    def give_authenticator(self, page: Page, **options: Any) -> CDPSession:
        """The window's device can keep passkeys, and its owner agrees to everything."""
        devtools = page.context.new_cdp_session(page)
        devtools.send("WebAuthn.enable")
        kind = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True}
        owner = {"hasUserVerification": True, "isUserVerified": True, "automaticPresenceSimulation": True}
        devtools.send("WebAuthn.addVirtualAuthenticator", {"options": {**kind, **owner, **options}})
        return devtools

    def customer(self) -> User:
        user = self.sign_in(Role.CUSTOMER)
        EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
        return user

    def add_passkey(self, name: str) -> None:
        """From the empty page to the recovery codes, with the password asked for on the way."""
        page = self.page
        self.visit(PASSKEYS)
        page.get_by_role("link", name="Add a passkey").click()
        page.get_by_label("Password").fill("secret")
        page.get_by_role("button", name="Go on").click()
        page.get_by_label("Name, to tell it from others").fill(name)
        self.assert_accessible()
        page.get_by_role("button", name="Add it").click()
        page.wait_for_url("**/recovery-codes/")

    def sign_out(self) -> None:
        self.page.locator("summary", has_text="Your account").click()
        self.page.locator(".menu-list").get_by_role("button", name="Sign out").click()
        self.page.wait_for_url("**/accounts/login/")

    def test_adding_one_signing_in_with_it_renaming_and_removing_it(self) -> None:
        self.customer()
        page = self.page
        self.give_authenticator(page)

        self.add_passkey("My laptop")
        self.assertIn("The passkey is added.", page.get_by_role("status").first.inner_text())
        self.assertEqual(page.locator(".codes li").count(), 10)
        self.sign_out()
        self.visit(f"{reverse('account_login')}?next={PASSKEYS}")
        page.get_by_role("button", name="Sign in with a passkey").click()
        page.wait_for_url(f"**{PASSKEYS}")

        self.assertIn("My laptop", page.locator(".key-list").inner_text())
        self.assertIn("last used", page.locator(".key-list").inner_text())
        self.assert_accessible()
        self.assert_icons_drawn()
        page.get_by_role("link", name="Rename My laptop").click()
        page.get_by_role("link", name="Use a passkey").click()
        self.assert_accessible()
        page.get_by_role("button", name="Use a passkey").click()
        page.get_by_label("Name").fill("Old laptop")
        self.assert_accessible()
        page.get_by_role("button", name="Save").click()
        page.get_by_role("link", name="Remove Old laptop").click()
        self.assert_accessible()
        page.get_by_role("button", name="Remove it").click()
        self.assertIn("The passkey is removed.", page.get_by_role("status").inner_text())
        self.assertIn("No passkey yet", page.locator("main").inner_text())
        self.assertFalse(Authenticator.objects.exists())

    def test_with_the_password_it_is_the_second_step(self) -> None:
        user = self.customer()
        self.give_authenticator(self.page)
        self.add_passkey("Phone")
        self.sign_out()

        self.page.get_by_label("Email").fill(user.email)
        self.page.get_by_label("Password").fill("secret")
        self.page.get_by_role("button", name="Sign in", exact=True).click()
        self.assert_accessible()
        self.page.get_by_role("button", name="Use a passkey").click()
        self.page.wait_for_url(lambda url: "/accounts/" not in url or "/email/" in url)

        self.visit(PASSKEYS)
        self.assertIn("Phone", self.page.locator(".key-list").inner_text())

    def test_an_owner_who_does_not_agree_is_told_and_may_try_again(self) -> None:
        self.customer()
        self.give_authenticator(self.page, isUserVerified=False)
        page = self.open_login()

        page.get_by_role("button", name="Sign in with a passkey").click()

        page.get_by_text("Nothing was done").wait_for()
        self.assertTrue(page.get_by_role("button", name="Sign in with a passkey").is_enabled())

    def open_login(self) -> Page:
        page = self.open_page(NARROW)
        self.give_authenticator(page, isUserVerified=False)
        self.visit(reverse("account_login"), page)
        self.assert_fits(page)
        self.assert_accessible(page)
        return page

    def test_without_script_the_login_offers_no_passkey(self) -> None:
        page = self.open_page(javascript=False)
        self.visit(reverse("account_login"), page)

        self.assertFalse(page.get_by_role("button", name="Sign in with a passkey").is_visible())
