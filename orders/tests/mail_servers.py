"""Mail servers that are away, refuse, or die: as `EMAIL_BACKEND` of a test."""

from collections.abc import Sequence
from smtplib import SMTPRecipientsRefused, SMTPServerDisconnected

from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.core.mail.backends.locmem import EmailBackend as Outbox

HERE = "orders.tests.mail_servers"


class Away(BaseEmailBackend):
    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        raise ConnectionRefusedError(111, "Connection refused")


class HangsUp(BaseEmailBackend):
    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        raise SMTPServerDisconnected("Connection unexpectedly closed")


class KnowsNobody(BaseEmailBackend):
    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        raise SMTPRecipientsRefused({"buyer@example.com": (550, b"No such user")})


class KnowsNobodyAtTheMoment(BaseEmailBackend):
    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        raise SMTPRecipientsRefused({"buyer@example.com": (451, b"Try again later")})


class ProcessDies(Outbox):
    """The mail is out, and the process ends before it can say so."""

    def send_messages(self, messages: Sequence[EmailMessage]) -> int:
        super().send_messages(messages)
        raise KeyboardInterrupt
