"""A mail is written with what it tells of, goes out once that is committed, and is not lost."""

import logging
from datetime import timedelta
from itertools import pairwise
from unittest import skipIf, skipUnless

from django.core import mail as outbox
from django.db import connection, transaction
from django.test import TestCase, override_settings
from django.utils import timezone

from accounts.models import Role
from orders import lifecycle, mailing, postman
from orders.mailing import write
from orders.models import Mail, MailKind, Order, OrderStatus
from orders.tests.mail_servers import HERE
from purelaka.testing import GuardedTransactionTestCase, make_order, make_user


def minutes(number: float) -> timedelta:
    return timedelta(minutes=number)


class MailTestCase(TestCase):
    def setUp(self) -> None:
        self.order = make_order()
        logging.disable(logging.WARNING)
        self.addCleanup(logging.disable, logging.NOTSET)

    def tell(self, kind: MailKind = MailKind.SHIPPED, about: str = "") -> Mail:
        """Write a mail as a step of the shop does, and commit."""
        with self.captureOnCommitCallbacks(execute=True):
            write(self.order, kind, about)
        return Mail.objects.get(order=self.order, kind=kind, about=about)


class WritingTests(MailTestCase):
    def test_it_goes_out_when_what_it_tells_of_is_committed(self) -> None:
        with self.captureOnCommitCallbacks(execute=True):
            write(self.order, MailKind.SHIPPED)
            self.assertEqual(outbox.outbox, [])

        [message] = outbox.outbox
        self.assertEqual(message.to, [self.order.email])
        mail = Mail.objects.get()
        self.assertIsNotNone(mail.sent_at)
        self.assertEqual((mail.attempts, mail.error, mail.next_try_at), (1, "", None))

    def test_what_is_taken_back_is_not_told(self) -> None:
        with self.captureOnCommitCallbacks(execute=True), transaction.atomic():
            write(self.order, MailKind.SHIPPED)
            transaction.set_rollback(True)

        self.assertEqual((outbox.outbox, Mail.objects.count()), ([], 0))

    def test_the_same_is_told_once(self) -> None:
        self.tell()
        self.tell()

        self.assertEqual(len(outbox.outbox), 1)

    def test_each_refund_is_told(self) -> None:
        self.tell(MailKind.ORDER_LINK, about="1")
        self.tell(MailKind.ORDER_LINK, about="2")

        self.assertEqual(len(outbox.outbox), 2)

    def test_an_order_without_an_address_is_told_to_nobody(self) -> None:
        Order.objects.update(email="")
        self.order.refresh_from_db()

        with self.captureOnCommitCallbacks(execute=True):
            write(self.order, MailKind.SHIPPED)

        self.assertFalse(Mail.objects.exists())

    @skipIf(connection.vendor == "postgresql", "prepared statements are not counted there")
    def test_writing_costs_one_statement(self) -> None:
        with self.assertNumQueries(1):
            write(self.order, MailKind.SHIPPED)


class ServerAwayTests(MailTestCase):
    @override_settings(EMAIL_BACKEND=f"{HERE}.Away")
    def test_it_fails_nothing_and_is_kept_with_the_error(self) -> None:
        before = timezone.now()
        mail = self.tell()

        self.assertIsNone(mail.sent_at)
        self.assertIn("Connection refused", mail.error)
        assert mail.next_try_at is not None
        self.assertGreaterEqual(mail.next_try_at, before + minutes(1))

    def test_it_goes_out_when_the_server_is_back(self) -> None:
        with override_settings(EMAIL_BACKEND=f"{HERE}.HangsUp"):
            self.tell()

        self.assertEqual(mailing.send_waiting(timezone.now()), 0)  # not before its time
        self.assertEqual(mailing.send_waiting(timezone.now() + minutes(2)), 1)

        mail = Mail.objects.get()
        self.assertEqual((mail.error, mail.attempts, len(outbox.outbox)), ("", 2, 1))

    @override_settings(EMAIL_BACKEND=f"{HERE}.Away")
    def test_the_pauses_grow_and_after_a_day_it_is_given_up(self) -> None:
        mail = self.tell()
        tries = [mail.created_at]
        while mail.next_try_at is not None:
            tries.append(mail.next_try_at)
            mailing.send_waiting(mail.next_try_at)
            mail.refresh_from_db()

        pauses = [(later - sooner) // minutes(1) for sooner, later in pairwise(tries)]
        self.assertEqual(pauses, [1, 5, 15, 60, 240, 240, 240, 240, 240])
        self.assertTrue(mail.is_given_up)
        self.assertLess(tries[-1], mail.created_at + timedelta(days=1))

    @override_settings(EMAIL_BACKEND=f"{HERE}.Away")
    def test_the_tick_does_not_knock_once_for_each_mail(self) -> None:
        for about in "abc":
            self.tell(MailKind.ORDER_LINK, about)

        mailing.send_waiting(timezone.now() + minutes(2))

        self.assertEqual(sorted(Mail.objects.values_list("attempts", flat=True)), [1, 1, 2])


class RefusedTests(MailTestCase):
    @override_settings(EMAIL_BACKEND=f"{HERE}.KnowsNobody")
    def test_a_recipient_who_does_not_exist_is_not_tried_again(self) -> None:
        mail = self.tell()

        self.assertTrue(mail.is_given_up)
        self.assertIn("No such user", mail.error)

    @override_settings(EMAIL_BACKEND=f"{HERE}.KnowsNobodyAtTheMoment")
    def test_one_who_is_refused_for_now_is(self) -> None:
        self.assertFalse(self.tell().is_given_up)

    def test_one_bad_mail_does_not_hold_up_the_others(self) -> None:
        with override_settings(EMAIL_BACKEND=f"{HERE}.KnowsNobodyAtTheMoment"):
            self.tell(MailKind.REFUND, about="re_unknown")  # no such refund: its letter can't be written
            self.tell(MailKind.SHIPPED)

        self.assertEqual(mailing.send_waiting(timezone.now() + minutes(2)), 1)
        self.assertIn("DoesNotExist", Mail.objects.get(kind=MailKind.REFUND).error)


class CrashTests(MailTestCase):
    """Rather twice than never."""

    def test_a_mail_whose_process_died_goes_out_again_with_the_same_id(self) -> None:
        with override_settings(EMAIL_BACKEND=f"{HERE}.ProcessDies"), self.assertRaises(KeyboardInterrupt):
            self.tell()

        self.assertEqual(mailing.send_waiting(timezone.now() + minutes(14)), 0)  # somebody may be at it
        self.assertEqual(mailing.send_waiting(timezone.now() + minutes(16)), 1)

        first, second = (message.extra_headers["Message-ID"] for message in outbox.outbox)
        self.assertEqual(first, second)


class FulfilTests(MailTestCase):
    def test_who_fulfils_an_order_tells_its_customer_with_the_tracking_number(self) -> None:
        Order.objects.update(status=OrderStatus.PAID, paid_at=timezone.now())
        self.order.refresh_from_db()

        with self.captureOnCommitCallbacks(execute=True):
            lifecycle.fulfil(self.order, actor=make_user(Role.OPS), tracking_number="RM123456785GB")

        [message] = outbox.outbox
        self.assertIn("on its way", message.subject)
        self.assertIn("RM123456785GB", message.body)


@skipUnless(connection.vendor == "postgresql", "SQLite in memory has no second connection")
@override_settings(MAIL_IN_BACKGROUND=True)
class BackgroundTests(GuardedTransactionTestCase):
    def test_a_page_does_not_wait_for_the_mail_server(self) -> None:
        with transaction.atomic():
            write(make_order(), MailKind.SHIPPED)
        postman.wait_until_done()

        self.assertEqual(len(outbox.outbox), 1)
        self.assertIsNotNone(Mail.objects.get().sent_at)
