"""Production settings start only when everything they need is there, and are strict then."""

import os
import subprocess
import sys

from django.conf import settings
from django.test import SimpleTestCase

COMPLETE = {
    "SECRET_KEY": "k" * 60,
    "ALLOWED_HOSTS": "shop.example.com, www.shop.example.com",
    "DATABASE_URL": "postgresql://purelaka@localhost/purelaka",
    "STRIPE_WEBHOOK_SECRET": "whsec_test",
    "AUDIT_SEAL_KEY": "a key",
    "STRIPE_SECRET_KEY": "sk_test_1",
    "STRIPE_PUBLISHABLE_KEY": "pk_test_1",
    "SITE_URL": "https://shop.example.com",
    "PAYMENTS_USE_STRIPE": "1",
}
SHOW = "from purelaka import settings_prod as s; print({})"


def start(expression: str = "'started'", **variables: str) -> subprocess.CompletedProcess[str]:
    """Load the production settings in a Python of their own, with only these variables."""
    bare = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT") if name in os.environ}
    return subprocess.run(
        [sys.executable, "-c", SHOW.format(expression)],
        cwd=settings.BASE_DIR,
        env={**bare, "ENV_FILE": os.devnull, **variables},
        capture_output=True,
        text=True,
        check=False,
    )


class SecretsTests(SimpleTestCase):
    def test_they_start_when_everything_is_there(self) -> None:
        process = start(**COMPLETE)

        self.assertEqual((process.returncode, process.stdout.strip()), (0, "started"), process.stderr)

    def test_they_refuse_to_start_without_any_one_of_them_and_name_it(self) -> None:
        for name in COMPLETE.keys() - {"PAYMENTS_USE_STRIPE"}:
            with self.subTest(name):
                process = start(**{**COMPLETE, name: ""})

                self.assertNotEqual(process.returncode, 0)
                self.assertIn(f"{name} is not set", process.stderr)

    def test_the_mock_does_not_start_by_accident(self) -> None:
        process = start(**{**COMPLETE, "PAYMENTS_USE_STRIPE": "0"})

        self.assertNotEqual(process.returncode, 0)
        self.assertIn("ALLOW_MOCK_PAYMENTS=1", process.stderr)

    def test_the_mock_starts_when_it_is_asked_for_by_name(self) -> None:
        variables = {**COMPLETE, "PAYMENTS_USE_STRIPE": "0", "STRIPE_SECRET_KEY": ""}

        self.assertEqual(start(ALLOW_MOCK_PAYMENTS="1", **variables).returncode, 0)


class StrictnessTests(SimpleTestCase):
    def test_debug_can_not_be_turned_on(self) -> None:
        self.assertEqual(start("s.DEBUG", DEBUG="1", **COMPLETE).stdout.strip(), "False")

    def test_hosts_are_split_at_commas(self) -> None:
        hosts = start("s.ALLOWED_HOSTS", **COMPLETE).stdout.strip()

        self.assertEqual(hosts, "['shop.example.com', 'www.shop.example.com']")

    def test_a_proxy_is_believed_only_when_there_is_one(self) -> None:
        alone = start("s.SECURE_PROXY_SSL_HEADER", **COMPLETE).stdout.strip()
        behind = start("s.SECURE_PROXY_SSL_HEADER", TRUSTED_PROXIES="1", **COMPLETE).stdout.strip()

        self.assertEqual((alone, behind), ("None", "('HTTP_X_FORWARDED_PROTO', 'https')"))

    def test_the_staff_needs_a_second_factor_until_that_is_turned_off(self) -> None:
        by_itself = start("s.REQUIRE_STAFF_MFA", **COMPLETE).stdout.strip()
        turned_off = start("s.REQUIRE_STAFF_MFA", REQUIRE_STAFF_MFA="0", **COMPLETE).stdout.strip()

        self.assertEqual((by_itself, turned_off, settings.REQUIRE_STAFF_MFA), ("True", "False", False))

    def test_stripe_and_the_probe_are_not_redirected(self) -> None:
        exempt = start("s.SECURE_REDIRECT_EXEMPT", **COMPLETE).stdout

        self.assertIn("payments/webhook/", exempt)
        self.assertIn("monitoring/healthz/", exempt)
