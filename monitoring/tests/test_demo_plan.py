from collections import Counter
from datetime import UTC, datetime, timedelta
from random import Random

from django.test import SimpleTestCase

from monitoring.demo.demand import first_day, moments
from monitoring.demo.goods import PACKS
from monitoring.demo.people import DEMO_CUSTOMER
from monitoring.demo.plan import Plan, make_plan, version_on
from purelaka.days import day_start

END = datetime(2026, 11, 24, 14, tzinfo=UTC)


class PlanTests(SimpleTestCase):
    plan: Plan

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.plan = make_plan(END, 600)

    def test_it_is_the_same_each_time(self) -> None:
        again = make_plan(END, 600)

        self.assertEqual(
            [order.story.told for order in again.orders], [o.story.told for o in self.plan.orders]
        )
        self.assertEqual(again.payouts.told, self.plan.payouts.told)
        self.assertEqual(again.wishes, self.plan.wishes)

    def test_another_number_of_orders_is_another_story(self) -> None:
        other = make_plan(END, 599)

        self.assertNotEqual(other.orders[0].at, self.plan.orders[0].at)

    def test_all_orders_are_placed_within_the_eighteen_months(self) -> None:
        placed = [order.at for order in self.plan.orders]

        self.assertEqual(len(placed), 600)
        self.assertEqual(placed, sorted(placed))
        self.assertLessEqual(day_start(first_day(END)), placed[0])
        self.assertLess(placed[-1], END)

    def test_an_order_is_paid_with_what_it_costs(self) -> None:
        for order in self.plan.orders:
            self.assertEqual(order.story.intent["amount"], order.terms.amounts.total)
            self.assertEqual({PACKS[sku].currency for sku, _ in order.lines}, {order.customer.currency})

    def test_some_use_a_code_each_within_its_rules(self) -> None:
        used = Counter(order.terms.code for order in self.plan.orders)
        firsts = [order for order in self.plan.orders if order.terms.code == "WELCOME10"]

        self.assertEqual(used.keys(), {"", "WELCOME10", "SKIN5", "SUMMER15"})
        self.assertGreater(used[""], 400)
        self.assertEqual(len({order.customer.number for order in firsts}), len(firsts))
        for order in self.plan.orders:
            if order.terms.code == "SKIN5":
                self.assertGreaterEqual(order.terms.amounts.subtotal, 30_00)
                self.assertEqual((order.customer.currency, order.terms.amounts.discount), ("gbp", 5_00))
            if order.terms.code == "SUMMER15":
                self.assertLess(order.at, END - timedelta(days=130))

    def test_delivery_is_free_from_forty_pounds_after_discount(self) -> None:
        for order in self.plan.orders:
            amounts = order.terms.amounts
            if (order.customer.currency, order.terms.method) == ("gbp", "Standard"):
                free = amounts.subtotal - amounts.discount >= 40_00
                self.assertEqual(amounts.shipping, 0 if free else 3_95)

    def test_no_more_is_sold_than_was_delivered(self) -> None:
        changes: list[tuple[datetime, str, int]] = list(self.plan.shelf.deliveries)
        for order in self.plan.orders:
            changes += [(order.at, sku, -quantity) for sku, quantity in order.lines]
            if back := order.canceled_at or order.returned_at:
                changes += [(back, sku, quantity) for sku, quantity in order.lines]

        level: Counter[str] = Counter()
        for _, sku, quantity in sorted(changes):
            level[sku] += quantity
            if not PACKS[sku].preorder:
                self.assertGreaterEqual(level[sku], 0, sku)

    def test_something_is_still_open_at_the_end(self) -> None:
        statuses = Counter(
            dispute["status"] for order in self.plan.orders for dispute in order.story.disputes
        )
        refunds = Counter(refund["status"] for order in self.plan.orders for refund in order.story.refunds)

        self.assertGreaterEqual(statuses["needs_response"], 2)
        self.assertGreaterEqual(statuses["under_review"], 1)
        self.assertGreaterEqual(statuses["warning_needs_response"], 1)
        self.assertGreaterEqual(refunds["pending"], 2)
        self.assertGreaterEqual(refunds["failed"], 1)

    def test_an_open_dispute_is_due_in_the_coming_days(self) -> None:
        due = [
            datetime.fromtimestamp(dispute["evidence_details"]["due_by"], UTC)
            for order in self.plan.orders
            for dispute in order.story.open_disputes
            if dispute["status"] == "needs_response"
        ]

        for moment in due:
            self.assertLess(END, moment)
            self.assertLess(moment, END + timedelta(days=10))

    def test_customers_come_back(self) -> None:
        visits = Counter(order.customer.number for order in self.plan.orders)
        repeated = sum(count > 1 for count in visits.values())

        self.assertGreater(repeated / len(visits), 0.15)
        self.assertGreaterEqual(visits[DEMO_CUSTOMER], 3)

    def test_payouts_hold_each_transaction_once_and_one_of_them_failed(self) -> None:
        lines = [line["id"] for content in self.plan.payouts.content.values() for line in content]

        self.assertEqual(len(lines), len(set(lines)))
        self.assertEqual([payout["status"] for payout in self.plan.payouts.payouts].count("failed"), 1)


class DemandTests(SimpleTestCase):
    def test_more_is_bought_in_the_evening_and_at_the_end(self) -> None:
        picked = moments(Random(1), END, 4000)
        hours = Counter(moment.hour for moment in picked)
        half = day_start(first_day(END)) + (END - day_start(first_day(END))) / 2

        self.assertGreater(hours[20], 3 * hours[4])
        self.assertGreater(sum(moment > half for moment in picked), 2300)


class VersionTests(SimpleTestCase):
    def test_events_have_the_api_version_of_their_time(self) -> None:
        self.assertEqual(version_on(datetime(2025, 6, 1, tzinfo=UTC)), "2025-03-31.basil")
        self.assertEqual(version_on(datetime(2026, 10, 28, tzinfo=UTC)), "2026-10-28.endive")
        self.assertEqual(version_on(datetime(2020, 1, 1, tzinfo=UTC)), "2022-11-15")
