from datetime import UTC, datetime, timedelta

from django.test import SimpleTestCase

from payments.stories.fees import working_days_after
from payments.stories.journal import StoryError
from payments.stories.payouts import PayoutBook
from payments.stories.story import Story
from payments.stories.versions import Json

MONDAY = datetime(2026, 6, 15, 12, tzinfo=UTC)


def paid(number: str, amount: int, currency: str = "gbp") -> Story:
    story = Story(order_number=number, amount=amount, currency=currency, at=MONDAY)
    story.is_paid()
    return story


class PayoutBookTests(SimpleTestCase):
    def setUp(self) -> None:
        self.stories = [paid("PL-1", 42_00), paid("PL-2", 10_00), paid("PL-3", 30_00, "eur")]
        self.book = PayoutBook(at=MONDAY)

    @property
    def lines(self) -> list[Json]:
        return [line for story in self.stories for line in story.balance_transactions]

    def test_nothing_is_paid_out_before_it_is_available(self) -> None:
        self.assertEqual(self.book.pays_out(self.lines), [])

    def test_each_currency_has_a_payout_of_what_its_lines_sum_to(self) -> None:
        self.book.passes(timedelta(days=3))
        payouts = self.book.pays_out(self.lines)

        self.assertEqual([payout["currency"] for payout in payouts], ["eur", "gbp"])
        for payout in payouts:
            content = self.book.content[payout["id"]]
            self.assertEqual(sum(line["net"] for line in content), payout["amount"])

    def test_a_line_is_paid_out_once(self) -> None:
        self.book.passes(timedelta(days=3))
        self.book.pays_out(self.lines)

        self.assertEqual(self.book.pays_out(self.lines), [])

    def test_a_negative_balance_waits_for_better_days(self) -> None:
        self.stories[0].is_disputed()
        self.book.passes(timedelta(days=3))
        payouts = self.book.pays_out(self.lines)

        self.assertEqual([payout["currency"] for payout in payouts], ["eur"])

    def test_an_arrived_payout_is_reconciled_with_its_own_line_among_them(self) -> None:
        self.book.passes(timedelta(days=3))
        payout = self.book.pays_out(self.lines)[1]
        self.book.payout_arrives(payout)

        self.assertEqual(
            [event["type"] for event in self.book.events][-2:],
            ["payout.paid", "payout.reconciliation_completed"],
        )
        listed = self.book.answers[-1]["data"]["object"]
        self.assertEqual(listed["payout"], payout["id"])
        self.assertEqual(sum(line["net"] for line in listed["data"]), 0)

    def test_the_money_of_a_failed_payout_is_in_the_next_one(self) -> None:
        self.book.passes(timedelta(days=3))
        payout = self.book.pays_out(self.lines)[1]
        self.book.payout_arrives(payout)
        self.book.payout_fails(payout)
        self.book.passes(timedelta(days=7))
        [again] = self.book.pays_out(self.lines)

        self.assertEqual(again["amount"], payout["amount"])
        with self.assertRaisesMessage(StoryError, "The payout is failed."):
            self.book.payout_fails(payout)


class WorkingDaysTests(SimpleTestCase):
    def test_a_weekend_does_not_count(self) -> None:
        friday = datetime(2026, 6, 19, tzinfo=UTC).date()

        self.assertEqual(working_days_after(friday, 1).isoformat(), "2026-06-22")
        self.assertEqual(working_days_after(friday, 3).isoformat(), "2026-06-24")
