"""Refunds from our side. What reaches Stripe of them: test_gateway."""

import uuid
from datetime import timedelta
from typing import Any
from unittest.mock import patch

from django.conf import settings
from django.test import TestCase
from django.utils import timezone

from orders.models import Order
from payments import inbox, refunds
from payments.gateway import GatewayError
from payments.models import RefundRequest, RequestStatus
from payments.stories import delivery
from payments.stories.story import Story
from purelaka.testing import make_order

CREATE = "payments.mock_gateway.MockGateway.create_refund"


class RefundCase(TestCase):
    def setUp(self) -> None:
        now = timezone.now() - timedelta(days=1)
        self.story = Story(order_number="PL-1", amount=10_00, at=now)
        self.order = make_order(number="PL-1", payment_intent_id=self.story.payment_intent_id, at=now)
        self.story.is_paid()
        for event in self.story.events:
            inbox.receive(delivery.body(event).decode())

    def ask(self, amount: int, key: uuid.UUID | None = None) -> RefundRequest:
        return refunds.request_refund(order_id=self.order.pk, amount=amount, actor=None, key=key)

    def refunded(self) -> int:
        return Order.objects.get().amount_refunded


class RequestTests(RefundCase):
    def test_the_answer_is_applied_as_a_fact(self) -> None:
        request = self.ask(4_00)

        self.assertEqual((request.status, self.refunded()), (RequestStatus.ANSWERED, 4_00))

    def test_stripe_is_told_whose_refund_it_is(self) -> None:
        with patch(CREATE, return_value=self.answer(4_00)) as create:
            request = self.ask(4_00)

        asked = create.call_args.kwargs
        self.assertEqual((asked["amount"], asked["key"]), (4_00, f"refund:{request.key}"))
        self.assertEqual(
            asked["metadata"],
            {"order_number": "PL-1", "instance": settings.INSTANCE, "request_key": str(request.key)},
        )

    def test_an_answer_that_can_not_be_applied_keeps_its_amount_spoken_for(self) -> None:
        with (
            patch("payments.handlers.project", side_effect=ZeroDivisionError),
            self.assertLogs("payments"),
            self.assertRaisesMessage(refunds.NoAnswer, "ZeroDivisionError"),
        ):
            self.ask(6_00)

        self.assertEqual(RefundRequest.objects.get().status, RequestStatus.PENDING)
        with self.assertRaisesMessage(refunds.RefundTooLarge, "£4.00"):
            self.ask(5_00)

        refunds.submit_pending(timezone.now() + timedelta(minutes=2))
        self.assertEqual(RefundRequest.objects.get().status, RequestStatus.ANSWERED)
        self.assertEqual(self.refunded(), 6_00)

    def test_a_key_used_again_gives_its_request_again(self) -> None:
        key = uuid.uuid4()

        self.assertEqual(self.ask(4_00, key), self.ask(4_00, key))
        self.assertEqual(self.refunded(), 4_00)

    def test_more_than_is_left_is_refused_and_nothing_is_kept(self) -> None:
        self.ask(4_00)
        with self.assertRaisesMessage(refunds.RefundTooLarge, "£6.00"):
            self.ask(6_01)
        self.assertEqual(RefundRequest.objects.count(), 1)

    def test_what_has_had_no_answer_counts_as_gone(self) -> None:
        with patch(CREATE, side_effect=GatewayError("down", is_final=False)):
            with self.assertRaises(refunds.NoAnswer):
                self.ask(6_00)
            with self.assertRaisesMessage(refunds.RefundTooLarge, "£4.00"):
                self.ask(5_00)

    def test_no_answer_is_asked_for_again_with_the_same_key(self) -> None:
        down = patch(CREATE, side_effect=GatewayError("down", is_final=False))
        with down as first, self.assertRaises(refunds.NoAnswer):
            self.ask(6_00)
        with patch(CREATE, return_value=self.answer(6_00)) as again:
            answered = refunds.submit_pending(timezone.now() + timedelta(minutes=2))

        self.assertEqual(answered, 1)
        self.assertEqual(first.call_args.kwargs["key"], again.call_args.kwargs["key"])
        self.assertEqual(self.refunded(), 6_00)

    def test_a_refusal_is_final_and_frees_the_amount(self) -> None:
        refused = patch(CREATE, side_effect=GatewayError("disputed", is_final=True))
        with refused, self.assertRaisesMessage(refunds.RefundRefused, "disputed"):
            self.ask(6_00)

        self.assertEqual(RefundRequest.objects.get().status, RequestStatus.REFUSED)
        self.assertEqual(refunds.amount_refundable(Order.objects.get()), 10_00)

    def test_answer_and_webhook_are_one_refund(self) -> None:
        self.ask(4_00)
        made = self.answer(4_00) | {"id": RefundRequest.objects.get().refund_id}
        self.story.says("refund.created", {**made, "created": self.story.now})
        inbox.receive(delivery.body(self.story.events[-1]).decode())

        self.assertEqual(self.refunded(), 4_00)

    def answer(self, amount: int) -> dict[str, Any]:
        return {
            "id": "re_lost",
            "object": "refund",
            "amount": amount,
            "currency": "gbp",
            "status": "succeeded",
            "payment_intent": self.story.payment_intent_id,
            "created": int(timezone.now().timestamp()),
        }
