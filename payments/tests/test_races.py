"""Real threads on Postgres: what must happen once happens once, whoever is first.

SQLite lets one writer in at a time by itself, so there is nothing to race there. Each proof has
its control, the same run with the guard taken away: it must show the damage.
"""

import uuid
from collections.abc import Callable
from decimal import Decimal
from functools import partial
from threading import Barrier, Thread
from typing import Any
from unittest import skipUnless
from unittest.mock import patch

from django.db import connection
from django.db.models import F
from django.test import Client, override_settings

from accounts.models import Role
from catalog import stock
from catalog.models import StockMovement, Variant
from orders import lifecycle
from orders.lifecycle import IllegalMove
from orders.models import Order, OrderStatus
from orders.placing import Line, place_order
from payments import approvals, refunds
from payments.models import LedgerEntry, RefundLine, RefundRequest, RequestStatus, StripeEvent
from payments.refund_lines import Choice, Pick
from payments.stories.story import Story
from payments.stories.versions import Json
from payments.tests.posting import deliver, with_webhook_secret
from purelaka.testing import NOON, GuardedTransactionTestCase, make_order, make_user, make_variant


def at_once(*work: Callable[[], Any]) -> list[Any]:
    """Run all at the same moment, each in a thread of its own; returns results, or the errors."""
    barrier = Barrier(len(work))
    results: list[Any] = [None] * len(work)

    def run(index: int, step: Callable[[], Any]) -> None:
        try:
            barrier.wait()
            results[index] = step()
        except Exception as error:  # the caller looks at it
            results[index] = error
        finally:
            connection.close()

    threads = [Thread(target=run, args=pair) for pair in enumerate(work)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def cancel(order: Order) -> None:
    lifecycle.cancel(order, actor=None, reason="race")


@skipUnless(connection.vendor == "postgresql", "SQLite has one writer at a time: nothing to race")
@with_webhook_secret()
class RaceCase(GuardedTransactionTestCase):
    def deliver(self, event: Json) -> int:
        return deliver(Client(), event).status_code

    def paid_story(self, number: str = "PL-1", *, placed: bool = True) -> Story:
        story = Story(order_number=number, amount=10_00, at=NOON)
        if placed:
            make_order(number=number, payment_intent_id=story.payment_intent_id)
        story.is_paid()
        return story


class DeliveryRaces(RaceCase):
    def test_the_same_event_twice_has_one_effect_and_two_200s(self) -> None:
        event = next(e for e in self.paid_story().events if e["type"] == "payment_intent.succeeded")

        answers = at_once(*[lambda: deliver(Client(), event).status_code] * 2)

        self.assertEqual(answers, [200, 200])
        self.assertEqual(StripeEvent.objects.count(), 1)
        self.assertEqual(LedgerEntry.objects.filter(kind="sale").count(), 1)
        self.assertEqual(StockMovement.objects.exclude(order_item=None).count(), 1)

    def test_all_events_of_an_order_at_once_end_as_one_after_the_other(self) -> None:
        story = self.paid_story()
        story.is_refunded(4_00)
        events = story.events * 2

        answers = at_once(*[partial(self.deliver, event) for event in events])

        order = Order.objects.get()
        self.assertEqual(set(answers), {200})
        self.assertEqual((order.status, order.amount_refunded), (OrderStatus.PAID, 4_00))
        sums = {
            kind: sum(LedgerEntry.objects.filter(kind=kind).values_list("amount", flat=True))
            for kind in ("sale", "refund")
        }
        self.assertEqual(sums, {"sale": 10_00, "refund": -4_00})

    def test_many_orders_of_the_same_goods_do_not_deadlock(self) -> None:
        goods = [make_variant(stock=100) for _ in range(4)]
        stories = []
        for index in range(12):
            lines = [Line(variant, 1) for variant in (goods if index % 2 else goods[::-1])]
            story = Story(order_number=f"PL-{index}", amount=40_00, at=NOON)
            place_order(
                lines,
                email="a@example.com",
                number=story.order_number,
                payment_intent_id=story.payment_intent_id,
            )
            story.is_paid()
            stories.append(story)

        paid = [next(e for e in s.events if e["type"] == "charge.succeeded") for s in stories]
        answers = at_once(*[partial(self.deliver, event) for event in paid])

        self.assertEqual(set(answers), {200})
        self.assertEqual({v.stock for v in Variant.objects.all()}, {88})


class LastPiecesRaces(RaceCase):
    """32 people want the last 5 pieces."""

    def buy(self) -> int:
        variant = make_variant(stock=5)
        buyers = at_once(
            *[lambda: place_order([Line(Variant.objects.get(pk=variant.pk), 1)], email="a@example.com")] * 32
        )
        return sum(isinstance(bought, Order) for bought in buyers)

    def test_five_are_sold(self) -> None:
        self.assertEqual(self.buy(), 5)
        self.assertEqual(Variant.objects.get().reserved, 5)

    def test_control_read_then_write_sells_too_many(self) -> None:
        def reserve_without_guard(variant: Variant, quantity: int) -> int:
            if variant.available < quantity:
                raise stock.OutOfStock(variant)
            Variant.objects.filter(pk=variant.pk).update(reserved=variant.reserved + quantity)
            return quantity

        with patch("orders.placing.stock.reserve", reserve_without_guard):
            self.assertGreater(self.buy(), 5)


class RefundRaces(RaceCase):
    """Two operators refund the same £10.00 order, £6.00 each."""

    def refund(self) -> int:
        for event in self.paid_story().events:
            deliver(Client(), event)
        order = Order.objects.get()
        ask = [
            lambda: refunds.request_refund(order_id=order.pk, amount=6_00, actor=None, key=uuid.uuid4())
        ] * 2
        return sum(isinstance(asked, RefundRequest) for asked in at_once(*ask))

    def test_one_of_them_is_refused(self) -> None:
        self.assertEqual(self.refund(), 1)
        self.assertEqual(Order.objects.get().amount_refunded, 6_00)

    def test_control_without_the_lock_both_go_through(self) -> None:
        unlocked = patch("django.db.models.query.QuerySet.select_for_update", lambda rows, *a, **k: rows)
        look, barrier = refunds._source, Barrier(2)

        def look_together(*args: Any) -> Any:
            found = look(*args)
            barrier.wait(timeout=10)
            return found

        with unlocked, patch("payments.refunds._source", look_together):
            self.assertEqual(self.refund(), 2)


class PieceRaces(RaceCase):
    """Two operators refund the only piece of a line, £2.00 each of £10.00, and put it back to stock."""

    def refund(self) -> int:
        for event in self.paid_story().events:
            deliver(Client(), event)
        order = Order.objects.get()
        choice = Choice([Pick(order.items.get().pk, 1, restock=True)])

        def ask() -> RefundRequest:
            return refunds.request_refund(order_id=order.pk, amount=2_00, actor=None, choice=choice)

        return sum(isinstance(asked, RefundRequest) for asked in at_once(ask, ask))

    def test_one_of_them_is_refused(self) -> None:
        self.assertEqual(self.refund(), 1)
        self.assertEqual(RefundLine.objects.count(), 1)
        self.assertEqual(StockMovement.objects.filter(reason="return").count(), 1)

    def test_control_without_the_lock_the_piece_goes_back_twice(self) -> None:
        unlocked = patch("django.db.models.query.QuerySet.select_for_update", lambda rows, *a, **k: rows)
        look, barrier = refunds._source, Barrier(2)

        def look_together(*args: Any) -> Any:
            found = look(*args)
            barrier.wait(timeout=10)
            return found

        with unlocked, patch("payments.refunds._source", look_together):
            self.assertEqual(self.refund(), 2)
        self.assertEqual(RefundLine.objects.count(), 2)


class DecisionRaces(RaceCase):
    def test_of_approving_and_declining_at_once_one_counts(self) -> None:
        for event in self.paid_story().events:
            deliver(Client(), event)
        asker, one, two = (make_user(Role.OPS) for _ in range(3))
        with override_settings(REFUND_APPROVAL_LIMIT={"": Decimal(1)}):
            asked = refunds.request_refund(order_id=Order.objects.get().pk, amount=6_00, actor=asker)

        done = at_once(
            partial(approvals.approve, asked.pk, actor=one), partial(approvals.decline, asked.pk, actor=two)
        )

        self.assertEqual(sum(isinstance(each, approvals.CantDecide) for each in done), 1)
        asked.refresh_from_db()
        is_approved = asked.status == RequestStatus.ANSWERED
        self.assertEqual(Order.objects.get().amount_refunded, 6_00 if is_approved else 0)


class CancelRaces(RaceCase):
    def test_cancel_and_payment_agree_on_one_outcome(self) -> None:
        for index in range(5):
            story = self.paid_story(f"PL-{index}")
            order = Order.objects.get(number=story.order_number)
            event = next(e for e in story.events if e["type"] == "payment_intent.succeeded")

            _, answer = at_once(partial(cancel, order), partial(self.deliver, event))

            order.refresh_from_db()
            self.assertEqual(answer, 200)
            paid = order.status == OrderStatus.PAID
            self.assertEqual(order.flag, "" if paid else "paid_after_cancel")
            kinds = set(LedgerEntry.objects.filter(order=order).values_list("kind", flat=True))
            self.assertEqual(kinds, {"sale"} if paid else {"unapplied"})
        self.assertFalse(Variant.objects.filter(reserved__gt=F("stock")).exists())

    def test_two_cancels_give_the_stock_back_once(self) -> None:
        order = make_order()
        done = at_once(*[lambda: cancel(Order.objects.get(pk=order.pk))] * 2)

        self.assertEqual(sum(isinstance(result, IllegalMove) for result in done), 1)
        self.assertEqual(order.items.get().variant.reserved, 0)
