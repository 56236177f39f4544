from django.conf import settings
from django.test import SimpleTestCase

from monitoring.check import registry
from monitoring.documents import checks_manual


class ManualTests(SimpleTestCase):
    def test_the_manual_is_what_the_checks_say(self) -> None:
        written = (settings.BASE_DIR / "docs" / "monitoring.md").read_text(encoding="utf-8")

        self.assertEqual(written, checks_manual(), msg="Run manage.py check_docs and commit what it writes.")

    def test_each_check_says_what_it_compares(self) -> None:
        for check in registry.values():
            with self.subTest(check=check.name):
                self.assertGreater(len(check.description), 60)
