"""localstripe posts its events to a running server: paid by webhook, in either order with coming back."""

import threading
from collections.abc import Callable
from typing import Any

from django.core.signals import request_finished, request_started
from django.test import LiveServerTestCase

from orders.models import Order, OrderStatus
from payments import inbox, intents
from payments.models import EventSource, EventStatus, Payment, PaymentStatus, Payout, StripeEvent
from payments.tests.posting import ADDRESS, SECRET, quiet
from payments.tests.stripe_mode import IS_DECLINED, SUCCEEDS, WithLocalStripe, ask_for_money, place
from payments.tests.telling import net
from purelaka.testing import GuardedTransactionTestCase

LIMIT = 15  # seconds an event may take; localstripe sends them after one


class WebhookTests(WithLocalStripe, GuardedTransactionTestCase, LiveServerTestCase):
    def setUp(self) -> None:
        # On SQLite in memory all threads share one connection, with it its transaction: whoever uses it
        # holds this lock, a request from its start to its end.
        self.served = threading.Condition()
        for signal, receiver in ((request_started, self.begin), (request_finished, self.end)):
            signal.connect(receiver)
            self.addCleanup(signal.disconnect, receiver)
        self.stripe.post_events_to(f"{self.live_server_url}{ADDRESS}", SECRET)
        self.order = place()
        self.intent = ask_for_money(self.order)

    def begin(self, **kwargs: Any) -> None:
        self.served.acquire()

    def end(self, **kwargs: Any) -> None:
        self.served.notify_all()
        self.served.release()

    def wait_for(self, what: Callable[[], bool]) -> None:
        with self.served:
            self.assertTrue(self.served.wait_for(what, LIMIT), "the event did not come")

    def wait_for_event(self, kind: str) -> StripeEvent:
        """The event of this type about our intent, once it is here. Each test waits for all it causes."""
        told = StripeEvent.objects.filter(source=EventSource.WEBHOOK, type=kind, object_id=self.intent["id"])
        self.wait_for(told.exists)
        return told.get()

    def assert_paid_once(self) -> None:
        order = Order.objects.get(pk=self.order.pk)
        self.assertEqual((order.status, order.flag), (OrderStatus.PAID, ""))
        self.assertEqual(net("sale"), order.amount_total)

    def test_the_webhook_alone_pays_the_order(self) -> None:
        self.stripe.pay(self.intent["id"], SUCCEEDS)
        event = self.wait_for_event("payment_intent.succeeded")

        self.assertEqual((event.status, event.reason), (EventStatus.PROCESSED, ""))
        self.assertEqual(event.api_version, "2017-08-15")
        self.assert_paid_once()

    def test_the_webhook_comes_after_the_customer(self) -> None:
        self.stripe.pay(self.intent["id"], SUCCEEDS)
        intents.look_up(self.order)
        self.assert_paid_once()

        self.wait_for_event("payment_intent.succeeded")
        self.assert_paid_once()

    def test_the_customer_comes_after_the_webhook(self) -> None:
        self.stripe.pay(self.intent["id"], SUCCEEDS)
        self.wait_for_event("payment_intent.succeeded")
        intents.look_up(self.order)

        self.assert_paid_once()

    def test_a_decline_is_told_and_then_the_same_intent_is_paid(self) -> None:
        self.stripe.pay(self.intent["id"], IS_DECLINED)
        self.wait_for_event("payment_intent.payment_failed")
        self.assertEqual(Payment.objects.get().failure_code, "card_declined")
        self.assertEqual(Order.objects.get().status, OrderStatus.PENDING)

        self.stripe.pay(self.intent["id"], SUCCEEDS)
        self.wait_for_event("payment_intent.succeeded")
        self.assert_paid_once()
        self.assertEqual(Payment.objects.get().status, PaymentStatus.SUCCEEDED)

    def test_payouts_of_this_version_are_understood(self) -> None:
        paid = self.stripe.create("/v1/payouts", amount=30_00, currency="eur", status="paid")
        pending = self.stripe.create("/v1/payouts", amount=10_00, currency="eur")
        self.stripe.create(f"/v1/payouts/{pending['id']}/cancel")
        told = StripeEvent.objects.filter(type__startswith="payout.", source=EventSource.WEBHOOK)
        self.wait_for(lambda: told.count() == 4)

        self.assertEqual(set(told.values_list("status", "reason")), {(EventStatus.PROCESSED, "")})
        self.assertEqual(
            dict(Payout.objects.values_list("payout_id", "status")),
            {paid["id"]: "paid", pending["id"]: "canceled"},
        )

    def test_what_is_of_no_use_is_kept_and_ignored(self) -> None:
        self.stripe.create("/v1/customers", email="buyer@example.com")
        self.stripe.create("/v1/products", name="Oat cleanser", type="good")
        told = StripeEvent.objects.filter(source=EventSource.WEBHOOK)
        self.wait_for(lambda: told.count() == 2)

        self.assertEqual(set(told.values_list("type", flat=True)), {"customer.created", "product.created"})
        self.assertEqual(set(told.values_list("status", "reason")), {(EventStatus.IGNORED, inbox.NO_USE)})

    def test_another_secret_is_refused(self) -> None:
        self.enterContext(quiet("django.request"))
        other = place()
        intent = ask_for_money(other)
        self.stripe.post_events_to(f"{self.live_server_url}{ADDRESS}", "whsec_of_somebody_else")
        served = threading.Event()
        request_finished.connect(lambda **kwargs: served.set(), weak=False, dispatch_uid="refused")
        self.addCleanup(request_finished.disconnect, dispatch_uid="refused")
        self.stripe.pay(intent["id"], SUCCEEDS)

        self.assertTrue(served.wait(LIMIT))
        self.assertFalse(StripeEvent.objects.filter(source=EventSource.WEBHOOK).exists())
        other.refresh_from_db()
        self.assertEqual(other.status, OrderStatus.PENDING)
