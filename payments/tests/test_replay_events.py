"""Applying stored events again by command: what failed, or everything into empty projections."""

import json
import logging
from datetime import timedelta
from io import StringIO
from unittest.mock import patch

from django.core.management import CommandError, call_command
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase as RandomTestCase

from audit.models import AuditLog
from catalog.models import StockMovement, StockReason, Variant
from orders.models import Order, OrderItem, OrderStatus
from payments import handlers, inbox
from payments.models import EventSource, EventStatus, LedgerEntry, StripeEvent
from payments.stories.journal import is_answer
from payments.stories.payouts import PayoutBook
from payments.stories.story import Story
from payments.stories.versions import Json
from payments.tests.posting import deliver
from payments.tests.state import FACTS, everything
from payments.tests.strategies import stories
from payments.tests.telling import DAY, NOON, StoryTestCase, order_of, paid_story
from purelaka import append_only
from purelaka.testing import make_order, make_variant


def replay(*options: str) -> str:
    """What the command prints."""
    out = StringIO()
    call_command("replay_events", *options, stdout=out, stderr=out)
    return out.getvalue()


def empty_projections() -> None:
    """Take away all that events led to; orders, goods and the inbox stay as they were before them."""
    with transaction.atomic(), append_only.lifted():
        for model in (LedgerEntry, *FACTS):
            model.objects.all().delete()
        for movement in StockMovement.objects.filter(reason=StockReason.SALE).select_related("variant"):
            give_back(movement)
        Order.objects.filter(status=OrderStatus.PAID).update(status=OrderStatus.PENDING, paid_at=None)
        Order.objects.update(
            refund_status="none",
            dispute_status="none",
            flag="",
            amount_refunded=0,
            refunded_at=None,
            awaits_stock=False,
        )


def give_back(movement: StockMovement) -> None:
    """The goods to the shelf, and to the order that had reserved them."""
    variant = Variant.objects.get(pk=movement.variant_id)
    pieces = -movement.quantity
    Variant.objects.filter(pk=variant.pk).update(
        stock=variant.stock + pieces, reserved=variant.reserved + pieces
    )
    OrderItem.objects.filter(stockmovement=movement).update(reserved=pieces)
    movement.delete()


def broken(*what: object) -> str:
    raise ZeroDivisionError("on purpose")


class ReplayCase(StoryTestCase):
    def setUp(self) -> None:
        logging.disable(logging.CRITICAL)  # the failures are meant
        self.addCleanup(logging.disable, logging.NOTSET)
        self.story = paid_story()
        order_of(self.story)

    def tell_failing(self, *events: Json) -> None:
        with patch.dict(handlers.HANDLER_OF_OBJECT, payment_intent=broken, charge=broken):
            for event in events:
                deliver(self.client, event)


class FailedTests(ReplayCase):
    def setUp(self) -> None:
        super().setUp()
        self.tell_failing(*self.story.events)

    def test_what_failed_takes_effect_and_the_summary_says_how_many(self) -> None:
        self.assertEqual(
            replay().strip(), f"replayed={len(self.story.events)}: processed=4, ignored=0, failed=0"
        )

        self.assert_order(status="paid")
        self.assertEqual(LedgerEntry.objects.get().amount, 42_00)
        self.assertEqual(replay().strip(), "replayed=0: processed=0, ignored=0, failed=0")

    def test_it_is_in_the_audit_log(self) -> None:
        replay()

        self.assertEqual(AuditLog.objects.get(event_type="events.replayed").data["counts"], {"processed": 4})

    def test_what_fails_again_is_named_and_the_exit_code_is_1(self) -> None:
        out = StringIO()
        with (
            patch.dict(handlers.HANDLER_OF_OBJECT, charge=broken),
            self.assertRaises(CommandError) as stopped,
        ):
            call_command("replay_events", stdout=out, stderr=out)

        self.assertEqual(stopped.exception.returncode, 1)
        self.assertIn("2 events fail", str(stopped.exception))
        failed = StripeEvent.objects.filter(status=EventStatus.FAILED)
        for event in failed:
            self.assertIn(f"failed {event.event_id}: ZeroDivisionError: on purpose", out.getvalue())
        self.assertIn("processed=2, ignored=0, failed=2", out.getvalue())
        self.assert_order(status="paid")

    def test_only_one_type(self) -> None:
        self.assertIn("replayed=1: processed=1", replay("--type", "payment_intent.succeeded"))

    def test_only_since_a_moment(self) -> None:
        first = StripeEvent.objects.order_by("pk")[0]
        StripeEvent.objects.filter(pk=first.pk).update(received_at=NOON)

        self.assertIn("replayed=0:", replay("--since", "9999-01-01"))
        self.assertIn("replayed=3:", replay("--since", "2026-06-15T12:00:01+00:00"))
        self.assertIn("replayed=1:", replay("--since", "2026-06-15"))

    def test_what_is_no_moment_is_refused(self) -> None:
        for text in ("yesterday", "2026-13-01", "2026-06-15T99:00"):
            with (
                self.subTest(text=text),
                self.assertRaisesMessage(CommandError, "is no moment: write one as"),
            ):
                replay("--since", text)

    def test_a_dry_run_says_what_would_change_and_writes_nothing(self) -> None:
        before = (everything(), list(StripeEvent.objects.values()), AuditLog.objects.count())
        said = replay("--dry-run")

        self.assertIn(f"would post sale £42.00: PL-1 {self.story.payment_intent_id} on 2026-06-15", said)
        self.assertIn("would change order PL-1 status: pending -> paid", said)
        self.assertIn("1 ledger entries and 1 stock movements would be posted, 1 orders and 2 facts", said)
        self.assertIn("Dry run, nothing was written. would replay=4: processed=4, ignored=0, failed=0", said)
        self.assertEqual((everything(), list(StripeEvent.objects.values()), AuditLog.objects.count()), before)


class RebuildTests(ReplayCase):
    def test_everything_is_made_again_from_the_inbox(self) -> None:
        self.tell_a_busy_week()
        before = everything()
        ledger = list(LedgerEntry.objects.order_by("pk").values("kind", "amount", "posted_at", "event_id"))

        empty_projections()
        self.assertNotEqual(everything(), before)
        said = replay("--status", "all")

        self.maxDiff = 4000
        self.assertEqual(everything(), before)
        self.assertEqual(
            list(LedgerEntry.objects.order_by("pk").values("kind", "amount", "posted_at", "event_id")), ledger
        )
        self.assertIn("failed=0", said)

    def test_where_nothing_is_missing_nothing_changes(self) -> None:
        self.tell_a_busy_week()
        before = (everything(), list(LedgerEntry.objects.values()), list(StockMovement.objects.values()))

        replay("--status", "all")
        said = replay("--status", "all", "--dry-run")

        after = (everything(), list(LedgerEntry.objects.values()), list(StockMovement.objects.values()))
        self.assertEqual(after, before)
        self.assertIn("0 ledger entries and 0 stock movements would be posted, 0 orders and 0 facts", said)

    def tell_a_busy_week(self) -> None:
        """Two refunds, one of which fails; a dispute that is won; a second payment; a payout of it all."""
        failing = self.story.is_refunded(5_00)
        self.story.is_refunded(6_00)
        self.story.passes(DAY)
        self.story.refund_fails(failing)
        disputed = paid_story("PL-2", at=NOON + timedelta(hours=1))
        order_of(disputed)
        disputed.passes(DAY)
        disputed.dispute_is_won(disputed.is_disputed())
        twice = paid_story("PL-2", seed="twice", at=NOON + timedelta(hours=2))
        book = PayoutBook(at=NOON + 9 * DAY)
        lines = [
            *self.story.balance_transactions,
            *disputed.balance_transactions,
            *twice.balance_transactions,
        ]
        [payout] = book.pays_out(lines)
        book.payout_arrives(payout)
        self.tell_all(self.story, disputed, twice, book)


class RandomRebuildTests(RandomTestCase):
    @settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(
        first=stories(order_number="PL-1", amount=42_00),
        second=stories(order_number="PL-1", amount=42_00, seed="other", steps=3),
        data=st.data(),
    )
    def test_any_inbox_in_any_order_makes_the_same_again(
        self, first: Story, second: Story, data: st.DataObject
    ) -> None:
        make_order(number="PL-1", amount_total=42_00, variant=make_variant(sku="CREAM", unit_amount=42_00))
        told = data.draw(st.permutations([*first.told, *second.told]))
        for event in told:
            inbox.receive(json.dumps(event), source=source_of(event))
        before = everything()

        empty_projections()
        replay("--status", "all")

        self.maxDiff = 3000
        self.assertEqual(everything(), before)


def source_of(event: Json) -> EventSource:
    return EventSource.API if is_answer(event) else EventSource.WEBHOOK
