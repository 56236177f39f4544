import json
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import patch

from django.db import connection, transaction
from django.db.models import Sum
from django.test import TestCase
from django.test.utils import CaptureQueriesContext
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase as HypothesisTestCase

from audit.models import AuditLog
from catalog.models import StockMovement
from orders.models import Order
from payments import batch, handlers, inbox
from payments.batch import Delivery
from payments.envelope import Envelope
from payments.models import (
    BalanceTransaction,
    Charge,
    Dispute,
    EventSource,
    EventStatus,
    LedgerEntry,
    Payment,
    Payout,
    Refund,
    StripeEvent,
)
from payments.projection import Cause
from payments.stories.journal import is_answer, moment
from payments.stories.payouts import PayoutBook
from payments.stories.story import Story
from payments.stories.versions import Json
from payments.tests.strategies import stories
from purelaka.testing import make_order

DATABASE_IDS = {"id", "order_id", "order_item_id", "variant_id"}
OUR_CLOCK = {"paid_known_at"}  # of an order that was placed after its payment came: when that was


def delivery(said: Json) -> Delivery:
    source = EventSource.API if is_answer(said) else EventSource.WEBHOOK
    return Delivery(json.dumps(said), source, moment(said["created"]) + timedelta(seconds=1))


def place(story: Story) -> Order:
    return make_order(
        amount_total=story.intent["amount"],
        currency=story.intent["currency"],
        number=story.order_number,
        payment_intent_id=story.payment_intent_id,
        at=story.clock - timedelta(days=400),
    )


def state() -> dict[str, list[Any]]:
    """Everything the events had an effect on, without database ids."""
    found: dict[str, list[Any]] = {}
    for model in (Payment, Charge, Refund, Dispute, Payout, BalanceTransaction):
        found[model.__name__] = sorted(map(_values, model._default_manager.values()), key=repr)
    events = StripeEvent.objects.order_by("event_id")
    found["StripeEvent"] = [*events.values_list("event_id", "payload", "status", "reason", "received_at")]
    entries = LedgerEntry.objects.values_list("order__number", "kind", "source_id", "currency", "occurred_on")
    net = entries.annotate(net=Sum("amount")).exclude(net=0)
    found["LedgerEntry"] = sorted(net.order_by(), key=repr)
    found["Order"] = [*map(_values, Order.objects.order_by("number").values())]
    found["StockMovement"] = [*StockMovement.objects.order_by("pk").values_list("quantity", "reason")]
    return found


def _values(row: Any) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in DATABASE_IDS | OUR_CLOCK}


class SameStateTests(HypothesisTestCase):
    @settings(max_examples=15, deadline=None)
    @given(stories(order_number="PL-1"), stories(order_number="PL-2"), st.randoms(use_true_random=False))
    def test_many_at_once_end_where_one_by_one_ends(self, first: Story, second: Story, random: Any) -> None:
        """In any order, with duplicates, cut into two batches, with an order that is not known yet."""
        told = [*first.told, *second.told, *self._payouts(first, second)]
        told += random.sample(told, 3)
        random.shuffle(told)
        cut = random.randrange(len(told))

        def one_by_one() -> None:
            for said in told:
                came = delivery(said)
                inbox.receive(came.text, source=came.source, received_at=came.received_at)

        def in_batches() -> None:
            batch.receive_many([delivery(said) for said in told[:cut]])
            batch.receive_many([delivery(said) for said in told[cut:]])

        self.assertEqual(
            self._what_becomes_of(first, second, in_batches), self._what_becomes_of(first, second, one_by_one)
        )

    def _payouts(self, *paid: Story) -> list[Json]:
        book = PayoutBook(at=max(story.clock for story in paid) + timedelta(days=5))
        for payout in book.pays_out([line for story in paid for line in story.balance_transactions]):
            book.payout_arrives(payout)
        return book.told

    def _what_becomes_of(self, known: Story, unknown: Story, happens: Any) -> Any:
        try:
            with transaction.atomic():
                place(known)
                happens()
                place(unknown)
                raise Undo(state())
        except Undo as outcome:
            return outcome.args[0]


class Undo(Exception):
    """Carries the outcome out of a transaction that is taken back."""


class ReceiveManyTests(TestCase):
    def test_each_entry_names_the_event_that_told_of_it(self) -> None:
        story = Story(order_number="PL-1", amount=42_00, at=datetime(2026, 6, 1, 12, tzinfo=UTC))
        story.passes(timedelta(minutes=3))
        paid_at = story.clock
        story.is_paid()
        story.passes(timedelta(days=2))
        refunded_at = story.clock
        refund = story.is_refunded(10_00)
        story.passes(timedelta(days=2))
        failed_at = story.clock
        story.refund_fails(refund)
        place(story)
        batch.receive_many([delivery(said) for said in story.told])

        causes = {
            entry.kind: (entry.event.type, entry.posted_at)
            for entry in LedgerEntry.objects.select_related("event").order_by("pk")
            if entry.event
        }
        second = timedelta(seconds=1)
        self.assertEqual(causes["sale"], ("charge.succeeded", paid_at + second))
        self.assertEqual(
            causes["fee"], ("balance_transaction.listed", paid_at + timedelta(seconds=2) + second)
        )
        self.assertEqual(causes["refund"], ("refund.created", refunded_at + second))
        self.assertEqual(causes["refund_reversal"], ("refund.failed", failed_at + second))
        self.assertEqual(AuditLog.objects.get(event_type="order.paid").at, paid_at + second)

    def test_an_event_that_fails_fails_alone(self) -> None:
        deliveries = self._declined(2)

        def fails_for_the_first(event: Envelope, cause: Cause) -> str:
            if event.event_id == first_id:
                raise ZeroDivisionError
            return handlers.apply_payment(event, cause)

        first_id = json.loads(deliveries[0].text)["id"]
        with (
            patch.object(batch, "_apply", side_effect=ZeroDivisionError),
            patch.dict(handlers.HANDLER_OF_OBJECT, payment_intent=fails_for_the_first),
            self.assertLogs("payments", "ERROR"),
        ):
            batch.receive_many(deliveries)

        failed = StripeEvent.objects.get(status=EventStatus.FAILED)
        self.assertEqual(failed.event_id, first_id)
        self.assertEqual(StripeEvent.objects.filter(status=EventStatus.PROCESSED).count(), 5)

    def test_a_larger_batch_takes_no_more_queries(self) -> None:
        few, many = self._declined(2), self._declined(20)

        with CaptureQueriesContext(connection) as of_few:
            batch.receive_many(few)
        with self.assertNumQueries(len(of_few)):
            batch.receive_many(many)

        self.assertEqual(StripeEvent.objects.filter(status=EventStatus.PROCESSED).count(), 22 * 3)

    def _declined(self, count: int) -> list[Delivery]:
        stories = [
            Story(order_number=f"PL-{count}-{number}", amount=10_00, at=datetime(2026, 6, 1, tzinfo=UTC))
            for number in range(count)
        ]
        for story in stories:
            place(story)
            story.is_declined()
        return [delivery(said) for story in stories for said in story.told]
