"""Refunds from our side, and what reaches Stripe."""

import json
import threading
import uuid
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar
from unittest.mock import patch
from urllib.parse import parse_qs

from django.test import TestCase, override_settings
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


class StripeStandIn(BaseHTTPRequestHandler):
    """Answers a refund as Stripe does, after as many failures as `failures` says."""

    failures: ClassVar[int] = 0
    seen: ClassVar[list[dict[str, Any]]] = []
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        asked = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        StripeStandIn.seen.append({"key": self.headers["Idempotency-Key"], "path": self.path, **asked})
        failed = len(StripeStandIn.seen) <= StripeStandIn.failures
        self.answer(500 if failed else 200, {"error": {"message": "try again"}} if failed else refund(asked))

    def answer(self, status: int, content: dict[str, Any]) -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Silent."""


def refund(asked: dict[str, list[str]]) -> dict[str, Any]:
    return {
        "id": "re_real",
        "object": "refund",
        "amount": int(asked["amount"][0]),
        "currency": "gbp",
        "status": "succeeded",
        "payment_intent": asked["payment_intent"][0],
        "created": int(timezone.now().timestamp()),
    }


class StripeTests(RefundCase):
    """Through Stripe's own SDK, to a server of ours on this machine."""

    def setUp(self) -> None:
        super().setUp()
        server = ThreadingHTTPServer(("127.0.0.1", 0), StripeStandIn)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        StripeStandIn.seen, StripeStandIn.failures = [], 0
        base = f"http://127.0.0.1:{server.server_port}"
        use = override_settings(PAYMENTS_USE_STRIPE=True, STRIPE_SECRET_KEY="sk_test_x", STRIPE_API_BASE=base)
        use.enable()
        self.addCleanup(use.disable)

    def test_one_call_names_the_amount_in_its_key_and_our_ids_in_its_metadata(self) -> None:
        request = self.ask(4_00)

        [call] = StripeStandIn.seen
        self.assertEqual((call["path"], call["amount"]), ("/v1/refunds", ["400"]))
        self.assertIn(f"{request.key}:400", call["key"])
        self.assertEqual(call["metadata[order_number]"], ["PL-1"])
        self.assertEqual(self.refunded(), 4_00)

    def test_a_server_error_is_tried_again_with_the_same_key(self) -> None:
        StripeStandIn.failures = 2
        self.ask(4_00)

        self.assertEqual(len(StripeStandIn.seen), 3)
        self.assertEqual(len({call["key"] for call in StripeStandIn.seen}), 1)
