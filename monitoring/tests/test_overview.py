"""The staff's first page: each kind of work is there when it waits, and gone when it does not."""

from datetime import datetime, timedelta
from unittest.mock import patch

from django.db import connection
from django.test import TestCase
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import Role
from monitoring import issues
from monitoring.overview import Desk, overview
from monitoring.tests.making import make_issue
from orders import lifecycle
from orders.models import Flag, Order
from payments import inbox
from payments.models import EventSource
from payments.stories import delivery
from payments.stories.journal import is_answer
from payments.stories.payouts import PayoutBook
from payments.stories.story import Story
from payments.stories.versions import Json
from payments.tests.making import make_request
from purelaka.days import store_zone
from purelaka.filters import written
from purelaka.testing import make_order, make_user

NOW = datetime(2026, 11, 24, 14, 32, tzinfo=store_zone())  # a Tuesday


def apply(told: list[Json]) -> None:
    for said in told:
        source = EventSource.API if is_answer(said) else EventSource.WEBHOOK
        inbox.receive(delivery.body(said).decode(), source=source)


def told_order(number: str, *, at: datetime, amount: int = 40_00, currency: str = "gbp") -> Story:
    """A paid order, and its story so far."""
    story = Story(order_number=number, amount=amount, currency=currency, at=at)
    intent = story.payment_intent_id
    make_order(number=number, amount_total=amount, currency=currency, payment_intent_id=intent, at=at)
    story.is_paid()
    return story


def entries(desk: Desk) -> dict[str, list[str]]:
    """What stands on the page: titles by group."""
    return {group.title: [entry.title for entry in group.entries] for group in desk.groups}


class WorkTests(TestCase):
    def test_an_empty_store_has_none(self) -> None:
        desk = overview(NOW)

        self.assertEqual((desk.groups, desk.to_pack, desk.takings, desk.at_stripe), ([], 0, [], []))

    def test_a_dispute_due_soon_is_urgent_and_a_later_one_is_not(self) -> None:
        for number, days_ago in (("PL-1", 7), ("PL-2", 1)):
            story = told_order(number, at=NOW - timedelta(days=days_ago))
            story.is_disputed("product_not_received")
            apply(story.told)

        groups = entries(overview(NOW))

        self.assertEqual(groups["Now"], ["Dispute on PL-1 needs your answer"])
        self.assertEqual(groups["This week"][0], "Dispute on PL-2 needs your answer")
        self.assertIn("2 days and 9 hours left", overview(NOW).groups[0].entries[0].why)

    def test_many_disputes_are_told_by_their_number(self) -> None:
        for number in range(7):
            story = told_order(f"PL-{number}", at=NOW - timedelta(days=7))
            story.is_disputed("fraudulent")
            apply(story.told)

        titles = entries(overview(NOW))["Now"]

        self.assertEqual((len(titles), titles[-1]), (6, "And 2 more disputes"))

    def test_an_answered_dispute_waits_for_nobody(self) -> None:
        story = told_order("PL-1", at=NOW - timedelta(days=7))
        story.dispute_is_answered(story.is_disputed())
        apply(story.told)

        self.assertNotIn("Now", entries(overview(NOW)))

    def test_failed_events_are_urgent(self) -> None:
        story = told_order("PL-1", at=NOW)
        with patch("payments.handlers.project", side_effect=ZeroDivisionError), self.assertLogs("payments"):
            apply(story.events)

        [entry] = overview(NOW).groups[0].entries

        self.assertRegex(entry.title, r"^\d Stripe events failed$")
        self.assertEqual(entry.url, reverse("payments:event-list") + "?status=failed")

    def test_a_flagged_order_is_urgent_until_a_person_accepts_it(self) -> None:
        order = make_order(number="PL-1")
        Order.objects.update(flag=Flag.PAID_TWICE)
        self.assertEqual(entries(overview(NOW)), {"Now": ["PL-1 was paid more than once"]})

        issue = make_issue(check_name="orders_flagged", subject=order.number, found="paid twice")
        issues.resolve(issue, actor=make_user(Role.OPS), note="agreed by phone")
        self.assertEqual(entries(overview(NOW)), {})

    def test_many_flagged_orders_are_told_by_their_number(self) -> None:
        for number in range(8):
            make_order(number=f"PL-{number}")
        Order.objects.update(flag=Flag.PAID_TWICE)

        self.assertEqual(entries(overview(NOW))["Now"][-1], "And 3 more flagged orders")
        self.assertEqual(len(entries(overview(NOW))["Now"]), 6)

    def test_open_issues_stand_by_their_severity(self) -> None:
        make_issue(message="books disagree", check_name="stock_moved", severity="critical")
        make_issue(message="fee unknown", check_name="fees_known", severity="warning")

        self.assertEqual(entries(overview(NOW)), {"Now": ["books disagree"], "Today": ["fee unknown"]})

    def test_many_issues_of_one_check_are_told_by_their_number(self) -> None:
        for _ in range(7):
            make_issue()

        titles = entries(overview(NOW))["Now"]

        self.assertEqual(len(titles), 6)
        self.assertEqual(titles[-1], "And 2 more: Each variant's stock is the sum of its movements")

    def test_orders_paid_days_ago_are_late_and_sent_ones_are_not(self) -> None:
        for number, days in (("PL-1", 3), ("PL-2", 3), ("PL-3", 1), ("PL-4", 9)):
            apply(told_order(number, at=NOW - timedelta(days=days)).told)
        lifecycle.fulfil(Order.objects.get(number="PL-4"), actor=None)

        desk = overview(NOW)

        self.assertEqual(entries(desk)["Today"], ["2 orders waited more than 2 days to be packed"])
        self.assertEqual((desk.groups[0].entries[0].amount, desk.to_pack), ("£80.00", 3))
        self.assertEqual(entries(desk)["This week"], ["1 order paid in the last 2 days to pack"])
        waiting = desk.groups[1].entries[0]
        self.assertEqual((waiting.why, waiting.amount), ("The oldest was paid yesterday 14:32", "£40.00"))

    def test_a_refunded_order_is_not_packed(self) -> None:
        story = told_order("PL-1", at=NOW)
        story.is_refunded()
        apply(story.told)

        self.assertEqual(overview(NOW).to_pack, 0)

    def test_a_refund_that_failed_says_why_and_leads_to_it(self) -> None:
        story = told_order("PL-1", at=NOW - timedelta(hours=3))
        story.refund_fails(story.is_refunded(5_00), reason="lost_or_stolen_card")
        apply(story.told)

        entry = overview(NOW).groups[0].entries[0]

        self.assertEqual((entry.title, entry.amount), ("The customer of PL-1 has not got the money", "£5.00"))
        self.assertIn("The card was reported lost or stolen.", entry.why)

    def test_many_refunds_that_failed_are_told_by_their_number_and_accepted_ones_not(self) -> None:
        for number in range(8):
            story = told_order(f"PL-{number}", at=NOW - timedelta(hours=3))
            refund = story.is_refunded(5_00)
            story.refund_fails(refund)
            apply(story.told)
        issue = make_issue(check_name="refunds_arrived", subject=refund["id"], found="failed")
        issues.resolve(issue, actor=make_user(Role.OPS), note="sent by bank transfer")

        titles = entries(overview(NOW))["Now"]

        self.assertEqual((len(titles), titles[-1]), (6, "And 2 more refunds"))

    def test_refunds_to_approve_are_told_once(self) -> None:
        make_request()
        make_request()

        self.assertEqual(entries(overview(NOW)), {"Today": ["2 refunds to approve"]})

    def test_pending_refunds_are_told_once(self) -> None:
        story = told_order("PL-1", at=NOW - timedelta(hours=3))
        story.is_refunded(5_00, status="pending")
        story.is_refunded(3_00, status="pending")
        apply(story.told)

        entry = overview(NOW).groups[-1].entries[-1]

        self.assertEqual((entry.title, entry.amount), ("2 refunds on the way", "£8.00"))


class TakingsTests(TestCase):
    def test_today_is_compared_with_the_same_weekday_until_this_time(self) -> None:
        week = timedelta(days=7)
        for number, at, amount in (
            ("PL-1", NOW - timedelta(hours=2), 60_00),
            ("PL-2", NOW - week - timedelta(hours=5), 40_00),
            ("PL-3", NOW - week + timedelta(hours=3), 100_00),  # later that day
            ("PL-4", NOW - timedelta(days=1), 500_00),
        ):
            apply(told_order(number, at=at, amount=amount).events)

        [takings] = overview(NOW).takings

        self.assertEqual((takings.gross, takings.today.orders), ("£60.00", 1))
        self.assertEqual((takings.gross_before, takings.change), ("£40.00", "▲ up 50%"))
        self.assertEqual(takings.rows[-1].before.text, "£140.00")
        self.assertEqual(
            [row.today.text for row in takings.rows if row.until in ("12:00", "13:00", "15:00", "16:00")],
            ["£0.00", "£60.00", "£60.00", "–"],
        )

    def test_net_is_after_refunds_and_disputes_of_today(self) -> None:
        story = told_order("PL-1", at=NOW - timedelta(days=9))
        story.waits_until(NOW - timedelta(hours=1))
        story.is_refunded(10_00)
        story.is_disputed(amount=5_00)
        apply(story.told)
        apply(told_order("PL-2", at=NOW - timedelta(hours=1)).events)

        [takings] = overview(NOW).takings

        self.assertEqual((takings.gross, takings.net), ("£40.00", "£25.00"))
        self.assertEqual(takings.foot, "Net is after £10.00 of refunds and £5.00 taken for disputes.")

    def test_currencies_are_never_added(self) -> None:
        for number, currency in (("PL-1", "gbp"), ("PL-2", "eur")):
            story = Story(order_number=number, amount=10_00, currency=currency, at=NOW)
            make_order(number=number, amount_total=10_00, currency=currency, at=NOW)
            story.is_paid()
            apply(story.events)

        self.assertEqual({t.gross for t in overview(NOW).takings}, {"£10.00", "€10.00"})


class AtStripeTests(TestCase):
    def setUp(self) -> None:
        self.story = told_order("PL-1", at=NOW - timedelta(days=20))
        self.book = PayoutBook(at=NOW - timedelta(days=20))

    def pay_out(self) -> Json:
        self.book.waits_until(self.story.clock + timedelta(days=9))
        [payout] = self.book.pays_out(self.story.balance_transactions)
        return payout

    def balance(self) -> tuple[int, int, int]:
        """In balance, on its way, held."""
        apply([*self.story.told, *self.book.told])
        [at] = overview(NOW).at_stripe
        return at.in_balance, at.on_its_way, at.held

    def test_before_a_payout_it_is_the_net_of_all(self) -> None:
        [charged] = self.story.balance_transactions

        self.assertEqual(self.balance(), (charged["net"], 0, 0))

    def test_a_payout_on_its_way_has_left_the_balance(self) -> None:
        payout = self.pay_out()

        self.assertEqual(self.balance(), (0, payout["amount"], 0))

    def test_one_that_arrived_took_its_transactions_with_it(self) -> None:
        self.book.payout_arrives(self.pay_out())

        self.assertEqual(self.balance(), (0, 0, 0))

    def test_one_that_failed_is_back(self) -> None:
        payout = self.pay_out()
        self.book.payout_arrives(payout)
        self.book.payout_fails(payout)

        self.assertEqual(self.balance(), (payout["amount"], 0, 0))

    def test_what_a_bank_took_for_a_dispute_is_held(self) -> None:
        self.story.is_disputed(amount=8_00)

        self.assertEqual(self.balance()[2], 8_00)


class OverviewPageTests(TestCase):
    def setUp(self) -> None:
        self.client.force_login(make_user(Role.ANALYST))

    def test_an_empty_store_says_that_nothing_waits(self) -> None:
        self.assertContains(self.client.get(reverse("monitoring:overview")), "Nothing waits for a person")

    def test_who_may_only_look_is_not_asked_to_decide(self) -> None:
        apply(told_order("PL-1", at=timezone.now()).told)
        Order.objects.update(flag=Flag.PAID_TWICE)
        make_request()

        for role, words, other in (
            (Role.ANALYST, "1 order to pack", "Pack 1"),
            (Role.OPS, "Decide", "Show order<"),
        ):
            self.client.force_login(make_user(role))
            page = self.client.get(reverse("monitoring:overview"))
            self.assertContains(page, words)
            self.assertNotContains(page, other)

    def test_at_most_fifteen_queries_however_much_waits(self) -> None:
        now = timezone.now()
        until = written(now - timedelta(days=7))
        self.client.post(reverse("monitoring:mark-seen"), {"until": until})
        for number in range(12):
            story = told_order(f"PL-{number}", at=now - timedelta(days=6))
            story.is_refunded(5_00, status="pending")
            story.refund_fails(story.is_refunded(1_00))
            story.is_disputed(amount=5_00)
            apply(story.told)
            make_request()
            make_issue(order=Order.objects.latest("pk"))
        Order.objects.filter(number__endswith="1").update(flag=Flag.PAID_TWICE)

        with CaptureQueriesContext(connection) as seen:
            response = self.client.get(reverse("monitoring:overview"))

        self.assertLessEqual(len(seen), 15, [query["sql"][:120] for query in seen])
        self.assertContains(response, "12 refunds failed")
        self.assertContains(response, "12 orders waited more than 2 days")
        self.assertContains(response, "12 orders to pack")
