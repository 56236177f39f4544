"""Staff send a customer's mail once more."""

from datetime import timedelta

from django.core import mail as outbox
from django.test import TestCase
from django.urls import reverse
from django.utils import timezone

from accounts.models import Role
from audit.models import AuditLog
from orders import letters, mailing
from orders.models import Mail, MailKind, Order
from purelaka.testing import make_order, make_user


class SendingAgainTests(TestCase):
    def setUp(self) -> None:
        self.order = make_order(number="PL-1")
        self.ops = make_user(Role.OPS)
        self.client.force_login(self.ops)
        self.mail = self.sent(MailKind.CONFIRMATION)

    def sent(self, kind: MailKind, minutes: int = 5) -> Mail:
        at = timezone.now() - timedelta(minutes=minutes)
        return Mail.objects.create(
            order=self.order, kind=kind, email=self.order.email, sent_at=at, next_try_at=None, created_at=at
        )

    def again(self, mail: Mail | None = None) -> str:
        url = reverse("orders:mail-resend", args=["PL-1", (mail or self.mail).pk])
        with self.captureOnCommitCallbacks(execute=True):
            response = self.client.post(url, follow=True)
        return response.content.decode()

    def test_it_goes_out_once_more_and_is_audited(self) -> None:
        page = self.again()

        self.assertIn("The order confirmation goes to buyer@example.com again.", page)
        self.assertEqual(len(outbox.outbox), 1)
        self.assertTrue(AuditLog.objects.filter(event_type="mail.sent_again", actor=self.ops).exists())
        self.assertIn("sent the mail again: confirmation", page)
        self.mail.refresh_from_db()
        self.assertIsNotNone(self.mail.sent_at)

    def test_the_order_s_page_offers_it_to_those_who_may(self) -> None:
        page, url = reverse("orders:order-detail", args=["PL-1"]), f"/mails/{self.mail.pk}/again/"
        self.assertContains(self.client.get(page), url)

        self.client.force_login(make_user(Role.ANALYST))
        self.assertNotContains(self.client.get(page), url)

    def test_at_most_once_a_minute(self) -> None:
        self.again()
        self.assertIn("was sent less than a minute ago", self.again())
        self.assertIn("was sent less than a minute ago", self.again(self.sent(MailKind.SHIPPED, minutes=0)))

        self.assertEqual(len(outbox.outbox), 1)

    def test_mail_programs_take_it_for_a_new_one(self) -> None:
        before = letters.letter(self.mail).extra_headers["Message-ID"]
        self.again()

        self.assertNotEqual(outbox.outbox[0].extra_headers["Message-ID"], before)

    def test_it_goes_to_the_orders_address_of_today(self) -> None:
        Order.objects.update(email="right@example.com")
        self.again()

        self.assertEqual(outbox.outbox[0].to, ["right@example.com"])

    def test_one_that_was_given_up_days_ago_is_tried_for_a_day_again(self) -> None:
        Mail.objects.update(sent_at=None, created_at=timezone.now() - timedelta(days=9), attempts=9)
        with self.settings(EMAIL_BACKEND="orders.tests.test_sending_again.Broken"), self.assertLogs("orders"):
            self.again()

        self.mail.refresh_from_db()
        self.assertFalse(self.mail.is_given_up)

    def test_a_mail_that_is_not_for_staff_to_repeat_is_not_found(self) -> None:
        for mail in (self.sent(MailKind.ORDER_LINK), self.sent(MailKind.PAYMENT_PROBLEM)):
            url = reverse("orders:mail-resend", args=["PL-1", mail.pk])
            self.assertEqual(self.client.post(url).status_code, 404)

    def test_of_another_order_neither(self) -> None:
        make_order(number="PL-2")
        url = reverse("orders:mail-resend", args=["PL-2", self.mail.pk])

        self.assertEqual(self.client.post(url).status_code, 404)

    def test_two_at_once_send_one(self) -> None:
        now = timezone.now()

        asked = [mailing.send_again(self.mail, actor=self.ops, now=now) for _ in range(2)]
        self.assertEqual(asked, [True, False])


class Broken:
    """A mail server that answers with an error."""

    def __init__(self, **kwargs: object) -> None:
        pass

    def send_messages(self, messages: object) -> int:
        raise ValueError("no")
