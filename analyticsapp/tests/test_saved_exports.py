"""Saved exports: a person's own, and their links come by mail, each once."""

from datetime import UTC, date, datetime, timedelta

from django.core import mail
from django.test import TestCase, override_settings
from django.urls import reverse

from accounts.models import Role
from analyticsapp.exports import saved_exports
from analyticsapp.models import SavedExport
from purelaka.testing import make_user

MONDAY = datetime(2026, 11, 23, 9, tzinfo=UTC)
ASKED = {
    "name": "Books",
    "export": "ledger",
    "window": "period=last_month",
    "form": "zip",
    "rhythm": "weekly",
}


class Days(TestCase):
    def test_each_rhythm_comes_on_its_next_day(self) -> None:
        tuesday = date(2026, 11, 24)

        self.assertEqual(saved_exports.next_day("daily", after=tuesday), date(2026, 11, 25))
        self.assertEqual(saved_exports.next_day("weekly", after=tuesday), date(2026, 11, 30))
        self.assertEqual(saved_exports.next_day("weekly", after=date(2026, 11, 30)), date(2026, 12, 7))
        self.assertEqual(saved_exports.next_day("monthly", after=date(2026, 12, 1)), date(2027, 1, 1))
        self.assertIsNone(saved_exports.next_day("never", after=tuesday))


class SavedExportCase(TestCase):
    def setUp(self) -> None:
        self.analyst = make_user(Role.ANALYST)
        self.client.force_login(self.analyst)
        self.url = reverse("analyticsapp:saved-exports")

    def saved(self, **fields: object) -> SavedExport:
        return SavedExport.objects.create(
            **{**ASKED, "owner": self.analyst, "next_on": MONDAY.date(), **fields}
        )


class Pages(SavedExportCase):
    def test_one_is_saved_and_its_link_gives_the_file(self) -> None:
        response = self.client.post(self.url, ASKED, follow=True)

        self.assertContains(response, "Saved: Books")
        [row] = response.context["rows"]
        self.assertEqual(self.client.get(row["url"])["Content-Type"], "application/zip")

    def test_a_name_is_given_once(self) -> None:
        self.client.post(self.url, ASKED)

        self.assertContains(self.client.post(self.url, ASKED), "choose another", status_code=422)

    def test_what_is_no_file_is_refused(self) -> None:
        response = self.client.post(self.url, {**ASKED, "export": "secrets"})

        self.assertEqual(response.status_code, 422)
        self.assertFalse(SavedExport.objects.exists())

    def test_another_persons_is_neither_seen_nor_deleted(self) -> None:
        other = self.saved(owner=make_user(Role.ANALYST), name="Theirs")

        self.assertNotContains(self.client.get(self.url), "Theirs")
        delete = reverse("analyticsapp:delete-saved-export", args=[other.pk])
        self.assertEqual(self.client.post(delete).status_code, 404)

    def test_it_is_deleted(self) -> None:
        delete = reverse("analyticsapp:delete-saved-export", args=[self.saved().pk])

        self.assertContains(self.client.post(delete, follow=True), "Deleted: Books")
        self.assertFalse(SavedExport.objects.exists())


class Mails(SavedExportCase):
    def test_the_link_comes_once_on_its_day_with_the_days_of_the_window(self) -> None:
        self.saved()

        self.assertEqual(saved_exports.send_due(MONDAY - timedelta(days=1)), 0)
        self.assertEqual(saved_exports.send_due(MONDAY), 1)
        self.assertEqual(saved_exports.send_due(MONDAY + timedelta(minutes=1)), 0)

        [message] = mail.outbox
        self.assertEqual((message.subject, message.to), ("PureLaka: Books", [self.analyst.email]))
        self.assertIn("/analytics/saved/ledger/zip/?start=2026-10-01&end=2026-10-31", message.body)
        self.assertEqual(SavedExport.objects.get().next_on, date(2026, 11, 30))

    def test_the_link_leads_to_a_page_from_which_the_file_comes(self) -> None:
        link = saved_exports.page_address(self.saved(), today=MONDAY.date())
        self.client.logout()
        self.assertIn("/accounts/login/", self.client.get(link)["Location"])
        self.client.force_login(self.analyst)

        page = self.client.get(link)

        url = "/analytics/export/ledger.zip?start=2026-10-01&end=2026-10-31"
        self.assertEqual(page["Refresh"], f"0; url={url}")
        self.assertContains(page, "Download it again")
        self.assertEqual(self.client.get(url)["Content-Type"], "application/zip")

    def test_a_link_to_no_file_is_not_found(self) -> None:
        for wrong in ("secrets/zip/", "ledger/exe/", "ledger/zip/?start=never"):
            self.assertEqual(self.client.get(f"{self.url}{wrong}").status_code, 404, wrong)

    def test_days_without_a_tick_are_made_up_for_by_one_mail(self) -> None:
        self.saved(rhythm="daily", next_on=date(2026, 11, 1))

        self.assertEqual(saved_exports.send_due(MONDAY), 1)
        self.assertEqual(SavedExport.objects.get().next_on, date(2026, 11, 24))

    def test_who_may_have_no_files_any_more_gets_no_mail(self) -> None:
        self.saved()
        self.analyst.role = Role.CUSTOMER
        self.analyst.save(update_fields=["role"])

        self.assertEqual(saved_exports.send_due(MONDAY), 0)
        self.assertEqual((mail.outbox, SavedExport.objects.get().next_on), ([], None))

    def test_a_mail_server_that_is_away_is_noted_and_tried_again(self) -> None:
        self.saved()
        away = override_settings(EMAIL_BACKEND="django.core.mail.backends.smtp.EmailBackend", EMAIL_PORT=1)
        with away, self.assertLogs("analyticsapp.exports.saved_exports", "WARNING"):
            self.assertEqual(saved_exports.send_due(MONDAY), 0)
        self.assertIn("refused", SavedExport.objects.get().error)

        self.assertEqual(saved_exports.send_due(MONDAY + timedelta(minutes=1)), 1)
        self.assertEqual(SavedExport.objects.get().error, "")
