"""Two things at the same moment while an order is being paid, on Postgres."""

from datetime import datetime, timedelta
from functools import partial
from threading import Barrier
from typing import Any
from unittest.mock import patch

from django.db.models import QuerySet
from django.test import Client
from django.utils import timezone

from accounts.models import Role
from orders.models import Order, OrderStatus
from payments import giving_up, intents
from payments.mock import bank
from payments.models import Charge, MockEvent, MockIntent, Payment, StripeEvent
from payments.tests.paying import CARD, NO_FUNDS, SUCCEEDS
from payments.tests.posting import deliver_bytes, quiet
from payments.tests.telling import net
from payments.tests.test_races import RaceCase, at_once
from purelaka.testing import make_order, make_user


class PayingRaces(RaceCase):
    def setUp(self) -> None:
        self.enterContext(quiet("django.request"))
        self.customer = make_user(Role.CUSTOMER)
        self.order = make_order(amount_total=42_00, user=self.customer, at=timezone.now())
        self.url = f"/payments/pay/{self.order.number}/"

    def get(self, url: str) -> int:
        client = Client()
        client.force_login(self.customer)
        return client.get(url).status_code

    def pay(self, number: str = SUCCEEDS) -> int:
        client = Client()
        client.force_login(self.customer)
        return client.post(self.url, {**CARD, "number": number}).status_code

    def charges(self) -> int:
        """How many attempts the pretended Stripe remembers as paid."""
        intents_made = MockIntent.objects.all()
        return sum(step["does"] == "is_paid" for intent in intents_made for step in intent.steps)

    def events(self) -> list[bytes]:
        return [body.encode() for body in MockEvent.objects.order_by("pk").values_list("body", flat=True)]

    def test_two_tabs_opened_at_once_are_one_payment_intent(self) -> None:
        self.assertEqual(at_once(*[partial(self.get, self.url)] * 4), [200] * 4)

        self.assertEqual(MockIntent.objects.count(), 1)
        self.order.refresh_from_db()
        self.assertEqual(self.order.payment_intent_id, MockIntent.objects.get().payment_intent_id)

    def test_the_button_pressed_twice_charges_once(self) -> None:
        self.get(self.url)

        self.assertEqual(at_once(*[self.pay] * 4), [302] * 4)

        self.assertEqual(self.charges(), 1)

    def test_of_two_cards_at_once_both_attempts_are_remembered(self) -> None:
        self.get(self.url)

        self.assertEqual(at_once(*[partial(self.pay, NO_FUNDS)] * 2), [422] * 2)

        self.assertEqual(len(MockIntent.objects.get().steps), 2)

    def test_without_the_lock_one_of_the_attempts_would_be_lost(self) -> None:
        self.get(self.url)
        locked, take_planned, barrier = QuerySet.select_for_update, bank._take_planned, Barrier(2)

        def not_locked(query: QuerySet[Any], *args: Any, **kwargs: Any) -> QuerySet[Any]:
            return query.all() if query.model is MockIntent else locked(query, *args, **kwargs)

        def when_both_have_read(row: MockIntent, now: datetime) -> int:
            barrier.wait(timeout=10)
            return take_planned(row, now)

        unlocked = patch.object(QuerySet, "select_for_update", not_locked)
        with unlocked, patch("payments.mock.bank._take_planned", when_both_have_read):
            at_once(*[partial(self.pay, NO_FUNDS)] * 2)

        self.assertEqual(len(MockIntent.objects.get().steps), 1)

    def test_webhook_and_return_at_once_are_one_sale(self) -> None:
        self.get(self.url)
        self.pay()
        webhooks = [partial(deliver_bytes, Client(), body) for body in self.events()]
        returns = [partial(self.get, f"{self.url}return/?ask=1")] * 3

        answers = at_once(*webhooks, *returns)

        self.assertEqual([getattr(answer, "status_code", answer) for answer in answers], [200] * len(answers))
        self.order.refresh_from_db()
        self.assertEqual(self.order.status, OrderStatus.PAID)
        self.assertEqual((net("sale"), Charge.objects.count()), (42_00, 1))

    def test_paid_in_the_moment_it_ends_it_is_either_and_never_both(self) -> None:
        for staff_cancel in (False, True) * 3:
            with self.subTest(staff_cancel=staff_cancel), quiet("payments"):
                self.order = make_order(amount_total=42_00, user=self.customer, at=timezone.now())
                self.url = f"/payments/pay/{self.order.number}/"
                self.get(self.url)
                at_once(self.pay, self.cancel if staff_cancel else self.expire)
                self.assert_either_paid_or_canceled()

    def expire(self) -> int:
        return giving_up.expire_reservations(timezone.now() + timedelta(hours=1))

    def cancel(self) -> None:
        giving_up.cancel_order(self.order, actor=make_user(Role.OPS), reason="race")

    def assert_either_paid_or_canceled(self) -> None:
        self.order.refresh_from_db()
        intents.look_up(self.order)

        self.order.refresh_from_db()
        is_paid = self.order.status == OrderStatus.PAID
        self.assertIn(self.order.status, (OrderStatus.PAID, OrderStatus.CANCELED))
        self.assertEqual(net("sale"), 42_00 * self.charges())
        self.assertEqual(self.order.flag, "")
        payments = Payment.objects.filter(order=self.order, status="succeeded")
        self.assertEqual(payments.count(), int(is_paid))

    def test_two_processes_post_each_event_once(self) -> None:
        self.get(self.url)
        self.pay()
        later = timezone.now() + timedelta(seconds=5)

        taken = at_once(*[partial(bank.deliver_due, later)] * 3)

        self.assertEqual(sum(taken), len(self.events()))
        self.assertEqual(set(MockEvent.objects.values_list("attempts", flat=True)), {1})
        self.assertEqual(StripeEvent.objects.filter(source="webhook").count(), len(self.events()))
        self.assertEqual(Order.objects.get().status, OrderStatus.PAID)
