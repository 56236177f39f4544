"""Refunding an order from its page."""

import re
import uuid
from datetime import timedelta
from unittest.mock import patch

from django.urls import reverse

from audit.models import AuditLog
from payments.gateway import GatewayError
from payments.models import Refund, RefundRequest, RequestStatus
from payments.stories.story import Story
from payments.tests.order_page_case import OrderPageCase
from purelaka.testing import NOON, make_order


class RefundTests(OrderPageCase):
    def setUp(self) -> None:
        super().setUp()
        self.pay()

    def key(self) -> str:
        """The one in the page's form."""
        shown = re.search(r'name="key" value="([^"]+)"', self.page())
        return shown[1] if shown else str(uuid.uuid4())

    def refund(self, amount: str, key: str = "", **more: str) -> str:
        fields = {"reason": "requested_by_customer", "note": "leaking", **more}
        return self.post("refund", amount=amount, key=key or self.key(), **fields)

    def test_money_goes_back_and_the_order_shows_it(self) -> None:
        page = self.refund("7.50")

        self.order.refresh_from_db()
        self.assertEqual((self.order.amount_refunded, self.order.refund_status), (7_50, "partial"))
        self.assert_said("£7.50 of PL-1 goes back", page)
        self.assertEqual(Refund.objects.get().amount, 7_50)
        self.assertTrue(AuditLog.objects.filter(event_type="refund.requested", actor=self.ops).exists())

    def test_a_double_click_refunds_once_and_says_what_the_first_did(self) -> None:
        for amount in ("5", "15"):  # the second time, nothing is left after the first click
            key = self.key()
            for _ in range(2):
                self.assert_said(f"£{amount}.00 of PL-1 goes back", self.refund(amount, key))

        self.order.refresh_from_db()
        self.assertEqual(self.order.amount_refunded, 20_00)
        self.assertEqual(RefundRequest.objects.count(), 2)

    def test_a_page_sent_again_with_another_amount_refunds_nothing_more(self) -> None:
        key = self.key()
        self.refund("5", key)
        page = self.refund("6", key)

        self.assert_said("the amount you wrote now was not sent", page)
        self.assertEqual(RefundRequest.objects.get().amount, 5_00)

    def test_more_than_is_left_is_refused_beside_the_field(self) -> None:
        self.refund("15")
        page = self.refund("6")

        self.assert_said("Between £0.01 and £5.00 can be refunded", page)
        self.assert_said('value="6"', page)  # what was typed stays
        self.assert_said('value="leaking"', page)
        self.assertEqual(RefundRequest.objects.count(), 1)

    def test_what_is_no_amount_is_refused(self) -> None:
        for amount in ("", "x", "0", "-1", "1.234", "NaN", "12,50", "1,23", "٣", "1e1", "9" * 20):
            with self.subTest(amount=amount):
                self.refund(amount)
        self.assertFalse(RefundRequest.objects.exists())

    def test_a_decimal_comma_is_asked_about(self) -> None:
        self.assert_said("Write a point before the smaller unit", self.refund("12,50"))

    def test_no_answer_keeps_the_request_and_says_so(self) -> None:
        with patch("payments.mock_gateway.MockGateway.create_refund", side_effect=down(is_final=False)):
            page = self.refund("5")

        self.assert_said("Stripe did not answer", page)
        self.assertEqual(RefundRequest.objects.get().status, RequestStatus.PENDING)
        self.assert_said("Stripe has not answered yet", self.page())
        self.assert_said("Refund up to £15.00", self.page())  # what waits is held

    def test_a_refusal_says_why(self) -> None:
        with patch("payments.mock_gateway.MockGateway.create_refund", side_effect=down(is_final=True)):
            page = self.refund("5")

        self.assert_said("Stripe refused the refund of £5.00: connection refused", page)
        self.assertEqual(RefundRequest.objects.get().status, RequestStatus.REFUSED)
        self.assert_said("Refund up to £20.00", self.page())

    def test_nothing_is_left_of_a_fully_refunded_order(self) -> None:
        self.refund("20")
        page = self.refund("1", str(uuid.uuid4()))

        self.assert_said("t be refunded. Nothing is left that Stripe could send back:", page)
        self.assertEqual(RefundRequest.objects.count(), 1)

    def test_an_unpaid_order_has_nothing_to_refund(self) -> None:
        make_order(number="PL-2")
        fields = {"amount": "1", "reason": "duplicate", "key": str(uuid.uuid4())}
        response = self.client.post(reverse("orders:order-refund", args=["PL-2"]), fields, follow=True)

        self.assertContains(response, "t be refunded. Nothing was paid.")
        self.assertFalse(RefundRequest.objects.exists())

    def test_the_second_payment_of_an_order_can_be_chosen(self) -> None:
        twice = Story(order_number="PL-1", amount=20_00, at=NOON + timedelta(hours=1), seed="twice")
        twice.is_paid()
        self.tell(twice)

        page = self.page()
        self.assert_said("Refund the other: it is chosen in the refund dialog.", page)
        self.assert_said(
            f'<option value="{twice.payment_intent_id}" selected>Does not pay the order: £20.00', page
        )
        page = self.refund("20", payment_id=twice.payment_intent_id)

        self.assertEqual(Refund.objects.get().payment_intent_id, twice.payment_intent_id)
        self.order.refresh_from_db()
        self.assertEqual((self.order.flag, self.order.amount_refunded), ("", 0))
        self.assert_said("£20.00 of PL-1 goes back", page)

    def test_which_of_two_payments_must_be_said(self) -> None:
        twice = Story(order_number="PL-1", amount=20_00, at=NOON + timedelta(hours=1), seed="twice")
        twice.is_paid()
        self.tell(twice)

        self.assert_said("This field is required", self.refund("20"))
        self.assertFalse(RefundRequest.objects.exists())

    def test_a_payment_of_another_order_can_not(self) -> None:
        page = self.refund("20", payment_id="pi_other")

        self.assert_said("Select a valid choice", page)
        self.assertFalse(RefundRequest.objects.exists())


def down(*, is_final: bool) -> GatewayError:
    return GatewayError("connection refused", is_final=is_final)
