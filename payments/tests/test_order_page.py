"""One order's page: its money, its timeline, and who may act on it."""

import uuid
from datetime import timedelta

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Role
from orders.models import Order, OrderStatus
from payments import answers
from payments.models import EventStatus, StripeEvent
from payments.stories.story import Story
from payments.tests.order_page_case import OrderPageCase
from payments.tests.posting import deliver
from purelaka.testing import NOON, make_user

ACTIONS = ("fulfil", "cancel", "note", "refund")


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
