import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

from django.test import SimpleTestCase
from hypothesis import given, settings

from payments.stories import fees
from payments.stories.journal import StoryError
from payments.stories.story import Story
from payments.stories.versions import LATEST, VERSIONS, Json
from payments.tests.strategies import paid_stories, stories

NOON = datetime(2026, 6, 15, 12, tzinfo=UTC)


def make_story(**fields: Any) -> Story:
    return Story(**{"order_number": "PL-1", "amount": 42_00, "at": NOON, **fields})


def types(story: Story) -> list[str]:
    return [event["type"] for event in story.events]


def about(story: Story, type: str) -> Json:
    """The object of the last event of this type."""
    shown: list[Json] = [event["data"]["object"] for event in story.events if event["type"] == type]
    return shown[-1]


class PayingTests(SimpleTestCase):
    def test_a_payment_is_told_in_the_order_stripe_makes_its_events(self) -> None:
        story = make_story()
        story.is_paid()

        self.assertEqual(
            types(story),
            ["payment_intent.created", "charge.succeeded", "payment_intent.succeeded", "charge.updated"],
        )
        self.assertEqual(about(story, "payment_intent.succeeded")["amount_received"], 42_00)

    def test_the_fee_is_known_at_once_only_in_old_versions(self) -> None:
        for version in VERSIONS:
            story = make_story(api_version=version)
            story.is_paid()

            with self.subTest(version):
                known = about(story, "charge.succeeded")["balance_transaction"] is not None
                self.assertEqual(known, version == "2022-11-15")
                self.assertEqual("charge.updated" in types(story), not known)

    def test_the_answer_of_the_api_has_the_fee_of_a_british_card(self) -> None:
        story = make_story()
        charge = story.is_paid()

        [line] = story.answers[0]["data"]["object"]["data"]
        self.assertEqual(line["id"], charge["balance_transaction"])
        self.assertEqual((line["amount"], line["fee"], line["net"]), (42_00, 63 + 20, 42_00 - 83))

    def test_a_foreign_card_costs_more(self) -> None:
        costs = [fees.processing_fee(100_00, "gbp", country) for country in ("GB", "DE", "JP")]

        self.assertEqual(costs, [170, 270, 345])

    def test_a_fee_is_rounded_half_up_and_never_exceeds_the_amount(self) -> None:
        self.assertEqual(fees.processing_fee(1_00, "gbp", "GB"), 22)  # 1.5 + 20
        self.assertEqual(fees.processing_fee(5, "gbp", "GB"), 5)

    def test_a_decline_leaves_the_intent_open_with_its_reason(self) -> None:
        story = make_story()
        story.is_declined("insufficient_funds")
        failed = about(story, "payment_intent.payment_failed")

        self.assertEqual(failed["status"], "requires_payment_method")
        self.assertEqual(failed["last_payment_error"]["decline_code"], "insufficient_funds")
        self.assertEqual(about(story, "charge.failed")["payment_method_details"]["card"]["last4"], "9995")

        story.is_paid()

        self.assertIsNone(about(story, "payment_intent.succeeded")["last_payment_error"])

    def test_what_can_not_happen_is_refused(self) -> None:
        story = make_story()
        story.is_canceled()

        with self.assertRaisesMessage(StoryError, "The payment intent is canceled."):
            story.is_paid()
        with self.assertRaisesMessage(StoryError, "5 can't be refunded: 0 is left."):
            story.is_refunded(5)
        with self.assertRaisesMessage(StoryError, "Nothing has been paid."):
            story.is_disputed()

    def test_our_names_are_in_the_metadata(self) -> None:
        story = make_story(instance="shop-2")
        story.is_paid()
        story.is_refunded(1_00, request_key="k1")
        ours = {"order_number": "PL-1", "instance": "shop-2"}

        self.assertEqual(about(story, "charge.succeeded")["metadata"], ours)
        self.assertEqual(about(story, "refund.created")["metadata"], {**ours, "request_key": "k1"})


class RefundingTests(SimpleTestCase):
    def test_events_of_a_refund_differ_between_versions(self) -> None:
        for version in VERSIONS:
            story = make_story(api_version=version)
            story.is_paid()
            refund = story.is_refunded(10_00)
            story.refund_is_confirmed(refund)
            told = [type for type in types(story) if "refund" in type]

            with self.subTest(version):
                if version < "2024-10-28":
                    self.assertEqual(told, ["charge.refunded", "charge.refund.updated"])
                else:
                    self.assertEqual(
                        told, ["refund.created", "charge.refunded", "refund.updated", "charge.refund.updated"]
                    )

    def test_a_refund_that_fails_later_gives_the_money_back(self) -> None:
        story = make_story()
        story.is_paid()
        story.is_refunded(10_00)
        refund = story.is_refunded()
        self.assertTrue(about(story, "charge.refunded")["refunded"])

        story.passes(timedelta(days=4))
        story.refund_fails(refund)

        self.assertEqual(about(story, "charge.updated")["amount_refunded"], 10_00)
        self.assertFalse(about(story, "charge.updated")["refunded"])
        self.assertEqual(about(story, "refund.failed")["failure_reason"], "expired_or_canceled_card")
        self.assertEqual(sum(line["amount"] for line in story.balance_transactions), 42_00 - 10_00)

    def test_a_refund_that_waits_for_funds_has_moved_nothing(self) -> None:
        story = make_story()
        story.is_paid()
        refund = story.is_refunded(10_00, status="pending", pending_reason="insufficient_funds")
        self.assertIsNone(about(story, "refund.created")["balance_transaction"])

        story.refund_settles(refund)

        self.assertIsNotNone(about(story, "refund.updated")["balance_transaction"])
        self.assertEqual(story.balance_transactions[-1]["net"], -10_00)

    def test_only_new_versions_say_what_a_refund_waits_for(self) -> None:
        for version in VERSIONS:
            story = make_story(api_version=version)
            story.is_paid()
            refund = story.is_refunded(10_00, status="pending")
            story.refund_fails(refund)
            shown = [event["data"]["object"] for event in story.told if "refund" in event["type"]]

            with self.subTest(version):
                self.assertEqual(any("pending_reason" in each for each in shown), version == LATEST)

    def test_more_than_was_paid_is_never_refunded(self) -> None:
        story = make_story()
        story.is_paid()
        story.is_refunded(40_00)

        with self.assertRaisesMessage(StoryError, "300 can't be refunded: 200 is left."):
            story.is_refunded(3_00)


class DisputeTests(SimpleTestCase):
    def test_a_chargeback_takes_the_money_and_a_fee(self) -> None:
        story = make_story()
        story.is_paid()
        story.is_disputed()
        [withdrawal] = about(story, "charge.dispute.funds_withdrawn")["balance_transactions"]

        self.assertEqual((withdrawal["amount"], withdrawal["fee"]), (-42_00, 20_00))
        self.assertEqual(withdrawal["net"], -62_00)
        self.assertEqual(story.amount_withdrawn, 42_00)

    def test_a_won_dispute_gives_the_money_back(self) -> None:
        story = make_story()
        story.is_paid()
        dispute = story.is_disputed()
        story.dispute_is_answered(dispute)
        story.dispute_is_won(dispute)

        self.assertEqual(story.amount_withdrawn, 0)
        self.assertEqual(about(story, "charge.dispute.closed")["status"], "won")
        self.assertEqual(len(about(story, "charge.dispute.closed")["balance_transactions"]), 2)

    def test_an_inquiry_moves_money_only_when_it_escalates(self) -> None:
        story = make_story()
        story.is_paid()
        dispute = story.is_disputed(inquiry=True)
        self.assertNotIn("charge.dispute.funds_withdrawn", types(story))

        story.inquiry_escalates(dispute)

        self.assertEqual(about(story, "charge.dispute.funds_withdrawn")["status"], "needs_response")

    def test_a_disputed_charge_is_not_refundable(self) -> None:
        story = make_story()
        story.is_paid()
        story.is_disputed()

        with self.assertRaises(StoryError):
            story.is_refunded(1_00)


class ShapeTests(SimpleTestCase):
    def test_events_tell_what_changed(self) -> None:
        story = make_story()
        story.is_paid()
        story.is_refunded()
        changed = {event["type"]: event["data"].get("previous_attributes") for event in story.events}

        self.assertEqual(changed["charge.refunded"], {"amount_refunded": 0, "refunded": False})
        self.assertEqual(changed["charge.updated"], {"balance_transaction": None})
        self.assertIsNone(changed["charge.succeeded"])

    def test_a_payment_names_an_invoice_only_before_basil(self) -> None:
        for version in VERSIONS:
            story = make_story(api_version=version)
            story.is_paid()

            with self.subTest(version):
                for type in ("charge.succeeded", "payment_intent.succeeded"):
                    self.assertEqual("invoice" in about(story, type), version < "2025-03-31.basil")

    def test_ids_depend_on_seed_and_instance_only(self) -> None:
        same, other = make_story(api_version=VERSIONS[0]), make_story(seed="PL-1/2")

        self.assertEqual(make_story().payment_intent_id, same.payment_intent_id)
        self.assertNotEqual(make_story().payment_intent_id, other.payment_intent_id)
        self.assertNotEqual(make_story(instance="x").payment_intent_id, same.payment_intent_id)
        self.assertRegex(same.payment_intent_id, r"^pi_3[0-9A-Za-z]{23}$")


class RandomStoryTests(SimpleTestCase):
    @settings(max_examples=60, deadline=None)
    @given(stories())
    def test_every_event_is_json_has_its_own_id_and_comes_in_order(self, story: Story) -> None:
        self.assertEqual(json.loads(json.dumps(story.told)), story.told)
        self.assertEqual(max(Counter(said["id"] for said in story.events).values()), 1)
        moments = [said["created"] for said in story.told]
        self.assertEqual(moments, sorted(moments))
        self.assertEqual(len(story.events) + len(story.answers), len(story.told))

    @settings(max_examples=60, deadline=None)
    @given(paid_stories())
    def test_a_charge_always_shows_the_sum_of_its_live_refunds(self, story: Story) -> None:
        refunds: dict[str, Json] = {}
        for event in story.events:
            shown = event["data"]["object"]
            if shown["object"] == "refund":
                refunds[shown["id"]] = shown
            if event["type"] == "charge.updated" and story.api_version >= "2024-10-28":
                live = [r["amount"] for r in refunds.values() if r["status"] in ("pending", "succeeded")]
                self.assertEqual(shown["amount_refunded"], sum(live))
            if shown["object"] == "charge":
                self.assertLessEqual(shown["amount_refunded"], shown["amount"])

    @settings(max_examples=60, deadline=None)
    @given(paid_stories())
    def test_stripes_books_say_what_the_story_says(self, story: Story) -> None:
        lines = story.balance_transactions
        moved = [r for r in story.refunds if r["balance_transaction"] and r["status"] != "failed"]

        for line in lines:
            self.assertEqual(line["net"], line["amount"] - line["fee"])
            self.assertEqual(sum(detail["amount"] for detail in line["fee_details"]), line["fee"])
        self.assertEqual(
            sum(line["amount"] for line in lines),
            story.amount_paid - sum(refund["amount"] for refund in moved) - story.amount_withdrawn,
        )
        self.assertGreaterEqual(story.amount_paid, story.amount_refunded + story.amount_withdrawn)

    @settings(max_examples=30, deadline=None)
    @given(paid_stories())
    def test_each_line_of_the_books_is_told_in_an_answer_or_a_dispute(self, story: Story) -> None:
        answered = {line["id"] for said in story.answers for line in _listed(said)}
        embedded = {line["id"] for dispute in story.disputes for line in dispute["balance_transactions"]}

        self.assertEqual({line["id"] for line in story.balance_transactions}, answered | embedded)


def _listed(answer: Json) -> list[Json]:
    listed: list[Json] = answer["data"]["object"].get("data", [])
    return listed
