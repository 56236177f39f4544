"""Lists of payments, refunds, disputes and payouts."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import Role
from payments.models import Dispute
from payments.stories.payouts import PayoutBook
from payments.stories.story import Story
from payments.stories.versions import Json
from payments.tests.telling import DAY, NOON, StoryTestCase, order_of, paid_story
from purelaka.testing import make_user


class ListCase(StoryTestCase):
    def setUp(self) -> None:
        self.client.force_login(make_user(Role.ANALYST))

    def shown(self, name: str, query: str = "") -> list[str]:
        """The Stripe ids in the list's order."""
        response = self.client.get(reverse(f"payments:{name}-list") + query)
        self.assertEqual(response.status_code, 200)
        return [str(row) for row in response.context["listing"].rows]

    def page(self, name: str, query: str = "") -> str:
        return self.client.get(reverse(f"payments:{name}-list") + query).content.decode()

    def assert_said(self, name: str, *texts: str) -> None:
        page = self.page(name)
        for text in texts:
            self.assertTrue(text in page, text)

    def paid(self, number: str, **fields: Any) -> Story:
        story = paid_story(number, **fields)
        order_of(story)
        return story


class PaymentListTests(ListCase):
    def setUp(self) -> None:
        super().setUp()
        self.good = self.paid("PL-1")
        self.lost = paid_story("PL-404", at=NOON + DAY)
        self.declined = Story(order_number="PL-3", amount=9_00, at=NOON + 2 * DAY)
        self.declined.is_declined("insufficient_funds")
        order_of(self.declined)
        self.tell_all(self.good, self.lost, self.declined)

    def test_newest_come_first_with_how_they_were_paid(self) -> None:
        self.assertEqual(
            self.shown("payment"), [s.payment_intent_id for s in (self.declined, self.lost, self.good)]
        )
        self.assert_said("payment", "Visa •••• 4242", "Insufficient funds", "no order", "PL-1", "£9.00")

    def test_they_are_narrowed(self) -> None:
        good, lost, declined = (s.payment_intent_id for s in (self.good, self.lost, self.declined))
        wanted = {
            "?status=succeeded": [lost, good],
            "?status=requires_payment_method": [declined],
            "?order=none": [lost],
            "?order=one": [declined, good],
            f"?q={good}": [good],
            "?q=pl-3": [declined],
            "?start=2026-06-16&end=2026-06-16": [lost],
            "?q=nothing": [],
        }
        for query, ids in wanted.items():
            with self.subTest(query=query):
                self.assertEqual(self.shown("payment", query), ids)

    def test_received_money_is_summed_by_currency(self) -> None:
        self.tell_all(self.paid("PL-4", amount=500, currency="jpy"))

        self.assert_said("payment", "Received <strong", "£84.00", "¥500")


class RefundListTests(ListCase):
    def test_failures_say_why_and_are_found_by_status_or_id(self) -> None:
        story = self.paid("PL-1")
        failed = story.is_refunded(5_00)
        story.passes(DAY)
        story.refund_fails(failed)
        story.passes(DAY)
        waiting = story.is_refunded(6_00, status="pending", pending_reason="insufficient_funds")
        self.tell_all(story)

        self.assertEqual(self.shown("refund"), [waiting["id"], failed["id"]])
        self.assert_said("refund", "Expired or cancelled card", "Insufficient funds", "£11.00")
        self.assertEqual(self.shown("refund", "?status=failed"), [failed["id"]])
        self.assertEqual(self.shown("refund", f"?q={waiting['id']}"), [waiting["id"]])
        self.assertEqual(
            self.shown("refund", f"?q={story.payment_intent_id}&status=pending"), [waiting["id"]]
        )


class DisputeListTests(ListCase):
    def setUp(self) -> None:
        super().setUp()
        self.late = self.disputed("PL-1", NOON)
        self.later = self.disputed("PL-2", timezone.now() - DAY)
        self.answered = self.disputed("PL-3", NOON + DAY, Story.dispute_is_answered)
        self.won = self.disputed("PL-4", NOON + DAY, Story.dispute_is_won)

    def disputed(self, number: str, at: datetime, then: Callable[[Story, Json], None] | None = None) -> str:
        story = self.paid(number, at=at)
        dispute = story.is_disputed("fraudulent")
        if then:
            story.passes(timedelta(hours=1))
            then(story, dispute)
        self.tell_all(story)
        return str(dispute["id"])

    def test_what_waits_for_us_comes_by_the_day_it_is_due_then_what_the_bank_decides(self) -> None:
        self.assertEqual(self.shown("dispute"), [self.late, self.later, self.answered])
        self.assertEqual(self.shown("dispute", "?view=answer"), [self.late, self.later])

    def test_what_is_decided_is_a_tab_away(self) -> None:
        self.assertEqual(self.shown("dispute", "?view=won"), [self.won])
        self.assertEqual(self.shown("dispute", "?view=lost"), [])
        self.assertEqual(len(self.shown("dispute", "?view=all")), 4)

    def test_it_says_what_is_late_what_is_at_stake_and_why(self) -> None:
        texts = ('<span class="bad">late by ', "Not authorised", "Who ordered, card checks", "£126.00")
        self.assert_said("dispute", *texts, "At stake <strong")

    def test_one_without_a_due_day_comes_last(self) -> None:
        Dispute.objects.filter(dispute_id=self.late).update(due_by=None)

        self.assertEqual(self.shown("dispute"), [self.later, self.late, self.answered])

    def test_an_inquiry_is_called_one(self) -> None:
        story = self.paid("PL-5")
        story.is_disputed(inquiry=True)
        self.tell_all(story)

        self.assert_said("dispute", "Inquiry needs response")


class PayoutTests(ListCase):
    def setUp(self) -> None:
        super().setUp()
        self.story = self.paid("PL-1")
        self.book = PayoutBook(at=NOON + 9 * DAY)
        [self.payout] = self.book.pays_out(self.story.balance_transactions)

    def detail(self) -> str:
        url = reverse("payments:payout-detail", args=[self.payout["id"]])
        return self.client.get(url).content.decode()

    def test_a_payout_on_its_way_is_listed_and_its_content_is_not_known(self) -> None:
        self.tell_all(self.story, self.book)

        self.assertEqual(self.shown("payout"), [self.payout["id"]])
        self.assert_said("payout", "not told yet", "In transit")
        self.assertIn("Its content is not known", self.detail())

    def test_one_that_arrived_sums_to_its_content(self) -> None:
        self.book.payout_arrives(self.payout)
        self.tell_all(self.story, self.book)
        page = self.detail()

        amount = self.payout["amount"]
        self.assertEqual(self.shown("payout", "?status=paid"), [self.payout["id"]])
        for words in (">Yes<", "PL-1", f"£{amount / 100:.2f}", '<span class="good">£0.00</span>'):
            self.assertTrue(words in page, words)

    def test_a_difference_is_shown_in_red(self) -> None:
        self.book.payout_arrives(self.payout)
        self.book.passes(DAY)
        self.payout["amount"] += 7
        self.book.says("payout.updated", self.payout)
        self.tell_all(self.story, self.book)
        page = self.detail()

        for words in (">No<", '<span class="bad">£0.07</span>'):
            self.assertTrue(words in page, words)

    def test_one_that_came_back_says_so(self) -> None:
        self.book.payout_arrives(self.payout)
        self.book.passes(DAY)
        self.book.payout_fails(self.payout)
        self.tell_all(self.story, self.book)

        self.assertIn("The bank sent it back: Account closed", self.detail())
        self.assertEqual(self.shown("payout", "?status=failed"), [self.payout["id"]])

    def test_an_unknown_payout_is_not_found(self) -> None:
        self.assertEqual(self.client.get("/payments/payouts/po_none/").status_code, 404)


class CostTests(ListCase):
    def test_more_rows_take_no_more_queries(self) -> None:
        names = ("payment", "refund", "dispute", "payout")
        self.add("PL-1")
        before = [self.queries(name) for name in names]
        for number in range(2, 6):
            self.add(f"PL-{number}")

        self.assertEqual([self.queries(name) for name in names], before)
        self.assertLessEqual(max(before), 10)

    def add(self, number: str) -> None:
        story = self.paid(number)
        story.is_refunded(5_00)
        story.passes(DAY)
        story.is_disputed()
        book = PayoutBook(at=NOON + 9 * DAY, seed=number)
        book.pays_out(story.balance_transactions[:1])
        self.tell_all(story, book)

    def queries(self, name: str) -> int:
        with CaptureQueriesContext(connection) as seen:
            self.page(name)
        return len(seen)
