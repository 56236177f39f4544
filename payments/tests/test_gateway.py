"""What goes to Stripe and how its answers, good and bad, are read. No network beyond this machine."""

import json
import threading
import uuid
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar
from unittest.mock import patch
from urllib.parse import parse_qs, urlsplit

import stripe
from django.test import SimpleTestCase, override_settings
from django.utils import timezone

from payments import refunds
from payments.gateway import GatewayError, StripeGateway
from payments.models import RefundRequest, RequestStatus
from payments.tests.posting import quiet
from payments.tests.telling import DAY, StoryTestCase, only, order_of, paid_story
from purelaka.testing import make_order

Answer = tuple[int, Any]


class Stripe(BaseHTTPRequestHandler):
    """Gives the prepared answers, one after the other and the last again, and notes the requests."""

    protocol_version = "HTTP/1.1"
    answers: ClassVar[list[Answer]] = []
    requests: ClassVar[list[dict[str, Any]]] = []

    def do_GET(self) -> None:
        address = urlsplit(self.path)
        self.answer({"path": address.path, "asked": parse_qs(address.query)})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        headers = {"key": self.headers["Idempotency-Key"], "version": self.headers["Stripe-Version"]}
        self.answer({"path": self.path, "asked": parse_qs(body), **headers})

    def answer(self, request: dict[str, Any]) -> None:
        Stripe.requests.append(request)
        status, content = Stripe.answers.pop(0) if len(Stripe.answers) > 1 else Stripe.answers[0]
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Silent."""


def error(message: str, kind: str = "invalid_request_error", **fields: str) -> dict[str, Any]:
    return {"error": {"message": message, "type": kind, **fields}}


def page(*items: dict[str, Any], has_more: bool = False, of: str = "refunds") -> dict[str, Any]:
    return {"object": "list", "data": list(items), "has_more": has_more, "url": f"/v1/{of}"}


def refund(number: int, **fields: object) -> dict[str, Any]:
    created = int(timezone.now().timestamp())
    made = {"id": f"re_{number}", "object": "refund", "amount": 4_00, "currency": "gbp"}
    return {**made, "status": "succeeded", "created": created, "metadata": {}, **fields}


class WithStripe(SimpleTestCase):
    """Stripe's SDK talks to a server of ours; its pauses between attempts are cut short."""

    def setUp(self) -> None:
        super().setUp()
        server = ThreadingHTTPServer(("127.0.0.1", 0), Stripe)
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        Stripe.requests, Stripe.answers = [], []
        self.address = f"http://127.0.0.1:{server.server_port}"
        self.enterContext(
            override_settings(
                PAYMENTS_USE_STRIPE=True, STRIPE_SECRET_KEY="sk_test_x", STRIPE_API_BASE=self.address
            )
        )
        self.enterContext(patch("time.sleep"))
        self.enterContext(quiet("stripe"))

    def create(self, payment_id: str = "pi_1", reason: str = "") -> dict[str, Any]:
        return StripeGateway().create_refund(
            payment_intent_id=payment_id,
            amount=4_00,
            reason=reason,
            key="key",
            metadata={"request_key": "key"},
        )

    def failure(self, *answers: Answer) -> GatewayError:
        Stripe.answers = list(answers)
        with self.assertRaises(GatewayError) as caught:
            self.create()
        return caught.exception


class CreateRefundTests(WithStripe):
    def test_the_answer_is_plain(self) -> None:
        Stripe.answers = [(200, refund(1, metadata={"request_key": "key"}))]
        answer = self.create(reason="duplicate")

        self.assertIs(type(answer), dict)
        self.assertIs(type(answer["metadata"]), dict)
        asked = {"payment_intent": ["pi_1"], "amount": ["400"], "reason": ["duplicate"]}
        self.assertEqual(Stripe.requests[0]["asked"], asked | {"metadata[request_key]": ["key"]})
        self.assertEqual(Stripe.requests[0]["key"], "key:400:pi_1")

    def test_a_charge_without_a_payment_intent_is_refunded_by_its_own_id(self) -> None:
        Stripe.answers = [(200, refund(1))]
        self.create("ch_1")

        self.assertEqual(Stripe.requests[0]["asked"]["charge"], ["ch_1"])
        self.assertNotIn("payment_intent", Stripe.requests[0]["asked"])

    def test_what_may_pass_is_tried_three_times_with_one_key(self) -> None:
        for status in (409, 500, 503):
            with self.subTest(status):
                Stripe.requests = []
                failed = self.failure((status, error("busy")))

                self.assertFalse(failed.is_final)
                self.assertEqual([request["key"] for request in Stripe.requests], ["key:400:pi_1"] * 3)

    def test_a_success_after_two_failures_is_a_success(self) -> None:
        Stripe.answers = [(500, error("busy")), (500, error("busy")), (200, refund(1))]

        self.assertEqual(self.create()["id"], "re_1")

    def test_a_limit_is_not_final(self) -> None:
        self.assertFalse(self.failure((429, error("Too many requests"))).is_final)

    def test_a_refusal_is_final_and_says_why(self) -> None:
        failed = self.failure(
            (400, error("Charge has already been refunded.", code="charge_already_refunded"))
        )

        self.assertTrue(failed.is_final)
        self.assertEqual(str(failed), "Charge has already been refunded.")
        self.assertEqual(len(Stripe.requests), 1)

    def test_nonsense_is_not_final(self) -> None:
        self.assertFalse(self.failure((200, b"<html>Bad gateway</html>")).is_final)

    def test_nobody_there_is_not_final(self) -> None:
        with (
            override_settings(STRIPE_API_BASE="http://127.0.0.1:9"),
            self.assertRaises(GatewayError) as caught,
        ):
            self.create()

        self.assertFalse(caught.exception.is_final)

    def test_it_does_not_wait_for_ever(self) -> None:
        with patch.object(stripe.RequestsClient, "__init__", return_value=None) as made:
            StripeGateway()

        self.assertEqual(made.call_args.kwargs["timeout"], (3, 10))


class ListTests(WithStripe):
    def test_a_refund_is_found_by_its_key_on_whatever_page(self) -> None:
        Stripe.answers = [
            (200, page(refund(1), refund(2, metadata={"request_key": "other"}), has_more=True)),
            (200, page(refund(3, metadata={"request_key": "key"}))),
        ]
        found = StripeGateway().find_refund(payment_intent_id="pi_1", key="key")

        self.assertEqual(found and found["id"], "re_3")
        self.assertEqual(Stripe.requests[1]["asked"]["starting_after"], ["re_2"])
        self.assertEqual(Stripe.requests[0]["asked"]["payment_intent"], ["pi_1"])

    def test_none_is_found(self) -> None:
        Stripe.answers = [(200, page(refund(1, metadata=None)))]

        self.assertIsNone(StripeGateway().find_refund(payment_intent_id="pi_1", key="key"))

    def test_balance_transactions_of_all_pages(self) -> None:
        lines = [{"id": f"txn_{n}", "object": "balance_transaction", "amount": n} for n in range(3)]
        Stripe.answers = [
            (200, page(*lines[:2], has_more=True, of="balance_transactions")),
            (200, page(lines[2], of="balance_transactions")),
        ]
        found = StripeGateway().balance_transactions(payout_id="po_1")

        self.assertEqual(found, lines)
        self.assertEqual(Stripe.requests[0]["asked"], {"payout": ["po_1"], "limit": ["100"]})

    def test_no_answer(self) -> None:
        Stripe.answers = [(500, error("busy"))]
        for ask in (
            lambda: StripeGateway().balance_transactions(source_id="ch_1"),
            lambda: StripeGateway().find_refund(payment_intent_id="pi_1", key="key"),
        ):
            with self.assertRaises(GatewayError) as caught:
                ask()
            self.assertFalse(caught.exception.is_final)


class LostAnswerTests(WithStripe, StoryTestCase):
    """Stripe made the refund, and its answer never arrived."""

    def setUp(self) -> None:
        super().setUp()
        self.story = paid_story()
        self.order = order_of(self.story)
        self.tell(*self.story.events)
        Stripe.answers = [(500, error("busy"))]
        with self.assertRaises(refunds.NoAnswer):
            refunds.request_refund(order_id=self.order.pk, amount=4_00, actor=None)
        self.request = RefundRequest.objects.get()
        Stripe.requests = []

    def answered(self) -> RefundRequest:
        self.assert_order(amount_refunded=4_00)
        self.request.refresh_from_db()
        self.assertEqual((self.request.status, self.request.refund_id), (RequestStatus.ANSWERED, "re_1"))
        return self.request

    def made(self) -> dict[str, Any]:
        metadata = {"request_key": str(self.request.key)}
        return refund(1, payment_intent=self.story.payment_intent_id, metadata=metadata)

    def test_the_request_says_so_and_waits(self) -> None:
        self.assertEqual((self.request.status, self.request.error), (RequestStatus.PENDING, "busy"))

    def test_within_a_day_the_same_key_gives_the_same_refund(self) -> None:
        Stripe.answers = [(200, self.made())]
        refunds.submit_pending(timezone.now() + timedelta(minutes=5))

        self.assertEqual([request["path"] for request in Stripe.requests], ["/v1/refunds"])
        self.assertEqual(
            Stripe.requests[0]["key"], f"refund:{self.request.key}:400:{self.story.payment_intent_id}"
        )
        self.answered()

    def test_later_it_is_looked_up_and_not_made_again(self) -> None:
        RefundRequest.objects.update(created_at=timezone.now() - DAY)
        Stripe.answers = [(200, page(self.made()))]
        refunds.submit_pending(timezone.now())

        self.assertEqual([request.get("key") for request in Stripe.requests], [None])  # only asked
        self.answered()

    def test_later_and_never_made_it_is_made(self) -> None:
        RefundRequest.objects.update(created_at=timezone.now() - DAY)
        Stripe.answers = [(200, page()), (200, self.made())]
        refunds.submit_pending(timezone.now())

        self.answered()

    def test_a_webhook_that_tells_of_it_counts_it_once(self) -> None:
        self.story.says("refund.created", self.made())
        self.tell(*only("refund.created", self.story))

        self.assertEqual(refunds.amount_refundable(self.order), 38_00)
        Stripe.answers = [(200, self.made())]
        refunds.submit_pending(timezone.now() + timedelta(minutes=5))
        self.answered()


class AmountLeftTests(StoryTestCase):
    """What may still be asked for, in mock mode."""

    def test_a_refund_that_waits_for_the_customers_details_is_spoken_for(self) -> None:
        story = paid_story()
        order = order_of(story)
        story.is_refunded(30_00, status="requires_action")
        self.tell(*story.events)

        self.assertEqual(refunds.amount_refundable(order), 12_00)
        with self.assertRaises(refunds.RefundTooLarge):
            refunds.request_refund(order_id=order.pk, amount=12_01, actor=None)

    def test_nothing_of_a_payment_is_refunded_while_a_bank_has_taken_some_of_it(self) -> None:
        story = paid_story()
        order = order_of(story)
        dispute = story.is_disputed(amount=30_00)
        self.tell(*story.events)

        self.assertEqual(refunds.amount_refundable(order), 0)
        with self.assertRaisesMessage(refunds.PaymentDisputed, dispute["id"]):
            refunds.request_refund(order_id=order.pk, amount=1_00, actor=None)
        story.dispute_is_won(dispute)
        self.tell_all(story)
        self.assertEqual(refunds.amount_refundable(order), 42_00)

    def test_a_charge_alone_can_be_refunded(self) -> None:
        for name in ("intent", "none"):
            with self.subTest(name):
                story = paid_story(number=f"PL-{name}")
                order = make_order(number=story.order_number, amount_total=42_00)
                [charged] = only("charge.succeeded", story)
                if name == "none":
                    charged["data"]["object"]["payment_intent"] = None
                self.tell(charged)
                refunds.request_refund(order_id=order.pk, amount=2_00, actor=None, key=uuid.uuid4())

                self.assert_order(order.number, amount_refunded=2_00)
