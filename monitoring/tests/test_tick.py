"""manage.py tick does the periodic work, whatever one step of it does."""

from datetime import timedelta
from io import StringIO
from unittest.mock import patch

from django.core.management import CommandError, call_command
from django.test import TestCase
from django.utils import timezone

from accounts.models import UserSession
from monitoring.locks import exclusive
from monitoring.models import CheckRun
from orders.models import Order, OrderStatus
from payments import inbox
from payments.models import EventStatus, Payment, StripeEvent
from payments.stories import delivery
from payments.stories.story import Story
from purelaka.testing import GuardedTransactionTestCase, make_order, make_user


class TickTests(TestCase):
    def tick(self) -> str:
        call_command("tick", stdout=(said := StringIO()))
        return said.getvalue()

    def test_a_reservation_that_ran_out_is_given_back(self) -> None:
        order = make_order(at=timezone.now() - timedelta(hours=1))
        variant = order.items.get().variant

        self.tick()

        order.refresh_from_db()
        variant.refresh_from_db()
        self.assertEqual((order.status, variant.reserved), (OrderStatus.CANCELED, 0))

    def test_a_failed_event_is_applied_again(self) -> None:
        story = Story(order_number="PL-1", amount=10_00, at=timezone.now())
        order = make_order(number="PL-1", payment_intent_id=story.payment_intent_id, at=timezone.now())
        story.is_paid()
        with patch("payments.handlers.project", side_effect=ZeroDivisionError), self.assertLogs("payments"):
            for event in story.events:
                inbox.receive(delivery.body(event).decode())
        self.assertTrue(StripeEvent.objects.filter(status=EventStatus.FAILED).exists())

        self.tick()

        order.refresh_from_db()
        self.assertEqual(order.status, OrderStatus.PAID)
        self.assertFalse(StripeEvent.objects.filter(status=EventStatus.FAILED).exists())

    def test_a_payment_that_missed_its_order_finds_it(self) -> None:
        story = Story(order_number="PL-1", amount=10_00, at=timezone.now())
        story.is_paid()
        for event in story.events:
            inbox.receive(delivery.body(event).decode())
        with patch("orders.placing.after_placing", []):  # as if both had committed in one moment
            make_order(number="PL-1", payment_intent_id=story.payment_intent_id, at=timezone.now())
        self.assertEqual(Order.objects.get().status, OrderStatus.PENDING)

        self.tick()

        self.assertEqual(Order.objects.get().status, OrderStatus.PAID)
        self.assertFalse(Payment.objects.filter(order=None).exists())

    def test_every_check_runs(self) -> None:
        self.assertIn("checks run", self.tick())
        self.assertTrue(CheckRun.objects.exists())

    def test_checks_wait_for_five_minutes_after_their_last_run(self) -> None:
        self.tick()
        runs = CheckRun.objects.count()

        self.tick()
        self.assertEqual(CheckRun.objects.count(), runs)

        CheckRun.objects.update(started_at=timezone.now() - timedelta(minutes=5))
        self.tick()
        self.assertEqual(CheckRun.objects.count(), 2 * runs)

    def test_runs_of_long_ago_are_forgotten(self) -> None:
        ago = timezone.now() - timedelta(days=8)
        old = CheckRun.objects.create(check_name="stock_moved", status="passed", started_at=ago)

        self.tick()

        self.assertFalse(CheckRun.objects.filter(pk=old.pk).exists())

    def test_sessions_that_ran_out_are_forgotten(self) -> None:
        UserSession.objects.create(user=make_user(), session_key="of-long-ago", device="Firefox on Windows")

        self.assertIn("ended sessions forgotten", self.tick())

        self.assertFalse(UserSession.objects.exists())

    def test_a_pause_is_at_least_a_second(self) -> None:
        with self.assertRaisesMessage(CommandError, "invalid seconds value: '0'"):
            call_command("tick", "--loop", "0")

    def test_a_failing_step_is_told_and_stops_no_other(self) -> None:
        out = StringIO()
        broken = patch("monitoring.periodic.sync.pull_missing", side_effect=OSError("no network"))
        with broken, self.assertLogs("monitoring"), self.assertRaisesMessage(CommandError, "1 of the steps"):
            call_command("tick", stdout=out)

        self.assertIn("FAILED: OSError: no network", out.getvalue())
        self.assertIn("checks run", out.getvalue())

    def test_a_second_one_leaves_the_work_to_the_first(self) -> None:
        with exclusive("tick"):
            said = self.tick()

        self.assertIn("Another process is at work on tick", said)
        self.assertFalse(CheckRun.objects.exists())


class TickLoopTests(GuardedTransactionTestCase):
    """A loop gives old connections back, which a test inside a transaction would not survive."""

    def test_a_loop_pauses_for_a_minute_unless_told_else(self) -> None:
        class Ended(Exception):
            pass

        with patch("time.sleep", side_effect=Ended) as sleep, self.assertRaises(Ended):
            call_command("tick", "--loop", stdout=StringIO())

        sleep.assert_called_once_with(60)
