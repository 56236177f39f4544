"""Refunds that are told twice, half, late, or not at all, and those that come back."""

from monitoring.checks.orders import orders_refunded
from payments.models import LedgerEntry, Refund
from payments.stories.story import Story
from payments.stories.versions import Json
from payments.tests.telling import DAY, NOON, StoryTestCase, net, net_by_source, only, order_of, paid_story
from purelaka.testing import make_order

OLD = "2022-11-15"  # before refunds had events of their own
REFUND_EVENTS = {"refund.created", "refund.updated", "refund.failed", "charge.refund.updated"}


def told_by_the_charge(story: Story) -> list[Json]:
    """All but the refunds' own objects."""
    return [event for event in story.events if event["type"] not in REFUND_EVENTS]


class TotalsWithoutObjectsTests(StoryTestCase):
    """`charge.refunded` says only how much went back in all (since 2022-11-15)."""

    def setUp(self) -> None:
        self.story = paid_story(api_version=OLD)
        order_of(self.story)
        self.story.passes(DAY)
        self.first = self.story.is_refunded(10_00)
        self.story.passes(DAY)
        self.second = self.story.is_refunded(5_00)

    def objects(self, *refunds: Json) -> list[Json]:
        """What an endpoint that asks for refunds' own events would have got as well."""
        teller = Story(order_number="PL-1", amount=42_00, at=NOON, seed="teller")
        for refund in refunds:
            teller.says("refund.created", refund)
            teller.events[-1]["created"] = refund["created"]
        return only("refund.created", teller)

    def test_each_rise_of_the_total_counts_on_its_day(self) -> None:
        self.tell(*self.story.events)

        refunds = LedgerEntry.objects.filter(kind="refund").values_list("amount", "occurred_on")
        self.assertEqual(
            [(amount, str(day)) for amount, day in refunds], [(-10_00, "2026-06-16"), (-5_00, "2026-06-17")]
        )
        self.assert_order(refund_status="partial", amount_refunded=15_00, refunded_at=NOON + 2 * DAY)

    def test_an_old_endpoint_may_never_get_more_than_the_total(self) -> None:
        self.story.passes(DAY)
        self.story.is_refunded()
        self.tell(*only({"charge.succeeded", "charge.refunded"}, self.story))

        self.assert_order(refund_status="full", amount_refunded=42_00, refunded_at=NOON + 3 * DAY)
        self.assertEqual((net("refund"), Refund.objects.count()), (-42_00, 0))

    def test_the_last_total_alone_says_all_that_went_back(self) -> None:
        self.tell(*only("charge.succeeded", self.story), only("charge.refunded", self.story)[-1])

        self.assert_order(amount_refunded=15_00, refunded_at=NOON + 2 * DAY)
        self.assertEqual(net("refund"), -15_00)

    def test_totals_in_the_wrong_order_count_on_the_right_days(self) -> None:
        self.tell(*reversed(self.story.events))

        days = LedgerEntry.objects.filter(kind="refund", occurred_on="2026-06-16")
        self.assertEqual(sum(entry.amount for entry in days), -10_00)
        self.assertEqual(net("refund"), -15_00)

    def test_the_objects_take_the_place_of_the_total_when_they_come(self) -> None:
        self.tell(*self.story.events, *self.objects(self.first, self.second))

        self.assertEqual(net_by_source("refund"), {self.first["id"]: -10_00, self.second["id"]: -5_00})
        self.assert_order(amount_refunded=15_00, refunded_at=NOON + 2 * DAY)

    def test_until_the_second_object_comes_the_total_speaks_for_it(self) -> None:
        self.tell(*self.story.events, *self.objects(self.first))
        sums = net_by_source("refund")

        self.assertEqual(sums, {self.first["id"]: -10_00, self.first["charge"]: -5_00})
        self.assert_order(amount_refunded=15_00)

    def test_until_the_first_object_comes_too(self) -> None:
        self.tell(*self.story.events, *self.objects(self.second))
        sums = net_by_source("refund")

        self.assertEqual(sums, {self.second["id"]: -5_00, self.first["charge"]: -10_00})
        self.assert_order(amount_refunded=15_00)

    def test_objects_before_the_total_count_once(self) -> None:
        self.tell(*self.objects(self.first, self.second), *self.story.events)

        self.assertEqual(net_by_source("refund"), {self.first["id"]: -10_00, self.second["id"]: -5_00})

    def test_a_total_that_falls_again_says_that_the_refund_came_back(self) -> None:
        self.story.passes(DAY)
        self.story.refund_fails(self.second)
        self.tell(*told_by_the_charge(self.story))

        self.assert_order(amount_refunded=10_00, refunded_at=NOON + DAY)
        self.assertEqual(net("refund", "refund_reversal"), -10_00)


class FailedRefundTests(StoryTestCase):
    def setUp(self) -> None:
        self.story = paid_story()
        order_of(self.story)
        self.story.passes(DAY)

    def test_the_money_comes_back_on_the_day_it_failed_and_the_first_day_keeps_its_figure(self) -> None:
        refund = self.story.is_refunded(10_00)
        self.tell_all(self.story)
        self.assert_order(refund_status="partial", amount_refunded=10_00)
        self.story.passes(6 * DAY)
        self.story.refund_fails(refund)
        self.tell_all(self.story)

        moved = LedgerEntry.objects.filter(source_id=refund["id"]).order_by("pk")
        self.assertEqual(
            [(entry.kind, entry.amount, str(entry.occurred_on)) for entry in moved],
            [("refund", -10_00, "2026-06-16"), ("refund_reversal", 10_00, "2026-06-22")],
        )
        self.assert_order(refund_status="none", amount_refunded=0, refunded_at=None)

    def test_if_the_failure_is_never_told_a_check_finds_that_too_much_went_back(self) -> None:
        failed = self.story.is_refunded(30_00)
        self.story.passes(DAY)
        self.story.refund_fails(failed)
        self.story.is_refunded(20_00)
        lost = {"refund.failed", "refund.updated", "charge.refund.updated", "charge.updated"}
        self.tell(*(event for event in self.story.events if event["type"] not in lost))
        [finding] = orders_refunded(NOON)
        self.assert_order(amount_refunded=42_00)
        self.assertEqual((finding.expected, finding.found), ("£42.00", "£50.00"))
        self.tell(*only("refund.failed", self.story))

        self.assert_order(amount_refunded=20_00)
        self.assertEqual(list(orders_refunded(NOON)), [])

    def test_more_news_of_a_failed_refund_does_not_move_the_day_it_failed(self) -> None:
        refund = self.story.is_refunded(10_00)
        self.story.passes(DAY)
        self.story.refund_fails(refund)
        self.story.passes(3 * DAY)
        self.story.says("refund.updated", refund)
        self.tell_all(self.story)

        self.assertEqual(Refund.objects.get().failed_at, NOON + 2 * DAY)
        self.assertEqual(str(LedgerEntry.objects.get(kind="refund_reversal").occurred_on), "2026-06-17")

    def test_after_a_failed_one_the_next_refund_counts(self) -> None:
        failed = self.story.is_refunded(10_00)
        self.story.passes(DAY)
        self.story.refund_fails(failed)
        self.story.passes(DAY)
        self.story.is_refunded(12_00)
        self.tell_all(self.story)

        self.assert_order(amount_refunded=12_00, refunded_at=NOON + 3 * DAY)
        self.assertEqual((net("refund"), net("refund_reversal")), (-22_00, 10_00))

    def test_a_failure_told_before_its_refund_ends_the_same(self) -> None:
        refund = self.story.is_refunded()
        self.story.passes(DAY)
        self.story.refund_fails(refund)
        self.tell(*reversed(self.story.events))

        self.assertEqual((net("refund"), net("refund_reversal")), (-42_00, 42_00))
        self.assert_order(refund_status="none", flag="")


class WaitingRefundTests(StoryTestCase):
    def setUp(self) -> None:
        self.story = paid_story()
        order_of(self.story)
        self.story.passes(DAY)

    def test_a_pending_refund_counts_from_its_creation(self) -> None:
        refund = self.story.is_refunded(10_00, status="pending", pending_reason="insufficient_funds")
        self.tell_all(self.story)
        self.assert_order(amount_refunded=10_00, refunded_at=NOON + DAY)
        self.story.passes(3 * DAY)
        self.story.refund_settles(refund)
        self.tell_all(self.story)

        self.assert_order(amount_refunded=10_00, refunded_at=NOON + DAY)
        self.assertEqual(net("refund"), -10_00)

    def test_one_that_requires_action_is_only_asked_for(self) -> None:
        refund = self.story.is_refunded(10_00, status="requires_action")
        self.tell_all(self.story)
        self.assert_order(refund_status="none")
        self.story.passes(DAY)
        self.story.refund_starts(refund)
        self.tell_all(self.story)

        self.assert_order(amount_refunded=10_00)
        self.assertEqual(net("refund"), -10_00)

    def test_canceled_before_it_was_on_its_way_it_never_counted(self) -> None:
        refund = self.story.is_refunded(10_00, status="requires_action")
        self.story.passes(DAY)
        self.story.refund_is_canceled(refund)
        self.tell_all(self.story)

        self.assertFalse(LedgerEntry.objects.filter(source_id=refund["id"]).exists())
        self.assert_order(refund_status="none")

    def test_canceled_while_pending_it_comes_back(self) -> None:
        refund = self.story.is_refunded(10_00, status="pending", pending_reason="insufficient_funds")
        self.story.passes(3 * DAY)
        self.story.refund_is_canceled(refund)
        self.tell_all(self.story)

        self.assertEqual((net("refund"), net("refund_reversal")), (-10_00, 10_00))
        self.assert_order(refund_status="none", amount_refunded=0)


class StrayRefundTests(StoryTestCase):
    """Made in Stripe's dashboard: its metadata is empty, and it may outrun everything else."""

    def test_it_finds_its_order_through_payment_and_charge_whenever_it_comes(self) -> None:
        for position in (0, 1, 2, 3, 4):
            with self.subTest(position):
                story = paid_story(number=f"PL-{position}")
                make_order(number=story.order_number, amount_total=42_00)  # known by metadata only
                paid = list(story.events)
                story.passes(DAY)
                story.is_refunded(10_00)
                [refund] = only("refund.created", story)
                refund["data"]["object"]["metadata"] = {}
                self.tell(*paid[:position], refund, *paid[position:])

                self.assert_order(story.order_number, status="paid", amount_refunded=10_00)

    def test_one_that_names_only_its_charge_finds_its_order(self) -> None:
        story = paid_story()
        order_of(story)
        story.passes(DAY)
        story.is_refunded(10_00)
        [refund] = only("refund.created", story)
        refund["data"]["object"] |= {"metadata": {}, "payment_intent": None}
        self.tell(refund, *only({"payment_intent.succeeded", "charge.succeeded"}, story))

        self.assert_order(amount_refunded=10_00)
        self.assertEqual(net("refund"), -10_00)


class PartialCaptureTests(StoryTestCase):
    """42 of 60 pounds are captured. Until 2025-03-31 Stripe counted the rest as refunded."""

    def captured(self, version: str, *, refunded: int) -> Story:
        """A partial capture, and two days later a refund of 18 pounds."""
        story = paid_story(amount=60_00, api_version=version)
        order_of(story, amount_total=42_00)
        story.passes(2 * DAY)
        story.is_refunded(18_00)
        for event in story.events:
            about = event["data"]["object"]
            if about["object"] == "charge":
                about |= {"amount_captured": 42_00}
            elif about["object"] == "payment_intent":
                about |= {"amount_received": 42_00 if about["status"] == "succeeded" else 0}
        [total] = only("charge.refunded", story)
        total["data"]["object"]["amount_refunded"] = refunded
        return story

    def test_what_was_not_captured_is_no_refund(self) -> None:
        story = self.captured(OLD, refunded=18_00)
        self.tell(*only({"charge.succeeded", "payment_intent.succeeded", "charge.refunded"}, story))

        self.assert_order(status="paid", refund_status="none", flag="")
        self.assertEqual((net("sale"), net("refund")), (42_00, 0))

    def test_what_went_back_besides_counts(self) -> None:
        story = self.captured(OLD, refunded=18_00 + 18_00)
        self.tell(*told_by_the_charge(story))

        self.assert_order(status="paid", amount_refunded=18_00)
        self.assertEqual(net("refund"), -18_00)

    def test_since_then_a_refund_of_as_much_is_a_refund(self) -> None:
        story = self.captured("2025-03-31.basil", refunded=18_00)
        self.tell(*story.events)

        self.assert_order(status="paid", amount_refunded=18_00)
        self.assertEqual(net("refund"), -18_00)

    def test_the_rest_of_an_authorisation_that_expired_is_no_refund(self) -> None:
        story = self.captured("2024-10-28.acacia", refunded=18_00)
        for event in only("refund.created", story):
            event["data"]["object"]["reason"] = "expired_uncaptured_charge"
        self.tell(*story.events)

        self.assert_order(status="paid", refund_status="none")
        self.assertEqual((net("sale"), net("refund")), (42_00, 0))
