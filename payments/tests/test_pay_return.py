"""Coming back from paying: the webhook and the customer, in either order, and pages that are too late."""

from datetime import datetime, timedelta
from unittest.mock import patch

from django.utils import timezone

from orders import lifecycle
from orders.models import Flag, Order, OrderStatus
from payments.gateway import GatewayError
from payments.mock import bank
from payments.models import EventSource, MockIntent, StripeEvent
from payments.tests.paying import ASKS_THE_BANK, NO_FUNDS, PayingTestCase
from payments.tests.posting import quiet
from payments.tests.telling import net
from payments.views.paying import ASK_AFTER, PATIENCE

PAID, PENDING = OrderStatus.PAID, OrderStatus.PENDING
LOOK_UP = "payments.mock_gateway.MockGateway.payment_intent"
DOWN = GatewayError("down", is_final=False)


class ReturnTests(PayingTestCase):
    def state(self, waited: int) -> str:
        """What the waiting page is told after so many seconds: a status code, or where to go."""
        since = int(timezone.now().timestamp()) - waited
        headers = {"HX-Request": "true"}
        response = self.client.get(self.url("pay-state"), {"since": str(since)}, headers=headers)
        return response.headers.get("HX-Redirect", str(response.status_code))

    def test_the_webhook_may_come_first(self) -> None:
        self.pay()
        self.is_told()

        self.assertContains(self.open("pay-return"), "is paid")
        self.assertContains(self.open("pay-return"), "is paid")
        self.assertEqual(net("sale"), 42_00)

    def test_the_customer_may_come_first_and_the_page_goes_on_once_the_webhook_came(self) -> None:
        self.pay()
        self.assertContains(self.open("pay-return"), "hx-get")
        self.assertEqual(self.state(waited=2), "204")

        self.is_told()
        self.assertEqual(self.state(waited=4), self.url("pay-return"))
        self.assertContains(self.open("pay-return"), "is paid")

    def test_a_lost_webhook_does_not_matter_the_provider_is_asked(self) -> None:
        self.pay()

        self.assertEqual(self.state(waited=ASK_AFTER), self.url("pay-return"))
        self.assert_order(status=PAID)
        self.assertEqual(net("sale"), 42_00)

    def test_the_webhook_that_comes_after_the_answer_changes_nothing(self) -> None:
        self.pay()
        self.open("pay-return", ask="1")
        self.assert_order(status=PAID)

        self.is_told()
        self.assertEqual(net("sale"), 42_00)
        self.assert_nothing_waits()

    def test_refresh_asks_the_provider_at_once(self) -> None:
        self.pay()

        self.assertContains(self.open("pay-return", ask="1"), "is paid")

    def test_what_the_provider_answers_holds_no_secret(self) -> None:
        self.pay()
        self.open("pay-return", ask="1")

        answers = StripeEvent.objects.filter(source=EventSource.API)
        self.assertTrue(answers.exists())
        self.assertFalse(answers.filter(payload__contains="_secret_").exists())

    def test_who_has_not_paid_is_led_back_with_the_reason(self) -> None:
        self.pay(NO_FUNDS)

        self.assertEqual(self.state(waited=ASK_AFTER), self.url())
        self.assertRedirects(self.open("pay-return", ask="1"), self.url())
        self.assertContains(self.open(), "The card has insufficient funds")

    def test_who_never_tried_is_led_to_the_payment_page(self) -> None:
        self.assertRedirects(self.open("pay-return"), self.url())

    def test_who_has_not_answered_the_bank_is_led_back(self) -> None:
        self.pay(ASKS_THE_BANK)

        self.assertRedirects(self.open("pay-return", ask="1"), self.url())

    def test_a_bank_that_takes_its_time_is_told_of_and_not_paid_twice(self) -> None:
        self.open()
        bank.take(self.intent()["id"], "is_processing")

        self.assertContains(self.open("pay-return", ask="1"), "It takes longer than usual")
        self.assertRedirects(self.open(), self.url("pay-return"))
        self.assertRedirects(self.pay(), self.url("pay-return"))
        self.assert_order(status=PENDING)

    def test_after_a_minute_the_customer_need_not_wait(self) -> None:
        self.pay()
        with patch(LOOK_UP, side_effect=DOWN):
            self.assertEqual(self.state(waited=PATIENCE), "286")

    def test_a_provider_that_does_not_answer_is_asked_again(self) -> None:
        self.pay()
        with patch(LOOK_UP, side_effect=DOWN):
            self.assertEqual(self.state(waited=ASK_AFTER), "204")
            self.assertContains(self.open("pay-return", ask="1"), "waiting for your bank")

        self.assertEqual(self.state(waited=2 * ASK_AFTER), self.url("pay-return"))

    def test_a_moment_that_is_none_counts_as_waited_enough(self) -> None:
        self.pay()
        response = self.client.get(self.url("pay-state"), {"since": "²"})

        self.assertEqual(response.headers["HX-Redirect"], self.url("pay-return"))

    def test_guests_are_offered_an_account(self) -> None:
        self.pay()
        self.is_told()
        self.assertNotContains(self.open("pay-return"), "Create an account")

        self.client.logout()
        session = self.client.session
        session["orders"] = [self.order.number]
        session.save()
        self.assertContains(self.open("pay-return"), "Create an account")


class TooLateTests(PayingTestCase):
    def run_out(self, *, ago: timedelta = timedelta(minutes=1)) -> datetime:
        """Its time is over; `tick` has not been there yet."""
        until = timezone.now() - ago
        Order.objects.filter(pk=self.order.pk).update(reserved_until=until)
        return until

    def test_after_the_time_is_over_it_can_t_be_paid(self) -> None:
        self.run_out()

        self.assertContains(self.open(), "Nothing was paid")
        self.assertContains(self.pay(), "Nothing was paid")
        self.assertFalse(MockIntent.objects.exists())

    def test_the_time_may_end_while_the_form_is_filled_in(self) -> None:
        self.open()
        self.run_out()

        self.assertContains(self.pay(), "Nothing was paid")
        self.assertEqual(self.intent()["status"], "requires_payment_method")

    def test_who_paid_in_time_is_not_told_that_nothing_was_paid(self) -> None:
        self.pay()
        self.run_out()

        self.assertContains(self.client.get(self.url(), follow=True), "is paid")
        self.assert_order(status=PAID)

    def test_a_cancelled_order_says_so(self) -> None:
        lifecycle.cancel(self.order, actor=None, reason="test")

        for name in ("pay", "pay-return"):
            self.assertContains(self.open(name), "This order is cancelled")

    def test_money_that_came_too_late_is_told_of(self) -> None:
        self.open()
        lifecycle.cancel(self.order, actor=None, reason="test")
        bank.pay(self.intent()["id"], "4242424242424242")
        self.is_told()

        self.assert_order(status=OrderStatus.CANCELED, flag=Flag.PAID_AFTER_CANCEL)
        for name in ("pay", "pay-return"):
            self.assertContains(self.open(name), "Your payment came too late")

    def test_while_the_provider_is_away_the_page_says_so_and_nothing_is_lost(self) -> None:
        away = patch("payments.mock_gateway.MockGateway.create_payment_intent", side_effect=DOWN)
        with away, quiet("payments"):
            response = self.open()
        self.assertContains(response, "does not answer at the moment", status_code=503)

        self.assertContains(self.open(), "Pay £42.00")

    def test_a_payment_intent_that_was_cancelled_at_the_provider_is_replaced(self) -> None:
        self.open()
        first = self.intent()["id"]
        bank.take(first, "is_canceled")

        self.pay()
        self.is_told()

        self.assert_order(status=PAID)
        self.assertNotEqual(self.order.payment_intent_id, first)
        self.assert_nothing_waits()
