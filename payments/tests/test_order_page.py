"""One order's page, and what each role can do on it."""

import logging
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
from catalog.models import Variant
from orders import lifecycle
from orders.models import Order, OrderNote, OrderStatus
from payments import answers
from payments.gateway import GatewayError
from payments.models import EventStatus, Refund, RefundRequest, RequestStatus, StripeEvent
from payments.stories.story import Story
from payments.tests.posting import deliver, with_webhook_secret
from purelaka.testing import NOON, make_order, make_user

ACTIONS = ("fulfil", "cancel", "note", "refund")


@with_webhook_secret()
class OrderPageCase(TestCase):
    def setUp(self) -> None:
        logging.disable(logging.WARNING)  # each refusal is a line otherwise
        self.addCleanup(logging.disable, logging.NOTSET)
        self.ops, self.analyst = make_user(Role.OPS), make_user(Role.ANALYST)
        self.story = Story(order_number="PL-1", amount=20_00, at=NOON)
        self.order = make_order(
            number="PL-1", amount_total=20_00, payment_intent_id=self.story.payment_intent_id
        )
        self.client.force_login(self.ops)

    def pay(self) -> None:
        self.story.is_declined("insufficient_funds")
        self.story.is_paid()
        self.tell()

    def tell(self, *stories: Story) -> None:
        for story in stories or (self.story,):
            for event in [*story.events, *story.answers]:
                deliver(self.client, event)
        self.order.refresh_from_db()

    def url(self, name: str = "detail") -> str:
        return reverse(f"orders:order-{name}", args=["PL-1"])

    def page(self, query: str = "") -> str:
        return self.client.get(self.url() + query).content.decode()

    def post(self, name: str, **fields: str) -> str:
        return self.client.post(self.url(name), fields, follow=True).content.decode()

    def assert_said(self, text: str, page: str) -> None:
        """Without the page in the failure's message."""
        self.assertTrue(text in page, f"not on the page: {text}")

    def assert_not_said(self, text: str, page: str) -> None:
        self.assertFalse(text in page, f"on the page: {text}")


class ReadingTests(OrderPageCase):
    def test_the_money_adds_up(self) -> None:
        self.pay()
        self.story.passes(timedelta(days=1))
        self.story.is_refunded(5_00)
        self.tell()

        page = self.page()

        fee = -sum(e.amount for e in self.order.ledgerentry_set.filter(kind="fee"))
        for figure in ("£20.00", "−£5.00", f"£{(20_00 - 5_00 - fee) / 100:.2f}"):
            self.assert_said(figure, page)

    def test_it_says_that_the_ledger_agrees_with_stripes_books(self) -> None:
        self.pay()

        self.assert_said("2 ledger entries, agree with Stripe&#x27;s books", self.page())

    def test_it_says_when_the_fee_is_not_known(self) -> None:
        self.story.is_paid()
        for event in self.story.events:  # the API was not asked yet
            deliver(self.client, event)

        self.assert_said("1 ledger entry, Stripe has not told its fee yet", self.page())

    def test_money_that_pays_nothing_is_shown_apart(self) -> None:
        other = Story(order_number="PL-1", amount=7_00, at=NOON, seed="other")
        other.is_paid()
        self.tell(other)

        page = self.page()

        self.assert_said("A payment came with another amount than £20.00", page)
        self.assert_said("<strong>£7.00</strong> of it came for this order and does not pay it", page)

    def test_an_analyst_reads_and_can_do_nothing(self) -> None:
        self.pay()
        self.client.force_login(self.analyst)

        page = self.page()

        self.assert_said("Paid £20.00 with Visa", page)
        for words in ("<dialog", "What you can do", "#refund", "audit log"):
            self.assert_not_said(words, page)

    def test_more_events_take_no_more_queries(self) -> None:
        self.pay()
        before = self.queries()
        for _ in range(3):
            self.story.passes(timedelta(days=1))
            self.story.is_refunded(1_00)
        self.tell()

        self.assertEqual(self.queries(), before)
        self.assertLessEqual(before, 15)

    def test_it_takes_few_queries_also_when_a_refund_failed(self) -> None:
        self.pay()
        self.story.refund_fails(self.story.is_refunded(5_00))
        self.tell()
        self.post("note", text="Called the customer.")

        self.assertLessEqual(self.queries(), 15)
        self.assert_said("The customer has not got £5.00", self.page())

    def queries(self) -> int:
        self.page()  # whatever is loaded once
        with CaptureQueriesContext(connection) as seen:
            self.page()
        return len(seen)

    def test_an_order_before_any_event_has_a_page(self) -> None:
        page = self.page()

        self.assert_said("No money has moved", page)
        self.assert_said("Order placed", page)

    def test_an_unknown_order_is_not_found(self) -> None:
        self.assertEqual(self.client.get(reverse("orders:order-detail", args=["PL-0"])).status_code, 404)


class TimelineTests(OrderPageCase):
    def test_it_is_newest_first(self) -> None:
        self.pay()
        self.post("note", text="Leave it with the neighbour.")

        page = self.page()

        told = [
            "Leave it with the neighbour.",
            "Paid £20.00 with Visa",
            "Payment declined: insufficient funds",
        ]
        places = [page.index(words) for words in told]
        self.assertEqual(places, sorted(places))

    def test_events_of_one_happening_are_one_entry(self) -> None:
        self.pay()

        page = self.page()

        self.assertEqual(page.count("Paid £20.00 with Visa"), 1)
        entry = page[page.index("Paid £20.00 with Visa") :].partition("</li>")[0]
        for kind in ("charge.succeeded", "payment_intent.succeeded"):
            self.assert_said(kind, entry)

    def test_an_answer_of_the_api_tells_what_its_event_does(self) -> None:
        self.pay()
        intent, charge = self.story.intent, self.story.charge or {}
        answers.take_in("payment_intent.answered", {**intent, "status": "requires_payment_method"}, at=NOON)
        answers.take_in("charge.answered", charge, at=NOON)

        page = self.page()

        self.assert_not_said("Stripe sent", page)
        self.assertEqual(page.count("Payment of £20.00 begun"), 1)
        self.assertEqual(page.count("Paid £20.00 with Visa"), 1)

    def test_each_event_leads_to_its_source(self) -> None:
        self.pay()
        page = self.page()

        for event in StripeEvent.objects.exclude(object_id=""):
            self.assert_said(reverse("payments:event-detail", args=[event.event_id]), page)

    def test_an_event_that_failed_says_so(self) -> None:
        self.pay()
        failed = StripeEvent.objects.get(type="payment_intent.succeeded")
        StripeEvent.objects.filter(pk=failed.pk).update(status=EventStatus.FAILED, reason="KeyError: no_such")

        self.assert_said("could not be applied: KeyError: no_such", self.page())

    def test_a_refund_of_ours_says_who_and_why(self) -> None:
        self.pay()
        self.post("refund", amount="5", reason="duplicate", note="ordered twice", key=str(uuid.uuid4()))

        page = self.page()

        self.assert_said(f"<strong>{self.ops.get_short_name()}</strong> refunded £5.00", page)
        self.assert_said("<blockquote>ordered twice</blockquote>", page)
        self.assert_said("Refund of £5.00 succeeded", page)

    def test_a_dispute_is_told_from_its_opening_to_its_end(self) -> None:
        self.pay()
        self.story.passes(timedelta(days=1))
        dispute = self.story.is_disputed("fraudulent")
        self.story.passes(timedelta(days=1))
        self.story.dispute_is_won(dispute)
        self.tell()

        page = self.page()

        for words in (
            "Dispute over £20.00 opened: fraudulent",
            "The customer&#x27;s bank took £20.00 back",
            "The bank gave £20.00 back to us",
            "Dispute over £20.00 won",
        ):
            self.assert_said(words, page)

    def test_one_topic_can_be_chosen(self) -> None:
        self.pay()
        self.post("note", text="Leave it with the neighbour.")

        money, people = self.page("?log=money"), self.page("?log=people")

        self.assert_said("Paid £20.00 with Visa", money)
        self.assert_not_said("neighbour", money)
        self.assert_said("neighbour", people)
        self.assert_not_said("Paid £20.00 with Visa", people)

    def test_odd_words_choose_nothing(self) -> None:
        self.assert_said("Order placed", self.page("?log=%00nothing"))


class FulfilTests(OrderPageCase):
    def test_a_paid_order_is_fulfilled_with_its_tracking_number(self) -> None:
        self.pay()
        page = self.post("fulfil", tracking_number="RM 1")

        self.order.refresh_from_db()
        self.assertEqual((self.order.status, self.order.tracking_number), (OrderStatus.FULFILLED, "RM 1"))
        self.assert_said("PL-1 is fulfilled.", page)
        self.assert_said(f"by {self.ops.get_short_name()}", page)
        self.assertTrue(AuditLog.objects.filter(event_type="order.fulfilled", actor=self.ops).exists())

    def test_an_unpaid_order_is_not_and_what_was_typed_stays(self) -> None:
        response = self.client.post(self.url("fulfil"), {"tracking_number": "RM 1"})

        self.order.refresh_from_db()
        self.assertEqual(self.order.status, OrderStatus.PENDING)
        self.assertContains(response, "It is not paid yet.", status_code=422)
        self.assertContains(response, 'value="RM 1"', status_code=422)

    def test_the_same_click_twice_is_one_step(self) -> None:
        self.pay()
        self.post("fulfil", tracking_number="RM 1")
        page = self.post("fulfil", tracking_number="RM 1")

        self.assert_said("PL-1 is fulfilled.", page)
        self.assertEqual(AuditLog.objects.filter(event_type="order.fulfilled").count(), 1)

    def test_another_tracking_number_is_refused(self) -> None:
        self.pay()
        self.post("fulfil", tracking_number="RM 1")
        page = self.post("fulfil", tracking_number="RM 2")

        self.order.refresh_from_db()
        self.assertEqual(self.order.tracking_number, "RM 1")
        self.assert_said("It was sent already.", page)

    def test_an_order_that_waits_for_stock_is_not(self) -> None:
        Variant.objects.update(reserved=0)
        Variant.objects.update(stock=0)
        self.order.items.update(reserved=0)
        self.pay()
        page = self.post("fulfil")

        self.order.refresh_from_db()
        self.assertEqual(self.order.status, OrderStatus.PAID)
        self.assert_said("Some of its goods are not in stock.", page)

    def test_a_fully_refunded_order_is_not(self) -> None:
        self.pay()
        self.story.is_refunded()
        self.tell()
        page = self.post("fulfil")

        self.order.refresh_from_db()
        self.assertEqual(self.order.status, OrderStatus.PAID)
        self.assert_said("Everything was refunded", page)

    def test_who_comes_second_is_told(self) -> None:
        self.pay()
        move = lifecycle.fulfil

        def too_late(order: Order, **how: str) -> None:
            move(Order.objects.get(pk=order.pk), actor=None, tracking_number="RM 9")
            move(order, actor=self.ops, tracking_number=how["tracking_number"])

        with patch.object(lifecycle, "fulfil", too_late):
            page = self.post("fulfil", tracking_number="RM 1")

        self.assertEqual(Order.objects.get().tracking_number, "RM 9")
        self.assert_said("was changed by somebody else", page)
        self.assert_said('value="RM 1"', page)


class PackingSlipTests(OrderPageCase):
    def test_it_is_a_click_away_for_those_who_pack(self) -> None:
        slip = f"{reverse('orders:packing-slips')}?order=PL-1"
        self.assert_not_said(slip, self.page())
        self.pay()

        self.assert_said(slip, self.page())
        self.assertEqual(self.client.get(slip).status_code, 200)
        self.client.force_login(self.analyst)
        self.assert_not_said(slip, self.page())


class CancelTests(OrderPageCase):
    def test_an_unpaid_order_is_cancelled_and_its_stock_is_free(self) -> None:
        variant = self.order.items.get().variant
        page = self.post("cancel", reason="asked for by phone")

        self.order.refresh_from_db()
        variant.refresh_from_db()
        self.assertEqual((self.order.status, variant.reserved), (OrderStatus.CANCELED, 0))
        self.assert_said("asked for by phone", page)

    def test_it_needs_a_reason(self) -> None:
        response = self.client.post(self.url("cancel"), {"reason": " "})

        self.assertContains(response, "This field is required", status_code=422)
        self.assertEqual(Order.objects.get().status, OrderStatus.PENDING)

    def test_the_same_click_twice_is_one_step(self) -> None:
        self.post("cancel", reason="asked for by phone")
        page = self.post("cancel", reason="asked for by phone")

        self.assert_said("PL-1 is cancelled", page)
        self.assertEqual(AuditLog.objects.filter(event_type="order.canceled").count(), 1)

    def test_a_paid_or_fulfilled_order_is_not(self) -> None:
        self.pay()
        self.assert_said("it can&#x27;t become cancelled", self.post("cancel", reason="changed her mind"))
        self.post("fulfil")
        page = self.post("cancel", reason="changed her mind")

        self.assert_said('value="changed her mind"', page)
        self.assertEqual(Order.objects.get().status, OrderStatus.FULFILLED)


class NoteTests(OrderPageCase):
    def test_an_empty_note_is_told_and_not_kept(self) -> None:
        response = self.client.post(self.url("note"), {"text": " "})

        self.assertContains(response, "This field is required", status_code=422)
        self.assertFalse(OrderNote.objects.exists())

    def test_a_double_click_keeps_one(self) -> None:
        self.post("note", text="Once.")
        self.post("note", text="Once.")

        self.assertEqual(OrderNote.objects.count(), 1)
        self.assertEqual(AuditLog.objects.filter(event_type="order.note", actor=self.ops).count(), 1)

    def test_markup_in_it_is_only_text(self) -> None:
        page = self.post("note", text="<script>alert(1)</script>")

        self.assert_said("&lt;script&gt;alert(1)", page)


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


class RoleTests(OrderPageCase):
    def test_only_ops_and_admin_act(self) -> None:
        self.pay()
        for role in (Role.ANALYST, Role.CUSTOMER):
            self.client.force_login(make_user(role))
            for name in ACTIONS:
                with self.subTest(role=role, name=name):
                    self.assertEqual(self.client.post(self.url(name)).status_code, 404)
        self.assertEqual(Order.objects.get().status, OrderStatus.PAID)

    def test_an_admin_acts(self) -> None:
        self.pay()
        self.client.force_login(make_user(Role.ADMIN))
        self.post("fulfil")

        self.assertEqual(Order.objects.get().status, OrderStatus.FULFILLED)

    def test_a_form_from_elsewhere_is_refused(self) -> None:
        client = self.client_class(enforce_csrf_checks=True)
        client.force_login(self.ops)
        for name in ACTIONS:
            with self.subTest(name=name):
                self.assertEqual(client.post(self.url(name)).status_code, 403)


def down(*, is_final: bool) -> GatewayError:
    return GatewayError("connection refused", is_final=is_final)
