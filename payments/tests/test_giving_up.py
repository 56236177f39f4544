"""An unpaid order ends: nobody can pay it any more, then its goods are free."""

from datetime import timedelta
from unittest.mock import patch

from django.utils import timezone

from accounts.models import Role
from orders.checkout import BeingPaid, CannotReplace, before_replacing
from orders.models import Order, OrderStatus
from payments import giving_up, inbox, intents
from payments.gateway import GatewayError
from payments.mock import bank
from payments.mock_gateway import MockGateway
from payments.models import Payment
from payments.stories import delivery
from payments.stories.story import Story
from payments.tests.paying import SUCCEEDS, PayingTestCase
from payments.tests.posting import quiet
from purelaka.testing import make_user

CANCELED, PAID, PENDING = OrderStatus.CANCELED, OrderStatus.PAID, OrderStatus.PENDING
CANCEL = "payments.mock_gateway.MockGateway.cancel_payment_intent"
DOWN = GatewayError("down", is_final=False)


class GivingUpCase(PayingTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.enterContext(quiet("payments.giving_up"))

    def minutes_later(self, minutes: int = 31) -> int:
        return giving_up.expire_reservations(timezone.now() + timedelta(minutes=minutes))

    def reserved(self) -> int:
        return self.order.items.get().variant.reserved


class ExpiryTests(GivingUpCase):
    def test_an_order_that_nobody_tried_to_pay_just_ends(self) -> None:
        self.assertEqual((self.minutes_later(29), self.minutes_later(31)), (0, 1))

        self.assert_order(status=CANCELED)
        self.assertEqual(self.reserved(), 0)

    def test_first_its_payment_intent_is_cancelled(self) -> None:
        self.open()

        self.assertEqual(self.minutes_later(), 1)

        self.assertEqual(self.intent()["status"], "canceled")
        self.assertEqual(Payment.objects.get().status, "canceled")
        self.assert_order(status=CANCELED)
        self.is_told()
        self.assert_nothing_waits()

    def test_one_that_is_paid_without_our_knowing_is_paid(self) -> None:
        self.pay(SUCCEEDS)

        self.assertEqual(self.minutes_later(), 0)

        self.assert_order(status=PAID)
        self.is_told()
        self.assert_nothing_waits()

    def test_one_whose_payment_is_on_its_way_is_left_alone(self) -> None:
        self.open()
        bank.take(self.intent()["id"], "is_processing")

        self.assertEqual(self.minutes_later(), 0)
        self.assert_order(status=PENDING)
        self.assertEqual(self.reserved(), 1)

    def test_without_an_answer_it_is_tried_again_and_ended_after_a_day(self) -> None:
        self.open()
        with patch(CANCEL, side_effect=DOWN):
            self.assertEqual(self.minutes_later(31), 0)
            self.assertEqual(self.minutes_later(23 * 60), 0)
            self.assertEqual(self.minutes_later(25 * 60), 1)

        self.assert_order(status=CANCELED)

    def test_a_provider_that_is_away_is_asked_once_and_keeps_nobody_else_up(self) -> None:
        self.open()
        untried = [self.place(), self.place()]
        self.order = self.place()
        self.open()

        with patch(CANCEL, side_effect=DOWN) as cancel:
            self.assertEqual(self.minutes_later(), 2)

        self.assertEqual(cancel.call_count, 1)
        self.assertEqual(
            {order.status for order in Order.objects.filter(pk__in=[o.pk for o in untried])}, {CANCELED}
        )


class MeanwhileTests(GivingUpCase):
    """A customer presses the button while their order is being given up."""

    def test_between_the_payment_s_end_and_the_order_s_nothing_can_be_paid(self) -> None:
        self.open()
        cancel = MockGateway.cancel_payment_intent

        def then_the_customer_pays(gateway: MockGateway, payment_intent_id: str) -> intents.Intent:
            answer = cancel(gateway, payment_intent_id)
            self.assertContains(self.pay(SUCCEEDS), "Nothing was paid")
            return answer

        with patch(CANCEL, autospec=True, side_effect=then_the_customer_pays):
            self.assertEqual(self.minutes_later(), 1)

        self.assert_order(status=CANCELED)
        self.assertEqual(self.intent()["status"], "canceled")

    def test_a_payment_that_was_just_being_begun_is_given_up_too(self) -> None:
        stale = Order.objects.get(pk=self.order.pk)
        intents.give_up(self.order)

        with self.assertRaises(intents.NoLongerHeld):
            intents.intent_of(stale)
        self.assertEqual(self.intent()["status"], "canceled")
        self.assert_order(payment_intent_id=None)

    def test_an_order_that_could_not_be_given_up_can_still_be_paid_in_its_time(self) -> None:
        self.open()
        held_until = self.order.reserved_until
        with patch(CANCEL, side_effect=DOWN):
            self.minutes_later()
        self.assert_order(reserved_until=held_until)

        self.pay(SUCCEEDS)
        self.is_told()
        self.assert_order(status=PAID)


class CancelledOrderTests(GivingUpCase):
    def setUp(self) -> None:
        super().setUp()
        self.open()  # makes the payment intent
        self.client.force_login(make_user(Role.OPS))

    def cancel(self) -> str:
        """Staff cancel the order; returns what the page says."""
        url = f"/orders/{self.order.number}/cancel/"
        response = self.client.post(url, {"reason": "The customer asked"}, follow=True)
        return response.content.decode()

    def test_staff_cancel_the_payment_intent_with_the_order(self) -> None:
        self.assertIn("is cancelled", self.cancel())

        self.assert_order(status=CANCELED)
        self.assertEqual(self.intent()["status"], "canceled")

    def test_what_is_being_paid_can_t_be_cancelled(self) -> None:
        bank.pay(self.intent()["id"], SUCCEEDS.replace(" ", ""))

        self.assertIn("is being paid at this moment", self.cancel())
        self.assert_order(status=PAID)

    def test_while_the_provider_is_away_the_intent_is_given_up_later(self) -> None:
        with patch(CANCEL, side_effect=DOWN):
            self.cancel()
            self.assertEqual(giving_up.give_up_canceled(timezone.now()), 0)
        self.assert_order(status=CANCELED)
        self.assertEqual(self.intent()["status"], "requires_payment_method")

        self.assertEqual(giving_up.give_up_canceled(timezone.now()), 1)
        self.assertEqual(self.intent()["status"], "canceled")
        self.assertEqual(giving_up.give_up_canceled(timezone.now()), 0)

    def test_what_was_paid_meanwhile_is_taken_in(self) -> None:
        with patch(CANCEL, side_effect=DOWN):
            self.cancel()
        bank.pay(self.intent()["id"], SUCCEEDS.replace(" ", ""))

        self.assertEqual(giving_up.give_up_canceled(timezone.now()), 0)
        self.assert_order(status=CANCELED, flag="paid_after_cancel")


class MakingWayTests(GivingUpCase):
    """What the checkout asks for before it replaces an unpaid order."""

    def make_way(self) -> None:
        self.order.refresh_from_db()
        for step in before_replacing:
            step(self.order)

    def test_the_old_order_can_t_be_paid_any_more(self) -> None:
        self.open()
        self.make_way()

        self.assertEqual(self.intent()["status"], "canceled")

    def test_one_that_is_paid_is_not_replaced(self) -> None:
        self.pay(SUCCEEDS)

        with self.assertRaises(BeingPaid):
            self.make_way()
        self.assert_order(status=PAID)

    def test_without_an_answer_nothing_is_replaced(self) -> None:
        self.open()
        with patch(CANCEL, side_effect=DOWN), self.assertRaisesMessage(CannotReplace, "in a minute"):
            self.make_way()


class IntentTests(PayingTestCase):
    def test_an_order_without_a_payment_intent_has_nothing_to_look_up_or_give_up(self) -> None:
        self.assertIsNone(intents.look_up(self.order))
        intents.give_up(self.order)

    def test_it_names_the_order_and_this_installation(self) -> None:
        intent = intents.intent_of(self.order)

        self.assertEqual(intent["metadata"], {"order_number": self.order.number, "instance": "purelaka"})
        self.assertEqual((intent["amount"], intent["currency"]), (42_00, "gbp"))
        self.assertEqual(Payment.objects.get().order, self.order)

    def test_an_intent_that_is_cancelled_already_is_given_up(self) -> None:
        intents.intent_of(self.order)
        intents.give_up(self.order)
        intents.give_up(self.order)

        self.assertEqual(self.intent()["status"], "canceled")

    def test_who_knew_an_older_order_finds_the_intent_that_was_made_meanwhile(self) -> None:
        stale = Order.objects.get(pk=self.order.pk)
        first = intents.intent_of(self.order)
        bank.take(first["id"], "is_canceled")
        second = intents.intent_of(self.order)

        self.assertEqual(intents.intent_of(stale)["id"], second["id"])

    def test_an_order_of_the_demo_that_is_not_paid_yet_can_be_paid(self) -> None:
        story = Story(order_number="PL-DEMO", amount=42_00, at=timezone.now())
        self.order = self.place(number="PL-DEMO", payment_intent_id=story.payment_intent_id)
        inbox.receive(delivery.body(story.events[0]).decode())

        self.assertEqual(self.open().status_code, 200)
        self.pay(SUCCEEDS)
        self.is_told()

        self.assert_order(status=PAID)
        self.assert_nothing_waits()
