"""How well Stripe reaches us: lag, gaps, and which signing secret proved its events."""

import html
import re
from datetime import UTC, datetime, timedelta

from django.db import connection
from django.test import TestCase, override_settings
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Role
from payments import inbox_health, signing
from payments.models import StripeEvent
from payments.models.inbox import SigningSecret
from payments.signing import Uses, fingerprint, secrets_in_use
from payments.tests.posting import deliver
from payments.tests.telling import paid_story
from purelaka.testing import make_user

NOW = datetime(2026, 6, 17, 15, 30, tzinfo=UTC)  # a Wednesday; London is an hour ahead
HOUR = timedelta(hours=1)


def came(at: datetime, *, after: float = 1, source: str = "webhook") -> None:
    """An event that reached us at `at`, so many seconds after it was made."""
    StripeEvent.objects.create(
        event_id=f"evt_{StripeEvent.objects.count()}",
        type="charge.updated",
        created=at - timedelta(seconds=after),
        received_at=at,
        source=source,
        status="processed",
        payload="{}",
    )


class LagTests(TestCase):
    def test_percentiles_are_nearest_ranks_of_what_came_by_webhook(self) -> None:
        for seconds in range(1, 21):
            came(NOW - HOUR, after=seconds)
        came(NOW - HOUR, after=9999, source="api")

        today = inbox_health.lags(NOW)[-1]

        self.assertEqual(today.number, 20)
        found = [round(lag or 0, 2) for lag in (today.median, today.p95, today.longest)]
        self.assertEqual(found, [10, 19, 20])

    def test_a_day_is_the_stores_and_an_hour_without_events_is_empty(self) -> None:
        came(datetime(2026, 6, 16, 23, 30, tzinfo=UTC))  # half past midnight in London

        self.assertEqual([lag.number for lag in inbox_health.lags(NOW)], [0, 0, 0, 0, 0, 0, 1])
        hours = inbox_health.lags(NOW, hourly=True)
        self.assertEqual(len(hours), 6 * 24 + 17)
        self.assertEqual([lag.since.hour for lag in hours if lag.number], [23])
        self.assertIsNone(hours[0].median)


class GapTests(TestCase):
    def test_an_hour_is_a_gap_where_something_usually_came(self) -> None:
        usual = datetime(2026, 6, 16, 10, 20, tzinfo=UTC)
        for weeks in (1, 2, 4):
            came(usual - timedelta(weeks=weeks))
            came(usual + HOUR - timedelta(weeks=weeks))
        for weeks in (1, 2):  # only twice: not usual
            came(usual - 5 * HOUR - timedelta(weeks=weeks))

        [gap] = inbox_health.gaps(NOW).found

        self.assertEqual((gap.since.hour, gap.until.hour, gap.hours), (10, 12, 2))

    def test_it_is_none_once_an_event_came(self) -> None:
        usual = datetime(2026, 6, 16, 10, 20, tzinfo=UTC)
        for weeks in range(5):
            came(usual - timedelta(weeks=weeks))

        self.assertEqual(inbox_health.gaps(NOW), ([], 1))


class SecretTests(TestCase):
    def test_the_use_is_written_at_most_once_a_minute(self) -> None:
        uses = Uses()
        for seconds in range(0, 50, 10):
            uses.note("whsec_a", NOW + timedelta(seconds=seconds))
        self.assertEqual(SigningSecret.objects.get().used_count, 1)
        uses.note("whsec_a", NOW + timedelta(minutes=1))

        row = SigningSecret.objects.get()
        self.assertEqual((row.used_count, row.first_used_at), (6, NOW))
        self.assertEqual(row.last_used_at, NOW + timedelta(minutes=1))
        self.assertNotIn("whsec_a", row.fingerprint)

    @override_settings(STRIPE_WEBHOOK_SECRETS=["whsec_new", "whsec_old"])
    def test_the_webhook_notes_which_secret_matched(self) -> None:
        signing.uses.forget()
        self.addCleanup(signing.uses.forget)
        deliver(self.client, paid_story().events[0], secret="whsec_old")

        self.assertEqual(SigningSecret.objects.get().fingerprint, fingerprint("whsec_old"))

    @override_settings(STRIPE_WEBHOOK_SECRETS=["whsec_new"])
    def test_what_does_not_match_is_not_noted(self) -> None:
        signing.uses.forget()
        deliver(self.client, paid_story().events[0], secret="whsec_wrong")

        self.assertFalse(SigningSecret.objects.exists())

    @override_settings(STRIPE_WEBHOOK_SECRETS=["new", "old", "never"])
    def test_each_is_told_what_to_do_with_it(self) -> None:
        for secret, days in (("new", 0), ("old", 8), ("gone", 2), ("long gone", 40)):
            at = NOW - timedelta(days=days)
            SigningSecret.objects.create(fingerprint=fingerprint(secret), first_used_at=at, last_used_at=at)

        told = [(each.place, each.advice.split(":")[0]) for each in secrets_in_use(NOW)]

        self.assertEqual(
            told,
            [(1, "In use"), (2, "Unused for 7 days"), (3, "Not used yet"), (0, "No longer in the settings")],
        )

    @override_settings(STRIPE_WEBHOOK_SECRETS=["only"])
    def test_the_only_one_is_never_called_superfluous(self) -> None:
        at = NOW - timedelta(days=8)
        SigningSecret.objects.create(fingerprint=fingerprint("only"), first_used_at=at, last_used_at=at)

        self.assertNotIn("remove", secrets_in_use(NOW)[0].advice)


class PageTests(TestCase):
    def test_it_shows_lag_gaps_and_secrets_in_few_queries(self) -> None:
        came(datetime.now(UTC) - HOUR, after=400)
        self.client.force_login(make_user(Role.ANALYST))
        with CaptureQueriesContext(connection) as queries:
            page = self.client.get(reverse("payments:event-delivery"))
        self.assertLessEqual(len(queries), 15)
        for text in ("Stripe last reached this server", "whsec_…", "1 in 7 days", "7 min"):
            self.assertContains(page, text)
        [late] = re.findall(r'href="([^"]*late=5[^"]*)"', page.text)
        self.assertEqual(self.client.get(html.unescape(late)).context["listing"].number, 1)
        self.assertEqual(self.client.get(reverse("payments:event-delivery") + "?by=hour").status_code, 200)

    def test_nothing_yet(self) -> None:
        self.client.force_login(make_user(Role.OPS))
        self.assertContains(
            self.client.get(reverse("payments:event-delivery")), "No event has come to the webhook yet"
        )
