"""Where a check has to look twice: what it must not report, and what it must not miss."""

from datetime import timedelta

from django.db.models import F
from django.test import TestCase
from django.utils import timezone

from analyticsapp.models import AnalyticsSnapshotDaily, SnapshotBuild
from analyticsapp.rollups.build import build
from catalog.models import Variant
from monitoring import running
from monitoring.models import CheckRun, DataQualityIssue, RunStatus
from monitoring.tests.test_checks import CheckCase
from monitoring.tests.test_overview import apply, told_order
from orders.models import Order, RefundState
from payments import inbox
from payments.models import BalanceTransaction, Payout, RefundRequest, RequestStatus
from payments.stories import delivery
from payments.stories.story import Story
from purelaka.testing import make_order, make_variant


def found(name: str) -> list[str]:
    """Run one check: the subjects of its open issues."""
    list(running.run([name]))
    issues = DataQualityIssue.objects.open().filter(check_name=name).order_by("subject")
    return list(issues.values_list("subject", flat=True))


def issue() -> DataQualityIssue:
    return DataQualityIssue.objects.latest("pk")


class OrderTests(CheckCase):
    def test_a_paid_day_that_is_another_than_the_sale_s(self) -> None:
        Order.objects.update(paid_at=F("paid_at") - timedelta(days=2))

        self.assertEqual(found("orders_paid"), ["PL-1"])
        self.assertIn("another day", issue().message)

    def test_another_moment_of_the_same_day_is_fine(self) -> None:
        order = Order.objects.get()
        assert order.paid_at
        Order.objects.update(paid_at=order.paid_at.replace(hour=12, minute=0, second=0))

        self.assertEqual(found("orders_paid"), [])

    def test_a_fulfilled_order_whose_sale_is_gone(self) -> None:
        self.execute("UPDATE payments_ledgerentry SET kind = 'unapplied' WHERE kind = 'sale'")

        self.assertEqual(found("orders_paid"), ["PL-1"])
        self.assertEqual(
            (issue().expected, issue().found, issue().difference), ("£40.00", "£0.00", "−£40.00")
        )

    def test_a_refund_status_that_is_not_what_the_amount_says(self) -> None:
        Order.objects.update(refund_status=RefundState.FULL)

        self.assertEqual(found("orders_refunded"), ["PL-1"])
        self.assertTrue(issue().expected.startswith("partial, "))
        self.assertTrue(issue().found.startswith("full, "))

    def test_a_refund_moment_that_is_missing(self) -> None:
        Order.objects.update(refunded_at=None)

        self.assertEqual(found("orders_refunded"), ["PL-1"])


class RollupTests(CheckCase):
    def test_a_day_with_new_entries_is_left_out_until_it_is_built(self) -> None:
        day = AnalyticsSnapshotDaily.objects.earliest("day").day
        self.execute("UPDATE analyticsapp_analyticssnapshotdaily SET sales = sales + 1")
        self.execute("UPDATE analyticsapp_snapshotbuild SET ledger_id = 0")

        self.assertNotIn(str(day), " ".join(found("days_in_rollups")))

    def test_a_day_that_was_lost_is_found(self) -> None:
        AnalyticsSnapshotDaily.objects.all().delete()

        self.assertTrue(any("sales" in subject for subject in found("days_in_rollups")))

    def test_a_number_of_orders_that_is_wrong_is_found(self) -> None:
        AnalyticsSnapshotDaily.objects.filter(sales__gt=0).update(orders=F("orders") + 1)

        self.assertEqual(len(found("days_in_rollups")), 1)
        self.assertEqual(
            (issue().expected, issue().found, issue().difference), ("1 order", "2 orders", "+1 order")
        )

    def test_rollups_that_fall_behind_open_an_issue_that_a_build_resolves(self) -> None:
        SnapshotBuild.objects.update(ledger_id=0, built_at=timezone.now() - timedelta(minutes=61))
        self.assertEqual(found("rollups_fresh"), ["build_snapshots"])

        build(now=timezone.now())
        self.assertEqual(found("rollups_fresh"), [])

        SnapshotBuild.objects.update(ledger_id=0, built_at=timezone.now() - timedelta(minutes=61))
        self.assertEqual(found("rollups_fresh"), ["build_snapshots"])

    def test_a_build_of_the_last_hour_is_fresh_enough(self) -> None:
        SnapshotBuild.objects.update(ledger_id=0, built_at=timezone.now() - timedelta(minutes=59))

        self.assertEqual(found("rollups_fresh"), [])
        self.assertEqual(CheckRun.objects.latest("pk").status, RunStatus.PASSED)

    def test_rollups_that_were_never_built_prove_nothing(self) -> None:
        SnapshotBuild.objects.all().delete()

        [run] = running.run(["days_in_rollups"])

        self.assertEqual(run.status, RunStatus.STALE)
        self.assertIn("run build_snapshots", run.error)

    def test_an_old_build_without_new_entries_is_no_lag(self) -> None:
        SnapshotBuild.objects.update(built_at=timezone.now() - timedelta(days=9))

        self.assertEqual(found("rollups_fresh"), [])


class BalanceTests(CheckCase):
    def test_a_manual_payout_is_not_compared(self) -> None:
        Payout.objects.update(amount=F("amount") + 1, automatic=False)

        self.assertEqual(found("payouts_sum"), [])

    def test_a_transaction_that_moved_to_another_payout_is_missed(self) -> None:
        BalanceTransaction.objects.filter(type="charge").update(payout_id="po_other")

        self.assertEqual(found("payouts_sum"), [Payout.objects.get().payout_id])

    def test_another_currency_is_not_compared(self) -> None:
        BalanceTransaction.objects.filter(type="charge").update(currency="usd", amount=52_00)

        self.assertEqual(found("charges_in_balance"), [])

    def test_a_fee_may_take_two_days(self) -> None:
        BalanceTransaction.objects.all().delete()
        self.execute("UPDATE payments_charge SET created = " + self.ago(hours=47))
        self.execute("UPDATE payments_refund SET created = " + self.ago(hours=47))
        self.assertEqual(found("fees_known"), [])

        self.execute("UPDATE payments_charge SET created = " + self.ago(hours=49))
        self.assertEqual(len(found("fees_known")), 1)

    def ago(self, *, hours: int) -> str:
        return f"'{timezone.now() - timedelta(hours=hours):%Y-%m-%d %H:%M:%S}'"


class PaymentWithoutOrderTests(TestCase):
    def paid(self, *, minutes_ago: int) -> Story:
        story = Story(order_number="PL-1", amount=10_00, at=timezone.now() - timedelta(minutes=minutes_ago))
        story.is_paid()
        apply(story.events)
        return story

    def test_it_is_told_once_by_its_payment_and_vanishes_when_the_order_comes(self) -> None:
        story = self.paid(minutes_ago=20)
        self.assertEqual(found("claimed_payments"), [story.payment_intent_id])
        self.assertIn("£10.00 came for order PL-1", issue().message)

        make_order(number="PL-1", payment_intent_id=story.payment_intent_id)
        self.assertEqual(found("claimed_payments"), [])

    def test_the_order_has_a_quarter_of_an_hour_to_come(self) -> None:
        self.paid(minutes_ago=14)

        self.assertEqual(found("claimed_payments"), [])

    def test_money_that_names_no_order_is_another_matter(self) -> None:
        story = Story(order_number="", amount=10_00, at=timezone.now() - timedelta(hours=1))
        story.is_paid()
        for event in story.events:
            event["data"]["object"]["metadata"] = {}
            inbox.receive(delivery.body(event).decode())

        self.assertEqual(found("claimed_payments"), [])
        self.assertEqual(found("unmatched_payments"), [story.payment_intent_id])


class RefundTests(TestCase):
    def setUp(self) -> None:
        self.story = told_order("PL-1", at=timezone.now() - timedelta(days=9))

    def failing(self, amount: int) -> str:
        self.story.passes(timedelta(hours=1))
        refund = self.story.is_refunded(amount)
        self.story.passes(timedelta(hours=1))
        self.story.refund_fails(refund)
        return str(refund["id"])

    def test_a_failed_refund_waits_until_it_was_made_again(self) -> None:
        failed = self.failing(5_00)
        apply(self.story.told)
        self.assertEqual(found("refunds_arrived"), [failed])

        self.story.passes(timedelta(days=1))
        self.story.is_refunded(5_00)
        apply(self.story.told)
        self.assertEqual(found("refunds_arrived"), [])

    def test_one_refund_makes_up_for_one_that_failed_not_for_two(self) -> None:
        self.failing(5_00)
        self.failing(5_00)
        self.story.passes(timedelta(hours=1))
        self.story.is_refunded(5_00)
        apply(self.story.told)

        self.assertEqual(len(found("refunds_arrived")), 1)

    def test_a_refund_before_the_failure_makes_up_for_nothing(self) -> None:
        self.story.is_refunded(5_00)
        failed = self.failing(5_00)
        apply(self.story.told)

        self.assertEqual(found("refunds_arrived"), [failed])

    def test_one_that_waits_for_details_is_told(self) -> None:
        waiting = self.story.is_refunded(5_00, status="requires_action")
        apply(self.story.told)

        self.assertEqual(found("refunds_arrived"), [waiting["id"]])

    def test_a_request_is_told_when_it_waits_long_or_was_refused(self) -> None:
        request = RefundRequest.objects.create(
            order=Order.objects.get(), payment_intent_id="pi_1", amount=5_00, currency="gbp"
        )
        self.assertEqual(found("requests_answered"), [])

        RefundRequest.objects.update(created_at=timezone.now() - timedelta(minutes=16))
        self.assertEqual(found("requests_answered"), [str(request.key)])

        RefundRequest.objects.update(status=RequestStatus.REFUSED, error="Charge is disputed.")
        found("requests_answered")
        self.assertIn("Charge is disputed.", issue().message)


class StockTests(TestCase):
    def test_an_order_that_waits_for_stock_has_not_moved_it(self) -> None:
        variant = make_variant(stock=0, preorder=True, unit_amount=40_00)
        story = Story(order_number="PL-1", amount=40_00, at=timezone.now())
        make_order(number="PL-1", variant=variant, payment_intent_id=story.payment_intent_id)
        story.is_paid()
        apply(story.events)
        self.assertTrue(Order.objects.get().awaits_stock)

        self.assertEqual(found("items_moved"), [])

        Order.objects.update(awaits_stock=False)
        self.assertEqual(len(found("items_moved")), 1)

    def test_what_pending_orders_hold_is_reserved(self) -> None:
        order = make_order()
        self.assertEqual(found("stock_reserved"), [])

        order.items.update(reserved=0)
        self.assertEqual(found("stock_reserved"), [order.items.get().sku])

    def test_goods_whose_stock_is_not_tracked_need_no_movement(self) -> None:
        apply(told_order("PL-1", at=timezone.now()).events)
        self.assertEqual(found("items_moved"), [])

        Variant.objects.update(stock_tracked=False)
        self.assertEqual(found("items_moved"), [])
