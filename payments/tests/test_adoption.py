"""An event and its order that miss each other find each other later."""

from collections.abc import Callable
from threading import Event, Thread
from typing import Any
from unittest import skipUnless
from unittest.mock import patch

from django.db import connection
from django.test import Client

from monitoring.checks.ledger import payments_in_ledger
from orders.models import Order
from orders.placing import after_placing
from payments.models import Charge, Payment, Refund, StripeEvent
from payments.projection import Cause, adopt_waiting
from payments.stories.story import Story
from payments.tests.posting import deliver, with_webhook_secret
from payments.tests.telling import DAY, NOON, StoryTestCase, net, only, order_of, paid_story
from purelaka.testing import GuardedTransactionTestCase, make_order

LATER = Cause(at=NOON + DAY)
TIMEOUT = 20  # seconds


def unnoticed() -> Any:
    """As if an order and its events had committed in one moment: neither sees the other."""
    return patch("orders.placing.after_placing", [])


class AdoptWaitingTests(StoryTestCase):
    def test_facts_find_the_order_of_their_payment_intent(self) -> None:
        story = paid_story()
        for event in story.events:
            event["data"]["object"]["metadata"] = {}
        self.tell(*story.events)
        with unnoticed():
            order_of(story)
        self.assert_order(status="pending")

        self.assertEqual(adopt_waiting(LATER), 1)
        self.assert_order(status="paid", paid_at=NOON)
        self.assertEqual(net("sale"), 42_00)
        self.assertEqual(set(StripeEvent.objects.values_list("status", "reason")), {("processed", "")})

    def test_facts_find_the_order_they_name(self) -> None:
        story = paid_story()
        self.tell(*story.events)
        with unnoticed():
            make_order(number="PL-1", amount_total=42_00)

        self.assertEqual(adopt_waiting(LATER), 1)
        self.assert_order(status="paid")

    def test_a_refund_finds_the_order_of_its_payment_or_its_charge(self) -> None:
        for name, about in {"payment": {"charge": None}, "charge": {"payment_intent": None}}.items():
            with self.subTest(name):
                story = paid_story(number=f"PL-{name}")
                order_of(story)
                self.tell(*story.events)
                story.passes(DAY)
                story.is_refunded(10_00)
                [refund] = only("refund.created", story)
                refund["data"]["object"] |= {"metadata": {}, **about}
                with patch("payments.handlers.matching.lock_order_of", return_value=None):
                    self.tell(refund)
                self.assert_order(story.order_number, amount_refunded=0)

                self.assertEqual(adopt_waiting(LATER), 1)
                self.assert_order(story.order_number, amount_refunded=10_00)
                self.assertFalse(Refund.objects.filter(order=None).exists())

    def test_what_belongs_to_no_order_is_left_alone(self) -> None:
        story = paid_story(number="PL-404")
        self.tell(*story.events)
        make_order(number="PL-1")

        self.assertEqual(adopt_waiting(LATER), 0)
        self.assertEqual(Payment.objects.get().order, None)

    def test_it_is_one_query_while_there_is_nothing_to_do(self) -> None:
        self.tell(*paid_story(number="PL-404").events)

        if connection.vendor == "sqlite":  # elsewhere this query is prepared, past Django's count
            with self.assertNumQueries(1):
                adopt_waiting(LATER)
        self.assertEqual(adopt_waiting(LATER), 0)

    def test_the_second_time_there_is_nothing_left(self) -> None:
        story = paid_story()
        self.tell(*story.events)
        with unnoticed():
            order_of(story)
        adopt_waiting(LATER)

        self.assertEqual(adopt_waiting(LATER), 0)

    def test_the_next_event_of_the_payment_finds_them_too(self) -> None:
        story = paid_story()
        [later] = only("charge.updated", story)
        self.tell(*(event for event in story.events if event is not later))
        with unnoticed():
            order_of(story)
        self.tell(later)

        self.assert_order(status="paid")


@skipUnless(connection.vendor == "postgresql", "SQLite has one writer at a time: they can't miss each other")
@with_webhook_secret()
class AdoptionRaceTests(GuardedTransactionTestCase):
    """The order commits after the event has looked for it, and looked for payments before it came."""

    def setUp(self) -> None:
        self.story = Story(order_number="PL-1", amount=42_00, at=NOON)
        self.story.is_paid()

    def place_while(self, happens: Callable[[], None]) -> None:
        """Place the order; `happens` after it has looked for payments and before it commits."""
        looked, may_commit = Event(), Event()

        def wait(order: Order) -> None:
            looked.set()
            may_commit.wait(TIMEOUT)

        def place() -> None:
            try:
                with patch("orders.placing.after_placing", [*after_placing, wait]):
                    make_order(
                        number="PL-1", amount_total=42_00, payment_intent_id=self.story.payment_intent_id
                    )
            finally:
                connection.close()

        thread = Thread(target=place)
        thread.start()
        self.assertTrue(looked.wait(TIMEOUT))
        try:
            happens()
        finally:
            may_commit.set()
            thread.join()

    def test_they_can_miss_each_other_and_are_brought_together(self) -> None:
        def events_come() -> None:
            for event in self.story.events:
                self.assertEqual(deliver(Client(), event).status_code, 200)

        self.place_while(events_come)
        self.assertEqual(Order.objects.get().status, "pending")  # this is the damage …
        self.assertTrue(Charge.objects.filter(order=None).exists())
        adopt_waiting(LATER)

        self.assertEqual(Order.objects.get().status, "paid")  # … and this mends it
        self.assertFalse(Charge.objects.filter(order=None).exists())
        self.assertEqual(list(payments_in_ledger(NOON)), [])

    def test_an_event_after_the_commit_pays_the_order_and_the_tick_finds_the_rest(self) -> None:
        *early, last = only({"charge.succeeded", "payment_intent.succeeded", "charge.updated"}, self.story)

        def first_events_come() -> None:
            for event in early:
                deliver(Client(), event)

        self.place_while(first_events_come)
        deliver(Client(), last)

        self.assertEqual(Order.objects.get().status, "paid")
        adopt_waiting(LATER)
        self.assertFalse(Payment.objects.filter(order=None).exists())
