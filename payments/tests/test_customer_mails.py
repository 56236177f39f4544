"""Customers are told what happens to their money, once; and nothing by an import, a replay or old news."""

import json
import logging
from datetime import timedelta
from io import StringIO
from unittest import skipIf
from unittest.mock import patch

from django.core import mail as outbox
from django.core.management import call_command
from django.db import connection
from django.test import TestCase, override_settings
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from orders.models import Mail, Order, OrderStatus
from payments import batch, giving_up, projection
from payments.batch import Delivery
from payments.models import EventSource, EventStatus, RefundStatus, StripeEvent
from payments.stories.story import Story
from payments.stories.versions import Json
from payments.tests.posting import deliver, quiet, with_webhook_secret
from purelaka.testing import make_order

HOUR = timedelta(hours=1)


@with_webhook_secret()
class MailTestCase(TestCase):
    def setUp(self) -> None:
        self.story = Story(order_number="PL-1", amount=42_00, at=timezone.now() - HOUR)
        self.told = 0
        self.order = make_order(
            number="PL-1",
            amount_total=42_00,
            payment_intent_id=self.story.payment_intent_id,
            at=timezone.now(),
        )

    def deliver_new(self) -> None:
        """Post what the story has told since the last time, each event twice."""
        fresh, self.told = self.story.events[self.told :], len(self.story.events)
        self.post(fresh)

    def post(self, events: list[Json]) -> None:
        for event in (*events, *events):
            with self.captureOnCommitCallbacks(execute=True):
                self.assertEqual(deliver(self.client, event).status_code, 200)

    def subjects(self) -> list[str]:
        return [str(message.subject) for message in outbox.outbox]


class ConfirmationTests(MailTestCase):
    def test_an_order_that_is_paid_is_confirmed_once_with_how_it_was_paid(self) -> None:
        self.story.is_paid(card="visa")
        self.deliver_new()

        self.assertEqual(self.subjects(), ["Thank you: order PL-1 is confirmed"])
        self.assertIn("£42.00", outbox.outbox[0].body)

    @skipIf(connection.vendor == "postgresql", "prepared statements are not counted there")
    def test_the_mail_costs_the_event_that_pays_one_statement_and_the_others_none(self) -> None:
        self.story.is_paid()
        with CaptureQueriesContext(connection) as queries:
            for event in self.story.events:
                deliver(self.client, event)

        self.assertEqual(sum("orders_mail" in query["sql"] for query in queries), 1)

    def test_a_declined_card_is_not_told(self) -> None:
        self.story.is_declined("insufficient_funds")
        self.deliver_new()

        self.assertEqual(outbox.outbox, [])

    def test_money_that_was_there_before_the_order_confirms_it_when_it_is_placed(self) -> None:
        early = Story(order_number="PL-2", amount=10_00, at=timezone.now() - HOUR)
        early.is_paid()
        self.post(early.events)

        with self.captureOnCommitCallbacks(execute=True):
            make_order(number="PL-2", at=timezone.now())

        self.assertEqual(self.subjects(), ["Thank you: order PL-2 is confirmed"])

    def test_an_event_that_failed_first_confirms_when_it_is_applied(self) -> None:
        self.story.is_paid()
        broken = patch.object(projection, "_post", side_effect=RuntimeError("a bug"))
        with broken, quiet("payments.inbox"), quiet("django.request"):
            for event in self.story.events:
                deliver(self.client, event)
        self.assertFalse(Mail.objects.exists())

        with self.captureOnCommitCallbacks(execute=True):
            call_command("tick", stdout=StringIO())

        self.assertEqual(self.subjects(), ["Thank you: order PL-1 is confirmed"])

    @override_settings(EMAIL_BACKEND="orders.tests.mail_servers.Away")
    def test_a_mail_server_that_is_away_fails_no_payment(self) -> None:
        logging.disable(logging.WARNING)
        self.addCleanup(logging.disable, logging.NOTSET)
        self.story.is_paid()
        self.deliver_new()

        self.assertEqual(Order.objects.get().status, OrderStatus.PAID)
        self.assertEqual(
            set(StripeEvent.objects.values_list("status", flat=True)), {EventStatus.PROCESSED.value}
        )
        self.assertIn("Connection refused", Mail.objects.get().error)


class RefundTests(MailTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.story.is_paid(card="visa")
        self.deliver_new()
        outbox.outbox.clear()

    def test_each_refund_that_succeeds_is_told_with_amount_and_card(self) -> None:
        self.story.is_refunded(4_00)
        self.story.is_refunded(5_00)
        self.deliver_new()

        self.assertEqual(self.subjects(), ["Refund for order PL-1"] * 2)
        first, second = (str(message.body) for message in outbox.outbox)
        self.assertIn("£4.00", first)
        self.assertIn("£5.00", second)
        self.assertIn("Visa •••• 4242", first)
        self.assertIn("5 to 10 days", first)

    def test_a_slow_one_is_told_when_it_arrives(self) -> None:
        refund = self.story.is_refunded(4_00, status=RefundStatus.PENDING)
        self.deliver_new()
        self.assertEqual(outbox.outbox, [])

        self.story.refund_settles(refund)
        self.deliver_new()

        self.assertEqual(len(outbox.outbox), 1)

    def test_one_that_fails_is_for_the_staff(self) -> None:
        refund = self.story.is_refunded(4_00, status=RefundStatus.PENDING)
        self.story.refund_fails(refund)
        self.deliver_new()

        self.assertEqual(outbox.outbox, [])


class PaymentProblemTests(MailTestCase):
    def test_a_payment_that_fails_after_it_had_looked_well_is_told(self) -> None:
        self.story.is_processing()
        self.story.passes(timedelta(minutes=5))
        self.story.is_declined("generic_decline")
        self.deliver_new()

        [message] = outbox.outbox
        self.assertEqual(message.subject, "Order PL-1 is not paid yet")

    def test_an_order_that_ends_unpaid_after_a_decline_is_told_with_the_reason(self) -> None:
        self.story.is_declined("insufficient_funds")
        self.deliver_new()

        self.expire()

        [message] = outbox.outbox
        self.assertIn("The bank declined the card.", message.body)
        self.assertIn("Order again", message.body)

    def test_one_whose_customer_only_left_is_not(self) -> None:
        self.expire()

        self.assertEqual(Order.objects.get().status, OrderStatus.CANCELED)
        self.assertEqual(outbox.outbox, [])

    def expire(self) -> None:
        with self.captureOnCommitCallbacks(execute=True), quiet("payments.giving_up"):
            giving_up.expire_reservations(timezone.now() + timedelta(days=2))


class SilentTests(MailTestCase):
    """Who is told nothing."""

    def test_many_events_at_once_tell_nobody(self) -> None:
        self.story.is_paid()
        self.story.is_refunded(4_00)
        unknown = Story(order_number="PL-9", amount=1_00, at=timezone.now())  # taken in one by one
        unknown.is_paid()
        texts = [json.dumps(event) for event in (*self.story.events, *unknown.events)]
        now = timezone.now()

        batch.receive_many([Delivery(text, EventSource.WEBHOOK, now) for text in texts])

        self.assertEqual(Order.objects.get().amount_refunded, 4_00)
        self.assertFalse(Mail.objects.exists())

    def test_a_replay_tells_nobody(self) -> None:
        self.story.is_paid()
        self.story.is_refunded(4_00)
        self.deliver_new()
        Mail.objects.all().delete()
        Order.objects.update(status=OrderStatus.PENDING, paid_at=None)

        call_command("replay_events", "--status", "all", stdout=StringIO())

        self.assertEqual(Order.objects.get().status, OrderStatus.PAID)
        self.assertFalse(Mail.objects.exists())

    def test_news_that_is_older_than_three_days_tells_nobody(self) -> None:
        old = Story(order_number="PL-3", amount=10_00, at=timezone.now() - timedelta(days=4))
        make_order(number="PL-3", payment_intent_id=old.payment_intent_id)
        old.is_paid()
        self.post(old.events)

        self.assertEqual(Order.objects.get(number="PL-3").status, OrderStatus.PAID)
        self.assertFalse(Mail.objects.exists())
