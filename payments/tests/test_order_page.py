"""One order's page, and what each role can do on it."""

import re
import uuid
from datetime import timedelta
from unittest.mock import patch

from django.db import connection
from django.test import TestCase
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Role
from audit.models import AuditLog
from orders.models import Order, OrderNote, OrderStatus
from payments.gateway import GatewayError
from payments.models import Refund, RefundRequest, RequestStatus
from payments.stories.story import Story
from payments.tests.posting import deliver, with_webhook_secret
from purelaka.testing import NOON, make_order, make_user


@with_webhook_secret()
class OrderPageCase(TestCase):
    def setUp(self) -> None:
        self.ops, self.analyst = make_user(Role.OPS), make_user(Role.ANALYST)
        self.story = Story(order_number="PL-1", amount=20_00, at=NOON)
        self.order = make_order(
            number="PL-1", amount_total=20_00, payment_intent_id=self.story.payment_intent_id
        )
        self.client.force_login(self.ops)

    def pay(self) -> None:
        self.story.is_declined()
        self.story.is_paid()
        self.tell()

    def tell(self) -> None:
        for event in [*self.story.events, *self.story.answers]:
            deliver(self.client, event)
        self.order.refresh_from_db()

    def url(self, name: str = "detail") -> str:
        return reverse(f"orders:order-{name}", args=["PL-1"])

    def page(self) -> str:
        return self.client.get(self.url()).content.decode()

    def post(self, name: str, **fields: str) -> str:
        return self.client.post(self.url(name), fields, follow=True).content.decode()


class ReadingTests(OrderPageCase):
    def test_the_money_adds_up(self) -> None:
        self.pay()
        self.story.passes(timedelta(days=1))
        self.story.is_refunded(5_00)
        self.tell()

        page = self.page()

        fee = -sum(e.amount for e in self.order.ledgerentry_set.filter(kind="fee"))
        for figure in ("£20.00", "−£5.00", f"£{(20_00 - 5_00 - fee) / 100:.2f}"):
            self.assertIn(figure, page)

    def test_the_timeline_tells_declines_payment_stock_and_notes(self) -> None:
        self.pay()
        self.post("note", text="Leave it with the neighbour.")

        page = self.page()

        told = [
            "Leave it with the neighbour.",
            "Payment of £20.00 succeeded",
            "1 piece left stock",
            "declined",
        ]
        places = [page.index(words) for words in told]
        self.assertEqual(places[0], min(places))  # newest first

    def test_an_analyst_reads_and_can_do_nothing(self) -> None:
        self.pay()
        self.client.force_login(self.analyst)

        page = self.page()

        self.assertIn("PL-1", page)
        self.assertNotIn("<dialog", page)

    def test_more_events_take_no_more_queries(self) -> None:
        self.pay()
        before = self.queries()
        for _ in range(3):
            self.story.passes(timedelta(days=1))
            self.story.is_refunded(1_00)
        self.tell()

        self.assertEqual(self.queries(), before)
        self.assertLessEqual(before, 30)

    def queries(self) -> int:
        self.page()  # whatever is loaded once
        with CaptureQueriesContext(connection) as seen:
            self.page()
        return len(seen)

    def test_an_order_before_any_event_has_a_page(self) -> None:
        self.assertIn("No money has moved", self.page())


class FulfilTests(OrderPageCase):
    def test_a_paid_order_is_fulfilled_with_its_tracking_number(self) -> None:
        self.pay()
        page = self.post("fulfil", tracking_number="RM 1")

        self.order.refresh_from_db()
        self.assertEqual((self.order.status, self.order.tracking_number), (OrderStatus.FULFILLED, "RM 1"))
        self.assertIn("PL-1 is fulfilled.", page)
        self.assertTrue(AuditLog.objects.filter(event_type="order.fulfilled", actor=self.ops).exists())

    def test_an_unpaid_order_is_not(self) -> None:
        page = self.post("fulfil")

        self.order.refresh_from_db()
        self.assertEqual(self.order.status, OrderStatus.PENDING)
        self.assertIn("PL-1 is pending", page)

    def test_a_second_click_says_so_and_changes_nothing(self) -> None:
        self.pay()
        self.post("fulfil", tracking_number="RM 1")
        self.post("fulfil", tracking_number="RM 2")

        self.order.refresh_from_db()
        self.assertEqual(self.order.tracking_number, "RM 1")


class CancelTests(OrderPageCase):
    def test_an_unpaid_order_is_cancelled_and_its_stock_is_free(self) -> None:
        variant = self.order.items.get().variant
        self.post("cancel")

        self.order.refresh_from_db()
        variant.refresh_from_db()
        self.assertEqual((self.order.status, variant.reserved), (OrderStatus.CANCELED, 0))

    def test_a_paid_order_is_not(self) -> None:
        self.pay()
        self.post("cancel")

        self.order.refresh_from_db()
        self.assertEqual(self.order.status, OrderStatus.PAID)


class NoteTests(OrderPageCase):
    def test_an_empty_note_is_told_and_not_kept(self) -> None:
        response = self.client.post(self.url("note"), {"text": " "})

        self.assertContains(response, "This field is required", status_code=422)
        self.assertFalse(OrderNote.objects.exists())

    def test_a_double_click_keeps_one(self) -> None:
        self.post("note", text="Once.")
        self.post("note", text="Once.")

        self.assertEqual(OrderNote.objects.count(), 1)


class RefundTests(OrderPageCase):
    def setUp(self) -> None:
        super().setUp()
        self.pay()

    def refund(self, amount: str, key: str = "") -> str:
        shown = re.search(r'name="key" value="([^"]+)"', self.page())
        key = key or (shown[1] if shown else str(uuid.uuid4()))
        return self.post("refund", amount=amount, reason="requested_by_customer", note="leaking", key=key)

    def test_money_goes_back_and_the_order_shows_it(self) -> None:
        page = self.refund("7.50")

        self.order.refresh_from_db()
        self.assertEqual((self.order.amount_refunded, self.order.refund_status), (7_50, "partial"))
        self.assertIn("£7.50 of PL-1 goes back", page)
        self.assertEqual(Refund.objects.get().amount, 7_50)

    def test_a_double_click_refunds_once(self) -> None:
        key = str(uuid.uuid4())
        self.refund("5", key)
        self.refund("5", key)

        self.order.refresh_from_db()
        self.assertEqual(self.order.amount_refunded, 5_00)

    def test_more_than_is_left_is_refused_beside_the_field(self) -> None:
        self.refund("15")
        page = self.refund("6")

        self.assertIn("Between £0.01 and £5.00 can be refunded", page)
        self.assertIn('value="6"', page)  # what was typed stays
        self.assertEqual(RefundRequest.objects.count(), 1)

    def test_what_is_no_amount_is_refused(self) -> None:
        for amount in ("", "x", "0", "-1", "1.234", "NaN"):
            with self.subTest(amount=amount):
                self.refund(amount)
        self.assertFalse(RefundRequest.objects.exists())

    def test_no_answer_keeps_the_request_and_says_so(self) -> None:
        with patch("payments.mock_gateway.MockGateway.create_refund", side_effect=down()):
            page = self.refund("5")

        self.assertIn("Stripe did not answer", page)
        self.assertEqual(RefundRequest.objects.get().status, RequestStatus.PENDING)
        self.assertIn("Stripe has not answered yet", self.page())

    def test_an_unpaid_order_has_nothing_to_refund(self) -> None:
        unpaid = make_order(number="PL-2")
        fields = {"amount": "1", "reason": "duplicate", "key": str(uuid.uuid4())}
        response = self.client.post(reverse("orders:order-refund", args=[unpaid.number]), fields)

        self.assertContains(response, "no payment that could be refunded", status_code=422)


class RoleTests(OrderPageCase):
    def test_only_ops_and_admin_act(self) -> None:
        self.pay()
        for role in (Role.ANALYST, Role.CUSTOMER):
            self.client.force_login(make_user(role))
            for name in ("fulfil", "cancel", "note", "refund"):
                with self.subTest(role=role, name=name):
                    self.assertEqual(self.client.post(self.url(name)).status_code, 404)
        self.assertEqual(Order.objects.get().status, OrderStatus.PAID)


def down() -> GatewayError:
    return GatewayError("connection refused", is_final=False)
