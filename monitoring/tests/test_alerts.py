"""Alerts: each issue is told once when it opens, the open ones once a day, and nothing twice."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from unittest.mock import patch

from django.core import mail
from django.db import connection
from django.test import TestCase, override_settings

from monitoring import alerts
from monitoring.models import Alert, Channel, DataQualityIssue
from monitoring.tests.making import make_issue
from purelaka.testing import GuardedTransactionTestCase

NIGHT = datetime(2026, 6, 15, 3, tzinfo=UTC)  # before the digest
MORNING = datetime(2026, 6, 15, 9, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@contextmanager
def a_server(status: int = 200) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Something that takes Slack's messages, and what it was sent."""
    taken: list[dict[str, Any]] = []

    class Taker(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            taken.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(status)
            self.end_headers()

        def log_message(self, *args: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Taker)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/hook", taken
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def open_issue(subject: str = "PL-1", at: datetime = NIGHT) -> DataQualityIssue:
    issue = make_issue(subject=subject, message=f"{subject} differs")
    DataQualityIssue.objects.filter(pk=issue.pk).update(opened_at=at, first_seen_at=at)
    return issue


@override_settings(ALERT_EMAILS=["ops@example.com"], ALERT_WEBHOOK_URL="")
class TellingTests(TestCase):
    def test_an_issue_is_told_once(self) -> None:
        issue = open_issue()

        for minute in range(3):
            alerts.tell(NIGHT + minute * MINUTE)

        [message] = mail.outbox
        self.assertEqual(message.subject, "PureLaka: 1 issue opened")
        self.assertIn("PL-1 differs", message.body)
        self.assertIn(f"http://localhost:8000/monitoring/issues/{issue.pk}/", message.body)

    def test_many_at_once_are_one_message(self) -> None:
        for number in range(30):
            open_issue(f"PL-{number}")

        alerts.tell(NIGHT)

        [message] = mail.outbox
        self.assertEqual(message.subject, "PureLaka: 30 issues opened")
        self.assertIn("and 10 more.", message.body)

    def test_one_that_opens_again_is_told_again(self) -> None:
        issue = open_issue()
        alerts.tell(NIGHT)
        DataQualityIssue.objects.filter(pk=issue.pk).update(opened_at=NIGHT + 5 * MINUTE)

        alerts.tell(NIGHT + 6 * MINUTE)

        self.assertEqual(len(mail.outbox), 2)

    def test_one_put_off_is_told_when_it_wakes(self) -> None:
        issue = open_issue()
        alerts.tell(NIGHT)
        wakes = NIGHT + timedelta(hours=2)
        DataQualityIssue.objects.filter(pk=issue.pk).update(snoozed_until=wakes)

        alerts.tell(wakes - MINUTE)
        self.assertEqual(len(mail.outbox), 1)
        alerts.tell(wakes)
        alerts.tell(wakes + MINUTE)
        self.assertEqual(len(mail.outbox), 2)

    def test_the_digest_comes_once_a_day_after_eight(self) -> None:
        open_issue()
        alerts.tell(NIGHT)

        alerts.tell(MORNING)
        alerts.tell(MORNING + 5 * MINUTE)
        alerts.tell(MORNING + timedelta(days=1))

        subjects = [message.subject for message in mail.outbox]
        self.assertEqual(subjects[1:], ["PureLaka: Daily digest: 1 issue is open"] * 2)

    def test_a_day_without_issues_has_no_digest(self) -> None:
        alerts.tell(MORNING)

        self.assertEqual(mail.outbox, [])

    def test_who_wants_no_alerts_gets_none(self) -> None:
        open_issue()
        with override_settings(ALERT_EMAILS=[]):
            alerts.tell(MORNING)

        self.assertEqual((mail.outbox, Alert.objects.count()), ([], 0))


@override_settings(ALERT_EMAILS=["ops@example.com"])
class SendingTests(TestCase):
    def test_the_webhook_gets_a_message_as_slack_takes_it(self) -> None:
        open_issue()
        with a_server() as (url, taken), override_settings(ALERT_WEBHOOK_URL=url):
            alerts.tell(NIGHT)

        [message] = taken
        self.assertEqual([*message], ["text"])
        self.assertTrue(message["text"].startswith("*PureLaka: 1 issue opened*\nCRITICAL: PL-1 differs"))

    def test_what_was_not_taken_is_sent_again_later_and_the_mail_is_not(self) -> None:
        open_issue()
        with a_server(500) as (url, _), override_settings(ALERT_WEBHOOK_URL=url):
            with self.assertLogs("monitoring.alerts", "WARNING"):
                alerts.tell(NIGHT)
            failed = Alert.objects.get(sent_at=None)
            self.assertIn("500", failed.error)
            self.assertEqual(alerts.tell(NIGHT + timedelta(seconds=20)), 0)
        with a_server() as (url, taken), override_settings(ALERT_WEBHOOK_URL=url):
            self.assertEqual(alerts.tell(NIGHT + MINUTE), 1)

        self.assertEqual((len(taken), len(mail.outbox)), (1, 1))

    def test_a_process_that_dies_while_it_sends_does_not_send_twice(self) -> None:
        open_issue()
        with (
            override_settings(ALERT_WEBHOOK_URL=""),
            patch.dict(alerts.SENDERS, {Channel.EMAIL: _dies}),
            self.assertRaises(KeyboardInterrupt),
        ):
            alerts.tell(NIGHT)

        self.assertEqual(alerts.tell(NIGHT + timedelta(hours=1)), 0)


def _dies(alert: Alert) -> None:
    raise KeyboardInterrupt


class RaceTests(GuardedTransactionTestCase):
    def test_two_processes_at_once_send_one_message(self) -> None:
        if connection.vendor != "postgresql":
            self.skipTest("SQLite writes one at a time")
        Alert.objects.create(channel="email", key="opened", subject="x", text="y", created_at=NIGHT)
        ready = threading.Barrier(2)

        def send() -> None:
            ready.wait(10)
            try:
                alerts.send_waiting(NIGHT)
            finally:
                connection.close()

        threads = [threading.Thread(target=send) for _ in range(2)]
        with override_settings(ALERT_EMAILS=["ops@example.com"]):
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()

        self.assertEqual(len(mail.outbox), 1)
