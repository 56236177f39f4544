"""Stripe.js is the one outside script that the browser policy allows, and on the payment page only."""

import re

from django.conf import settings
from django.test import SimpleTestCase, TestCase, override_settings
from django.urls import reverse

from accounts.models import Role
from accounts.tests.url_walk import addresses
from payments import handlers
from payments.tests.localstripe_server import LocalStripe
from payments.tests.posting import quiet
from payments.tests.stripe_mode import WithLocalStripe, place
from purelaka.testing import make_user

STRIPE = {
    "script-src": "'self' https://js.stripe.com https://*.js.stripe.com",
    "frame-src": "https://js.stripe.com https://*.js.stripe.com https://hooks.stripe.com",
    "connect-src": "'self' https://api.stripe.com",
}


def directives(header: str) -> dict[str, str]:
    """Name → sources."""
    parts = (part.strip().partition(" ") for part in header.split(";"))
    return {name: sources for name, _, sources in parts}


def strict() -> dict[str, str]:
    """The policy of every other page."""
    return {
        name: " ".join(sources) for name, sources in settings.CONTENT_SECURITY_POLICY["DIRECTIVES"].items()
    }


class PaymentPageTests(WithLocalStripe, TestCase):
    def policy(self) -> dict[str, str]:
        order = place()
        assert order.user is not None
        self.client.force_login(order.user)
        response = self.client.get(reverse("payments:pay", args=[order.number]))
        self.assertEqual(response.status_code, 200)
        return directives(response.headers["Content-Security-Policy"])

    @override_settings(STRIPE_JS_URL="https://js.stripe.com/endive/stripe.js")
    def test_it_allows_what_stripe_asks_for_and_nothing_else(self) -> None:
        self.assertEqual(self.policy(), strict() | STRIPE)

    @override_settings(STRIPE_JS_URL="https://js.stripe.com/endive/stripe.js")
    def test_a_wallet_in_a_window_of_its_own_can_answer(self) -> None:
        order = place()
        assert order.user is not None
        self.client.force_login(order.user)
        response = self.client.get(reverse("payments:pay", args=[order.number]))

        self.assertEqual(response.headers["Cross-Origin-Opener-Policy"], "same-origin-allow-popups")

    def test_a_fake_stripe_is_allowed_its_own_server_only(self) -> None:
        own = dict.fromkeys(("script-src", "connect-src"), f"'self' {self.stripe.address}")

        self.assertEqual(self.policy(), strict() | own)

    @override_settings(PAYMENTS_USE_STRIPE=False)
    def test_mock_mode_has_no_exception(self) -> None:
        self.assertEqual(self.policy(), strict())


class OtherPagesTests(WithLocalStripe, TestCase):
    def test_no_other_address_lets_a_script_of_others_in(self) -> None:
        seen = 0
        self.enterContext(quiet("django.request"))
        for role in (Role.ADMIN, Role.CUSTOMER):
            self.client.force_login(make_user(role))
            for address in addresses():
                if address.name == "payments:pay":
                    continue
                response = self.client.get(address.url())
                found = directives(response.headers["Content-Security-Policy"])
                self.assertEqual(found, strict(), address.name)
                seen += response.status_code == 200

        self.assertGreater(seen, 40)


class DocsTests(SimpleTestCase):
    def test_the_docs_name_every_event_that_has_a_use(self) -> None:
        text = (settings.BASE_DIR / "docs" / "stripe.md").read_text(encoding="utf-8")
        [listed] = re.findall(r"### Event types.*?```\n(.*?)```", text, re.DOTALL)
        from_the_api = {kind for kind in handlers.HANDLED if kind.endswith((".answered", ".listed"))}

        self.assertEqual(set(listed.split()), handlers.HANDLED - from_the_api)

    def test_the_docs_name_the_variables_of_stripe_mode(self) -> None:
        text = (settings.BASE_DIR / "docs" / "stripe.md").read_text(encoding="utf-8")
        example = (settings.BASE_DIR / ".env.example").read_text(encoding="utf-8")

        for name in set(re.findall(r"STRIPE_[A-Z_]+", text)):
            self.assertIn(f"{name}=", example)


class LocalStripeTests(SimpleTestCase):
    def test_it_is_gone_when_it_is_stopped(self) -> None:
        stripe = LocalStripe()
        stripe.stop()

        self.assertIsNotNone(stripe.process.poll())
