"""The pretended Stripe: what it remembers, and how its events reach the webhook."""

from datetime import timedelta
from unittest.mock import patch

from django.test import TestCase, override_settings
from django.utils import timezone

from payments.gateway import GatewayError
from payments.mock import bank, outbox
from payments.mock.steps import tell
from payments.mock_gateway import MockGateway
from payments.models import MockEvent, MockIntent, StripeEvent
from payments.stories.journal import StoryError
from payments.stories.versions import Json
from payments.tests.paying import NO_FUNDS, PayingTestCase
from payments.tests.posting import quiet, with_webhook_secret
from payments.tests.telling import net


@with_webhook_secret()
class MemoryTests(TestCase):
    def setUp(self) -> None:
        self.gateway = MockGateway()
        self.intent_id = self.begin("one")["id"]

    def begin(self, key: str, amount: int = 42_00) -> Json:
        metadata = {"order_number": "PL-1", "instance": "purelaka"}
        return self.gateway.create_payment_intent(amount=amount, currency="gbp", key=key, metadata=metadata)

    def test_the_same_key_is_the_same_intent_another_key_another(self) -> None:
        again = self.begin("one")
        other = self.begin("two")

        self.assertEqual(again["id"], self.intent_id)
        self.assertNotEqual(other["id"], self.intent_id)
        self.assertEqual(MockEvent.objects.count(), 2)

    def test_the_same_key_for_another_amount_is_refused(self) -> None:
        with self.assertRaises(GatewayError) as caught:
            self.begin("one", amount=1)
        self.assertTrue(caught.exception.is_final)

    def test_it_tells_the_same_each_time(self) -> None:
        bank.pay(self.intent_id, "4000000000009995")
        bank.pay(self.intent_id, "4242424242424242")
        row = MockIntent.objects.get()

        self.assertEqual(tell(row).told, tell(row).told)
        sent = list(MockEvent.objects.order_by("pk").values_list("event_id", flat=True))
        self.assertEqual(sent, [event["id"] for event in tell(row).events])

    def test_a_step_that_stripe_would_refuse_writes_nothing(self) -> None:
        bank.pay(self.intent_id, "4242424242424242")
        before = MockIntent.objects.values().get(), MockEvent.objects.count()

        with self.assertRaises(StoryError):
            bank.pay(self.intent_id, "4242424242424242")
        with self.assertRaises(StoryError):
            bank.approve(self.intent_id)
        self.assertEqual((MockIntent.objects.values().get(), MockEvent.objects.count()), before)

    def test_a_paid_intent_can_t_be_cancelled_an_open_one_twice(self) -> None:
        self.assertEqual(self.gateway.cancel_payment_intent(self.intent_id)["status"], "canceled")
        self.assertEqual(self.gateway.cancel_payment_intent(self.intent_id)["status"], "canceled")

        paid = self.begin("two")["id"]
        bank.pay(paid, "4242424242424242")
        with self.assertRaises(GatewayError):
            self.gateway.cancel_payment_intent(paid)

    def test_an_intent_that_nobody_knows_is_an_error(self) -> None:
        with self.assertRaisesMessage(GatewayError, "No such payment_intent"):
            self.gateway.payment_intent("pi_unknown")

    def refund(self, key: str, amount: int = 10_00) -> Json:
        return self.gateway.create_refund(
            payment_intent_id=self.intent_id, amount=amount, reason="", key=key, metadata={"request_key": key}
        )

    def test_a_refund_asked_for_twice_is_one_with_the_same_answer(self) -> None:
        bank.pay(self.intent_id, "4000000000007726")
        first = self.refund("a")
        bank.deliver_due(timezone.now() + timedelta(minutes=1))  # it has settled meanwhile

        self.assertEqual(self.refund("a"), first)
        found = self.gateway.find_refund(payment_intent_id=self.intent_id, key="a")
        assert found
        self.assertEqual((found["id"], found["status"]), (first["id"], "succeeded"))
        self.assertIsNone(self.gateway.find_refund(payment_intent_id=self.intent_id, key="b"))

    def test_more_than_was_paid_is_refused(self) -> None:
        bank.pay(self.intent_id, "4242424242424242")
        self.refund("a", 40_00)

        with self.assertRaises(GatewayError) as caught:
            self.refund("b", 10_00)
        self.assertTrue(caught.exception.is_final)

    def test_it_knows_the_book_lines_of_a_charge(self) -> None:
        bank.pay(self.intent_id, "4242424242424242")
        charge_id = MockIntent.objects.get().charge_id

        [line] = self.gateway.balance_transactions(source_id=charge_id)
        self.assertEqual((line["amount"], line["fee"]), (42_00, 83))


class DeliveryTests(PayingTestCase):
    def waiting(self) -> int:
        return MockEvent.objects.filter(delivered_at=None).count()

    def test_nothing_is_posted_before_its_moment(self) -> None:
        paid_after = timezone.now()
        self.pay()

        self.assertEqual(bank.deliver_due(paid_after), 0)
        self.assertEqual(self.is_told(), 4)  # created, two of the charge and one of the payment
        self.assertEqual(self.waiting(), 0)

    def test_each_is_posted_once(self) -> None:
        self.pay(NO_FUNDS)
        self.is_told()

        self.assertEqual(self.is_told(after=timedelta(hours=1)), 0)
        self.assertEqual(set(MockEvent.objects.values_list("attempts", flat=True)), {1})

    def test_what_fails_is_posted_again_with_growing_pauses_until_it_is_taken(self) -> None:
        self.pay()
        broken = patch("payments.handlers.project", side_effect=ZeroDivisionError)
        with broken, quiet("payments"):
            self.is_told(after=timedelta(seconds=5))
            left = self.waiting()
            self.assertGreater(left, 0)
            self.assertEqual(self.is_told(after=timedelta(seconds=10)), 0)  # too early
            self.is_told(after=timedelta(seconds=20))
        failed = MockEvent.objects.filter(delivered_at=None)
        self.assertEqual(set(failed.values_list("attempts", flat=True)), {2})
        self.assertTrue(failed.filter(answer__startswith="500").exists())

        self.assertEqual(self.is_told(after=timedelta(minutes=2)), left)
        self.assert_order(status="paid")
        self.assertEqual(net("sale"), 42_00)
        self.assert_nothing_waits()

    def test_one_that_died_while_posting_is_posted_again(self) -> None:
        self.pay()
        with patch("payments.mock.outbox.post", side_effect=SystemExit), self.assertRaises(SystemExit):
            self.is_told()

        self.assertEqual(self.is_told(after=timedelta(minutes=1)), 4)

    def test_its_events_are_signed_and_refused_with_another_secret(self) -> None:
        self.pay()
        with patch("payments.stories.delivery.sign", return_value="t=1,v1=0"), quiet("payments"):
            self.assertEqual(self.is_told(), 0)

        self.assertFalse(StripeEvent.objects.filter(source="webhook").exists())
        self.assertTrue(MockEvent.objects.filter(answer__startswith="400").exists())

    @override_settings(STRIPE_WEBHOOK_SECRETS=[])
    def test_without_a_secret_nothing_is_believed_and_the_answer_says_why(self) -> None:
        self.pay()
        with quiet("payments"):
            self.assertEqual(self.is_told(), 0)

        self.assertTrue(MockEvent.objects.filter(answer__startswith="503 STRIPE_WEBHOOK_SECRET").exists())

    def test_a_host_that_is_a_pattern_does_not_matter(self) -> None:
        self.pay()
        for hosts in (["*"], [".example.com"], ["shop.example.com"]):
            with self.subTest(hosts), override_settings(ALLOWED_HOSTS=hosts):
                self.assertEqual(outbox.post(b"{}").status_code, 400)  # read, and found to be no event
