"""Mails that do not go out become issues, and vanish when they do."""

import logging
from datetime import timedelta
from io import StringIO

from django.core.management import call_command
from django.test import TestCase, override_settings
from django.utils import timezone

from monitoring.models import DataQualityIssue
from orders import mailing
from orders.models import Mail, MailKind
from orders.tests.mail_servers import HERE
from purelaka.testing import make_order


class MailCheckTests(TestCase):
    def setUp(self) -> None:
        logging.disable(logging.WARNING)
        self.addCleanup(logging.disable, logging.NOTSET)
        self.order = make_order(number="PL-1")
        with override_settings(EMAIL_BACKEND=f"{HERE}.Away"), self.captureOnCommitCallbacks(execute=True):
            mailing.write(self.order, MailKind.SHIPPED)

    def found(self) -> list[str]:
        call_command("run_checks", stdout=StringIO())
        issues = DataQualityIssue.objects.open().filter(check_name__startswith="mails_")
        return [f"{issue.check_name} {issue.subject}: {issue.found}" for issue in issues]

    def wait_for(self, hours: float) -> None:
        Mail.objects.update(created_at=timezone.now() - timedelta(hours=hours))

    def test_a_mail_may_wait_a_while(self) -> None:
        self.assertEqual(self.found(), [])

    def test_after_an_hour_the_mail_server_is_an_issue_until_the_mail_is_out(self) -> None:
        self.wait_for(1.1)
        self.assertEqual(self.found(), ["mails_waiting mail server: 1 waiting"])
        self.assertIn("Connection refused", DataQualityIssue.objects.open().get().message)

        mailing.send_waiting(timezone.now() + timedelta(minutes=2))
        self.assertEqual(self.found(), [])

    def test_one_that_was_given_up_is_an_issue_of_its_order(self) -> None:
        self.wait_for(24)
        with override_settings(EMAIL_BACKEND=f"{HERE}.Away"):
            mailing.send_waiting(timezone.now() + timedelta(minutes=2))

        self.assertEqual(self.found(), ["mails_sent PL-1 shipped: given up after 2 tries"])
        self.assertEqual(DataQualityIssue.objects.open().get().order, self.order)
