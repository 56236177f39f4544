"""A wrong connection to Stripe is told by `manage.py check`, not by the first customer."""

from typing import Any

from django.core.checks import ERROR, run_checks
from django.test import SimpleTestCase, override_settings

from payments.checks import stripe_settings

RIGHT: dict[str, Any] = {
    "PAYMENTS_USE_STRIPE": True,
    "STRIPE_SECRET_KEY": "sk_test_1",
    "STRIPE_PUBLISHABLE_KEY": "pk_test_1",
    "STRIPE_WEBHOOK_SECRETS": ["whsec_1"],
    "STRIPE_API_BASE": "https://api.stripe.com",
    "STRIPE_JS_URL": "https://js.stripe.com/endive/stripe.js",
}
LIVE = {"STRIPE_SECRET_KEY": "rk_live_1", "STRIPE_PUBLISHABLE_KEY": "pk_live_1"}


class StripeSettingsTests(SimpleTestCase):
    def assert_found(self, *ids: str, **changes: object) -> None:
        with override_settings(**{**RIGHT, **changes}):
            self.assertEqual([message.id for message in stripe_settings()], list(ids), changes)

    def test_nothing_is_wrong_with_a_complete_connection(self) -> None:
        self.assert_found()
        self.assert_found(**LIVE)

    def test_mock_mode_needs_nothing(self) -> None:
        self.assert_found(PAYMENTS_USE_STRIPE=False, STRIPE_SECRET_KEY="", STRIPE_PUBLISHABLE_KEY="")

    def test_a_missing_key(self) -> None:
        self.assert_found("payments.E001", STRIPE_SECRET_KEY="")
        self.assert_found("payments.E002", STRIPE_PUBLISHABLE_KEY="")

    def test_keys_that_were_swapped(self) -> None:
        swapped = {"STRIPE_SECRET_KEY": "pk_test_1", "STRIPE_PUBLISHABLE_KEY": "sk_test_1"}

        self.assert_found("payments.E001", "payments.E002", **swapped)

    def test_keys_of_two_modes(self) -> None:
        self.assert_found("payments.E003", STRIPE_SECRET_KEY="sk_live_1")
        self.assert_found("payments.E003", STRIPE_PUBLISHABLE_KEY="pk_live_1")

    def test_live_keys_go_to_stripe_only(self) -> None:
        self.assert_found("payments.E004", **LIVE, STRIPE_API_BASE="http://127.0.0.1:8420")
        self.assert_found("payments.E004", **LIVE, STRIPE_JS_URL="https://js.stripe.com.example.com/")
        self.assert_found(STRIPE_API_BASE="http://127.0.0.1:8420")

    def test_a_webhook_that_would_refuse_everything(self) -> None:
        self.assert_found("payments.W001", STRIPE_WEBHOOK_SECRETS=[])

    def test_no_message_shows_a_key(self) -> None:
        swapped = {"STRIPE_SECRET_KEY": "pk_test_1", "STRIPE_PUBLISHABLE_KEY": "sk_test_1"}
        with override_settings(**{**RIGHT, **swapped}):
            self.assertNotIn("_test_1", "".join(f"{found.msg}{found.hint}" for found in stripe_settings()))

    def test_manage_check_asks(self) -> None:
        with override_settings(**{**RIGHT, "STRIPE_SECRET_KEY": ""}):
            found = [message.id for message in run_checks() if message.level >= ERROR]

        self.assertIn("payments.E001", found)
