"""What is asked of Stripe for a payment, to the letter, and how what it answers is read."""

from typing import Any

from django.test import override_settings

from payments.gateway import GatewayError, StripeGateway
from payments.tests.test_gateway import Stripe, WithStripe, error


def intent(**fields: object) -> dict[str, Any]:
    made = {"id": "pi_1", "object": "payment_intent", "amount": 42_00, "currency": "gbp"}
    return {**made, "status": "requires_payment_method", "client_secret": "pi_1_secret_1", **fields}


@override_settings(STRIPE_DESCRIPTIONS=True, STRIPE_PAYMENT_METHOD_TYPES=[])
class CreateTests(WithStripe):
    def ask(self, **changes: Any) -> dict[str, Any]:
        asked: dict[str, Any] = {
            "amount": 42_00,
            "currency": "gbp",
            "key": "order:1",
            "metadata": {"order_number": "PL-1"},
            "email": "buyer@example.com",
            "description": "Order PL-1",
        }
        return StripeGateway().create_payment_intent(**{**asked, **changes})

    def test_every_way_to_pay_that_the_merchant_has_switched_on_at_stripe_is_offered(self) -> None:
        Stripe.answers = [(200, intent())]
        answer = self.ask()

        self.assertIs(type(answer), dict)
        self.assertEqual(answer["client_secret"], "pi_1_secret_1")
        [request] = Stripe.requests
        self.assertEqual(request["path"], "/v1/payment_intents")
        self.assertEqual(
            request["asked"],
            {
                "amount": ["4200"],
                "currency": ["gbp"],
                "metadata[order_number]": ["PL-1"],
                "description": ["Order PL-1"],
                "automatic_payment_methods[enabled]": ["true"],
            },
        )

    def test_the_key_names_the_amount_so_that_a_new_total_is_a_new_request(self) -> None:
        Stripe.answers = [(200, intent())]
        self.ask()
        self.ask(amount=43_00)
        self.ask(currency="eur")

        keys = [request["key"] for request in Stripe.requests]
        self.assertEqual(keys, ["order:1:4200:gbp", "order:1:4300:gbp", "order:1:4200:eur"])

    @override_settings(STRIPE_PAYMENT_METHOD_TYPES=["card", "link"])
    def test_configured_ways_to_pay_are_asked_for_in_a_version_that_still_takes_them(self) -> None:
        Stripe.answers = [(200, intent())]
        self.ask()

        [request] = Stripe.requests
        asked = request["asked"]
        self.assertEqual(
            [asked["payment_method_types[0]"], asked["payment_method_types[1]"]], [["card"], ["link"]]
        )
        self.assertNotIn("automatic_payment_methods[enabled]", asked)
        self.assertEqual(request["version"], "2026-03-25.dahlia")

    def test_a_refusal_is_final_and_a_broken_line_is_not(self) -> None:
        for status, is_final in ((400, True), (402, True), (500, False), (429, False)):
            with self.subTest(status):
                Stripe.answers = [(status, error("No."))]
                with self.assertRaises(GatewayError) as caught:
                    self.ask()

                self.assertEqual(caught.exception.is_final, is_final)


class LookUpTests(WithStripe):
    def test_the_charge_comes_with_the_intent(self) -> None:
        Stripe.answers = [(200, intent(latest_charge={"id": "ch_1", "object": "charge"}))]
        answer = StripeGateway().payment_intent("pi_1")

        self.assertIs(type(answer["latest_charge"]), dict)
        self.assertEqual(Stripe.requests[0]["path"], "/v1/payment_intents/pi_1")
        self.assertEqual(Stripe.requests[0]["asked"], {"expand[0]": ["latest_charge"]})

    def test_an_unknown_one_is_final(self) -> None:
        Stripe.answers = [(404, error("No such payment_intent: 'pi_1'"))]
        with self.assertRaises(GatewayError) as caught:
            StripeGateway().payment_intent("pi_1")

        self.assertTrue(caught.exception.is_final)


@override_settings(STRIPE_DESCRIPTIONS=True)
class CancelTests(WithStripe):
    def test_it_says_why(self) -> None:
        Stripe.answers = [(200, intent(status="canceled"))]
        answer = StripeGateway().cancel_payment_intent("pi_1")

        self.assertEqual(answer["status"], "canceled")
        [request] = Stripe.requests
        self.assertEqual(request["path"], "/v1/payment_intents/pi_1/cancel")
        self.assertEqual(request["asked"], {"cancellation_reason": ["abandoned"]})

    def test_one_that_is_cancelled_already_is_cancelled(self) -> None:
        Stripe.answers = [(400, error("has a status of canceled")), (200, intent(status="canceled"))]

        self.assertEqual(StripeGateway().cancel_payment_intent("pi_1")["status"], "canceled")

    def test_one_that_is_paid_can_not_be_cancelled(self) -> None:
        Stripe.answers = [(400, error("has a status of succeeded")), (200, intent(status="succeeded"))]
        with self.assertRaises(GatewayError) as caught:
            StripeGateway().cancel_payment_intent("pi_1")

        self.assertTrue(caught.exception.is_final)
        self.assertEqual(str(caught.exception), "has a status of succeeded")

    def test_no_answer_is_not_final_and_asks_no_further(self) -> None:
        Stripe.answers = [(500, error("busy"))]
        with self.assertRaises(GatewayError) as caught:
            StripeGateway().cancel_payment_intent("pi_1")

        self.assertFalse(caught.exception.is_final)
        self.assertEqual(
            {request["path"] for request in Stripe.requests}, {"/v1/payment_intents/pi_1/cancel"}
        )
