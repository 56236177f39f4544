from django.core.checks import run_checks
from django.test import SimpleTestCase, override_settings


class SiteAddressTests(SimpleTestCase):
    def found(self) -> list[str | None]:
        return [message.id for message in run_checks() if str(message.id).startswith("orders.")]

    def test_scheme_and_host_are_right(self) -> None:
        for address in ("http://localhost:8000", "https://shop.example.com"):
            with override_settings(SITE_URL=address):
                self.assertEqual(self.found(), [])

    def test_anything_else_is_told(self) -> None:
        for address in ("", "shop.example.com", "https://", "https://shop.example.com/shop", "ftp://x"):
            with self.subTest(address), override_settings(SITE_URL=address):
                self.assertEqual(self.found(), ["orders.E001"])
