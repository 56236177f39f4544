"""Stripe mode against a running localstripe: paying, and coming back without any webhook."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from unittest.mock import patch

from django.test import TestCase, override_settings
from django.urls import reverse
from django.utils import timezone

from orders.models import Order, OrderStatus, RefundState
from payments import giving_up, intents, refunds
from payments.gateway import GatewayError, StripeGateway
from payments.models import Charge, Payment, PaymentStatus, RequestStatus, StripeEvent
from payments.tests.posting import quiet
from payments.tests.stripe_mode import (
    ASKS_AND_IS_DECLINED,
    ASKS_THE_BANK,
    IS_DECLINED,
    SUCCEEDS,
    WithLocalStripe,
    ask_for_money,
    place,
)
from payments.tests.telling import net


class StripeModeTestCase(WithLocalStripe, TestCase):
    def assert_pending(self, order: Order) -> None:
        order.refresh_from_db()
        self.assertEqual((order.status, order.paid_at), (OrderStatus.PENDING, None))
        self.assertEqual(net("sale"), 0)

    def assert_paid_once(self, order: Order) -> None:
        order.refresh_from_db()
        self.assertEqual((order.status, order.flag), (OrderStatus.PAID, ""))
        self.assertEqual(net("sale"), order.amount_total)


class AskingTests(StripeModeTestCase):
    def test_the_intent_is_over_the_orders_total_and_names_the_order(self) -> None:
        order = place()
        intent = ask_for_money(order)

        self.assertEqual((intent["amount"], intent["currency"]), (42_00, "gbp"))
        self.assertEqual(intent["metadata"], {"order_number": order.number, "instance": "purelaka"})
        self.assertEqual(order.payment_intent_id, intent["id"])

    def test_asking_again_gives_the_same_intent(self) -> None:
        order = place()

        self.assertEqual(ask_for_money(order)["id"], ask_for_money(order)["id"])

    def test_a_currency_without_minor_units(self) -> None:
        intent = ask_for_money(place(4200, currency="jpy"))

        self.assertEqual((intent["amount"], intent["currency"]), (4200, "jpy"))

    def test_the_secret_of_the_intent_is_not_kept(self) -> None:
        order = place()
        secret = ask_for_money(order)["client_secret"]
        intents.look_up(order)

        for event in StripeEvent.objects.all():
            self.assertNotIn(secret, event.payload)


class PayingTests(StripeModeTestCase):
    def setUp(self) -> None:
        self.order = place()
        self.intent = ask_for_money(self.order)

    def look_up(self) -> str:
        found = intents.look_up(self.order)
        assert found is not None
        return str(found["status"])

    def test_a_paid_intent_pays_the_order(self) -> None:
        self.assertEqual(self.stripe.pay(self.intent["id"], SUCCEEDS)["status"], "succeeded")

        self.assertEqual(self.look_up(), PaymentStatus.SUCCEEDED)
        self.assert_paid_once(self.order)

    def test_the_charge_is_known_with_it_and_is_no_second_sale(self) -> None:
        self.stripe.pay(self.intent["id"], SUCCEEDS)
        self.look_up()

        charge = Charge.objects.get()
        self.assertEqual((charge.order, charge.status, charge.amount), (self.order, "succeeded", 42_00))
        self.assertTrue(charge.balance_transaction_id)
        self.assert_paid_once(self.order)

    def test_looking_twice_pays_once(self) -> None:
        self.stripe.pay(self.intent["id"], SUCCEEDS)
        self.look_up()
        self.look_up()

        self.assert_paid_once(self.order)

    def test_nothing_was_paid_yet(self) -> None:
        self.assertEqual(self.look_up(), PaymentStatus.REQUIRES_PAYMENT_METHOD)
        self.assert_pending(self.order)

    def test_after_a_decline_the_same_intent_is_paid(self) -> None:
        declined = self.stripe.pay(self.intent["id"], IS_DECLINED)
        self.assertEqual(declined["error"]["code"], "card_declined")
        self.look_up()
        self.assert_pending(self.order)
        self.assertEqual(Payment.objects.get().failure_code, "card_declined")

        self.assertEqual(ask_for_money(self.order)["id"], self.intent["id"])
        self.stripe.pay(self.intent["id"], SUCCEEDS)
        self.look_up()
        self.assert_paid_once(self.order)

    def test_the_bank_asks_the_customer_who_confirms(self) -> None:
        asked = self.stripe.pay(self.intent["id"], ASKS_THE_BANK)
        self.assertEqual(asked["status"], "requires_action")
        self.assertEqual(self.look_up(), PaymentStatus.REQUIRES_ACTION)
        self.assert_pending(self.order)

        self.stripe.authenticate(self.intent["id"], self.intent["client_secret"], success=True)
        self.look_up()
        self.assert_paid_once(self.order)

    def test_the_bank_asks_and_the_customer_does_not_confirm(self) -> None:
        self.stripe.pay(self.intent["id"], ASKS_THE_BANK)
        self.stripe.authenticate(self.intent["id"], self.intent["client_secret"], success=False)

        self.assertEqual(self.look_up(), PaymentStatus.REQUIRES_PAYMENT_METHOD)
        self.assert_pending(self.order)
        self.assertEqual(Payment.objects.get().failure_code, "payment_intent_authentication_failure")

    def test_the_bank_asks_and_declines(self) -> None:
        self.stripe.pay(self.intent["id"], ASKS_AND_IS_DECLINED)
        answer = self.stripe.authenticate(self.intent["id"], self.intent["client_secret"], success=True)
        self.assertEqual(answer["error"]["code"], "card_declined")

        self.look_up()
        self.assert_pending(self.order)


class GivingUpTests(StripeModeTestCase):
    def setUp(self) -> None:
        self.order = place()
        self.intent = ask_for_money(self.order)

    def test_nobody_can_pay_any_more(self) -> None:
        intents.give_up(self.order)

        self.assertEqual(Payment.objects.get().status, PaymentStatus.CANCELED)
        self.assertIn("error", self.stripe.pay(self.intent["id"], SUCCEEDS))
        self.assertEqual(StripeGateway().payment_intent(self.intent["id"])["status"], "canceled")

    def test_giving_up_twice_is_giving_up(self) -> None:
        intents.give_up(self.order)
        intents.give_up(self.order)

        self.assertEqual(Payment.objects.get().status, PaymentStatus.CANCELED)

    def test_what_was_declined_can_be_given_up(self) -> None:
        self.stripe.pay(self.intent["id"], IS_DECLINED)
        intents.give_up(self.order)

        self.assertEqual(Payment.objects.get().status, PaymentStatus.CANCELED)

    def test_what_waits_for_the_bank_can_be_given_up(self) -> None:
        self.stripe.pay(self.intent["id"], ASKS_THE_BANK)
        intents.give_up(self.order)
        answer = self.stripe.authenticate(self.intent["id"], self.intent["client_secret"], success=True)

        self.assertIn("error", answer)

    def test_what_is_paid_is_not_given_up_and_pays_the_order(self) -> None:
        self.stripe.pay(self.intent["id"], SUCCEEDS)
        with self.assertRaises(intents.BeingPaid):
            intents.give_up(self.order)

        self.assert_paid_once(self.order)

    def test_the_gateway_says_that_what_is_paid_can_not_be_cancelled(self) -> None:
        self.stripe.pay(self.intent["id"], SUCCEEDS)
        with self.assertRaises(GatewayError) as caught:
            StripeGateway().cancel_payment_intent(self.intent["id"])

        self.assertTrue(caught.exception.is_final)

    def test_an_order_whose_intent_was_cancelled_in_the_dashboard_gets_another(self) -> None:
        intents.give_up_intent(self.intent["id"])
        again = ask_for_money(self.order)

        self.assertNotEqual(again["id"], self.intent["id"])
        self.stripe.pay(again["id"], SUCCEEDS)
        intents.look_up(self.order)
        self.assert_paid_once(self.order)


class RefundingTests(StripeModeTestCase):
    def setUp(self) -> None:
        self.order = place()
        self.intent = ask_for_money(self.order)
        self.stripe.pay(self.intent["id"], SUCCEEDS)
        intents.look_up(self.order)

    def test_a_part_goes_back(self) -> None:
        request = refunds.request_refund(order_id=self.order.pk, amount=12_00, actor=None)

        self.assertEqual(request.status, RequestStatus.ANSWERED)
        self.order.refresh_from_db()
        self.assertEqual((self.order.amount_refunded, self.order.refund_status), (12_00, RefundState.PARTIAL))
        self.assertEqual(net("refund"), -12_00)
        self.assertEqual(refunds.amount_refundable(self.order), 30_00)

    def test_all_of_it_goes_back_in_two_parts(self) -> None:
        for amount in (12_00, 30_00):
            refunds.request_refund(order_id=self.order.pk, amount=amount, actor=None)

        self.order.refresh_from_db()
        self.assertEqual((self.order.amount_refunded, self.order.refund_status), (42_00, RefundState.FULL))
        self.assertEqual(net("refund"), -42_00)

    def test_a_refund_whose_answer_was_lost_is_found(self) -> None:
        request = refunds.request_refund(order_id=self.order.pk, amount=12_00, actor=None)
        found = StripeGateway().find_refund(payment_intent_id=self.intent["id"], key=str(request.key))

        self.assertEqual(found and found["id"], request.refund_id)


class ReturningTests(StripeModeTestCase):
    """What stands in the address is not believed."""

    def setUp(self) -> None:
        self.order = place()
        self.intent = ask_for_money(self.order)
        assert self.order.user is not None
        self.client.force_login(self.order.user)

    def come_back(self, **claims: str) -> None:
        address = reverse("payments:pay-return", args=[self.order.number])
        response = self.client.get(address, claims, follow=True)
        self.assertEqual(response.status_code, 200)

    def test_a_payment_that_succeeded_pays_the_order_whatever_the_address_says(self) -> None:
        self.stripe.pay(self.intent["id"], SUCCEEDS)
        self.come_back(payment_intent=self.intent["id"], redirect_status="failed")

        self.assert_paid_once(self.order)

    def test_a_payment_that_did_not_pays_nothing_whatever_the_address_says(self) -> None:
        self.come_back(payment_intent=self.intent["id"], redirect_status="succeeded")

        self.assert_pending(self.order)

    def test_the_payment_of_another_order_pays_nothing_here(self) -> None:
        other = place()
        paid = ask_for_money(other)["id"]
        self.stripe.pay(paid, SUCCEEDS)
        self.come_back(payment_intent=paid, redirect_status="succeeded")

        self.assert_pending(self.order)


class PageTests(StripeModeTestCase):
    def setUp(self) -> None:
        self.order = place()
        assert self.order.user is not None
        self.client.force_login(self.order.user)
        self.address = reverse("payments:pay", args=[self.order.number])

    def test_it_gives_the_browser_what_stripe_js_needs_and_nothing_secret(self) -> None:
        response = self.client.get(self.address)

        self.order.refresh_from_db()
        self.assertContains(response, f'data-client-secret="{self.order.payment_intent_id}_secret_')
        self.assertContains(response, 'data-key="pk_test_12345"')
        self.assertContains(response, f'data-return-url="http://testserver{self.address}return/"')
        self.assertContains(response, f'<script src="{self.stripe.js_url}"')
        self.assertNotContains(response, "sk_test_12345")

    def test_it_is_not_kept_by_browsers_or_proxies(self) -> None:
        self.assertIn("no-store", self.client.get(self.address).headers.get("Cache-Control", ""))

    def test_two_visits_are_one_intent(self) -> None:
        self.client.get(self.address)
        self.order.refresh_from_db()
        first = self.order.payment_intent_id
        self.client.get(self.address)
        self.order.refresh_from_db()

        self.assertEqual(self.order.payment_intent_id, first)

    def test_one_who_paid_in_another_tab_is_not_asked_again(self) -> None:
        intent = ask_for_money(self.order)
        self.stripe.pay(intent["id"], SUCCEEDS)
        response = self.client.get(self.address, follow=True)

        self.assertNotContains(response, "data-client-secret")
        self.assert_paid_once(self.order)


class ExpiryTests(StripeModeTestCase):
    """The time is up: neither the goods nor the payment wait any longer."""

    def setUp(self) -> None:
        self.order = place()
        self.intent = ask_for_money(self.order)
        self.later = timezone.now() + timedelta(hours=1)

    def assert_canceled(self) -> None:
        self.order.refresh_from_db()
        self.assertEqual(self.order.status, OrderStatus.CANCELED)

    def test_the_order_is_cancelled_and_its_intent_with_it(self) -> None:
        self.assertEqual(giving_up.expire_reservations(self.later), 1)

        self.assert_canceled()
        self.assertEqual(StripeGateway().payment_intent(self.intent["id"])["status"], "canceled")
        self.assertIn("error", self.stripe.pay(self.intent["id"], SUCCEEDS))

    def test_an_order_paid_in_the_last_second_is_not_cancelled_but_paid(self) -> None:
        self.stripe.pay(self.intent["id"], SUCCEEDS)

        self.assertEqual(giving_up.expire_reservations(self.later), 0)
        self.assert_paid_once(self.order)

    def test_an_order_whose_time_is_not_up_is_left(self) -> None:
        self.assertEqual(giving_up.expire_reservations(timezone.now()), 0)

        self.assertEqual(
            StripeGateway().payment_intent(self.intent["id"])["status"], "requires_payment_method"
        )

    def test_while_stripe_is_away_the_order_waits(self) -> None:
        with away(), quiet("payments"):
            self.assertEqual(giving_up.expire_reservations(self.later), 0)
        self.assert_pending(self.order)

        self.assertEqual(giving_up.expire_reservations(self.later), 1)
        self.assert_canceled()

    def test_an_intent_left_open_is_cancelled_later(self) -> None:
        with away(), quiet("payments"):
            giving_up.expire_reservations(self.later + timedelta(days=2))
        self.assert_canceled()

        self.assertEqual(giving_up.give_up_canceled(timezone.now()), 1)
        self.assertEqual(StripeGateway().payment_intent(self.intent["id"])["status"], "canceled")


class AwayTests(StripeModeTestCase):
    """Stripe does not answer."""

    def test_the_payment_page_says_so_and_nothing_is_lost(self) -> None:
        order = place()
        assert order.user is not None
        self.client.force_login(order.user)
        address = reverse("payments:pay", args=[order.number])
        with away(), quiet("payments"):
            response = self.client.get(address)

        self.assertContains(response, "does not answer", status_code=503)
        self.assertContains(self.client.get(address), "data-client-secret")

    def test_a_refusal_is_no_silence(self) -> None:
        order = place()
        assert order.user is not None
        self.client.force_login(order.user)
        with (
            override_settings(STRIPE_SECRET_KEY="wrong"),
            quiet("django.request"),
            self.assertLogs("payments", "ERROR") as logged,
        ):
            response = self.client.get(reverse("payments:pay", args=[order.number]))

        self.assertContains(response, "refuses to take this payment", status_code=503)
        self.assertIn(order.number, logged.output[0])

    def test_coming_back_waits(self) -> None:
        order = place()
        intent = ask_for_money(order)
        self.stripe.pay(intent["id"], SUCCEEDS)
        assert order.user is not None
        self.client.force_login(order.user)
        address = reverse("payments:pay-return", args=[order.number])
        with away():
            self.assertContains(self.client.get(address), "confirmation")
        self.assert_pending(order)

        self.client.get(address)
        self.assert_paid_once(order)


@contextmanager
def away() -> Iterator[None]:
    """Nobody listens where Stripe should be; the pauses between attempts are cut short."""
    with (
        override_settings(STRIPE_API_BASE="http://127.0.0.1:9"),
        patch("time.sleep"),
        quiet("django.request"),
    ):
        yield
