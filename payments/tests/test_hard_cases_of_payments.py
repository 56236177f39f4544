"""Money that comes late, twice, wrong, or for an order that is not there."""

from datetime import timedelta

from django.test import override_settings

from orders import lifecycle
from orders.models import Order
from payments.models import BalanceTransaction, Charge, LedgerEntry, Payment, RefundRequest, StripeEvent
from payments.stories.journal import Journal
from payments.stories.story import Story
from payments.tests.telling import DAY, NOON, StoryTestCase, net, net_by_source, only, order_of, paid_story
from purelaka.testing import make_order


class LatenessTests(StoryTestCase):
    def test_a_late_older_event_does_not_overwrite_a_newer_one(self) -> None:
        story = Story(order_number="PL-1", amount=42_00, at=NOON)
        story.is_processing()
        story.passes(timedelta(seconds=1))
        story.is_paid()
        order_of(story)
        [processing] = only("payment_intent.processing", story)
        [succeeded] = only("payment_intent.succeeded", story)
        self.tell(succeeded, processing)

        payment = Payment.objects.get()
        self.assertEqual((payment.status, payment.as_of_event), ("succeeded", succeeded["id"]))
        self.assert_order(status="paid")
        self.assertEqual(StripeEvent.objects.filter(status="processed").count(), 2)

    def test_on_a_tie_the_further_status_stays_whichever_came_first(self) -> None:
        story = Story(order_number="PL-1", amount=42_00, at=NOON)
        story.is_processing()
        story.is_paid()
        [processing] = only("payment_intent.processing", story)
        [succeeded] = only("payment_intent.succeeded", story)
        self.assertEqual(processing["created"], succeeded["created"])
        for pair in ([succeeded, processing], [processing, succeeded]):
            with self.subTest(pair[0]["type"]):
                for number, event in enumerate(pair):
                    self.tell(event | {"id": f"{event['id']}{pair[0]['type']}{number}"})
                self.assertEqual(Payment.objects.get().status, "succeeded")
                Payment.objects.all().delete()

    def test_a_late_decline_does_not_undo_the_payment(self) -> None:
        story = Story(order_number="PL-1", amount=42_00, at=NOON)
        story.is_declined("insufficient_funds")
        story.passes(timedelta(minutes=1))
        story.is_paid()
        order_of(story)
        self.tell(*reversed(story.events))

        self.assertEqual(Payment.objects.get().status, "succeeded")
        self.assertEqual(sorted(Charge.objects.values_list("status", flat=True)), ["failed", "succeeded"])
        self.assert_order(status="paid", flag="", paid_at=NOON + timedelta(minutes=1))
        self.assertEqual(net("sale"), 42_00)

    def test_a_decline_is_remembered_with_its_reason(self) -> None:
        story = Story(order_number="PL-1", amount=42_00, at=NOON)
        story.is_declined("insufficient_funds")
        order_of(story)
        self.tell_all(story)

        payment = Payment.objects.get()
        self.assertEqual(
            (payment.status, payment.failure_code), ("requires_payment_method", "insufficient_funds")
        )
        self.assert_order(status="pending", flag="")
        self.assert_entries()


class WrongMoneyTests(StoryTestCase):
    def test_the_second_payment_of_an_order_is_flagged_and_does_not_count_as_sale(self) -> None:
        first, second = paid_story(), paid_story(seed="again", at=NOON + DAY)
        order_of(first)
        self.tell_all(first, second)

        self.assert_order(status="paid", flag="paid_twice", paid_at=NOON, amount_refunded=0)
        self.assertEqual((net("sale"), net("unapplied")), (42_00, 42_00))

    def test_the_flag_goes_when_the_second_payment_went_back(self) -> None:
        first, second = paid_story(), paid_story(seed="again", at=NOON + DAY)
        order_of(first)
        second.is_refunded()
        self.tell_all(first, second)

        self.assert_order(status="paid", flag="", refund_status="none", amount_refunded=0)
        self.assertEqual((net("sale"), net("unapplied"), net("refund")), (42_00, 0, 0))

    def test_of_two_payments_the_earlier_pays_even_if_it_is_told_later(self) -> None:
        first, second = paid_story(), paid_story(seed="again", at=NOON + DAY)
        order_of(first)
        self.tell_all(second, first)

        self.assert_order(status="paid", flag="paid_twice", paid_at=NOON)
        self.assertEqual(net_by_source("sale"), {first.payment_intent_id: 42_00})
        self.assertEqual(net_by_source("unapplied"), {second.payment_intent_id: 42_00})

    def test_a_wrong_amount_does_not_pay(self) -> None:
        story = paid_story(amount=41_99)
        order_of(story, amount_total=42_00)
        self.tell_all(story)

        self.assert_order(status="pending", flag="wrong_amount", paid_at=None)
        self.assertEqual((net("sale"), net("unapplied")), (0, 41_99))

    def test_the_right_number_in_another_currency_does_not_pay(self) -> None:
        story = paid_story(currency="jpy")
        order_of(story, currency="gbp")
        self.tell_all(story)

        self.assert_order(status="pending", flag="wrong_currency")
        unapplied = LedgerEntry.objects.get(kind="unapplied")
        self.assertEqual((unapplied.amount, unapplied.currency), (42_00, "jpy"))

    def test_a_wrong_amount_and_then_the_right_one(self) -> None:
        wrong, right = paid_story(amount=4_20), paid_story(seed="again", at=NOON + DAY)
        order_of(right)
        self.tell_all(wrong, right)

        self.assert_order(status="paid", flag="paid_twice", paid_at=NOON + DAY)
        self.assertEqual((net("sale"), net("unapplied")), (42_00, 4_20))


class CanceledOrderTests(StoryTestCase):
    def setUp(self) -> None:
        self.story = paid_story()
        order = order_of(self.story)
        lifecycle.cancel(order, actor=None, reason="changed their mind")

    def test_money_for_a_canceled_order_is_kept_flagged_and_not_a_sale(self) -> None:
        self.tell_all(self.story)

        self.assert_order(status="canceled", flag="paid_after_cancel", paid_at=None)
        self.assertEqual((net("sale"), net("unapplied")), (0, 42_00))
        self.assertFalse(RefundRequest.objects.exists())

    @override_settings(OVERSELL_POLICY="refund")
    def test_if_the_store_says_so_it_goes_back_at_once_and_once(self) -> None:
        self.tell_all(self.story)
        self.tell(*self.story.events)

        request = RefundRequest.objects.get()
        self.assertEqual((request.amount, request.status), (42_00, "answered"))
        self.assert_order(status="canceled", flag="")
        self.assertEqual((net("sale"), net("unapplied"), net("refund")), (0, 0, 0))


class UnknownOrderTests(StoryTestCase):
    def test_a_payment_that_names_an_order_waits_for_it_as_a_fact(self) -> None:
        story = paid_story()
        self.tell_all(story)

        self.assertIsNone(Payment.objects.get().order)
        self.assertEqual(set(StripeEvent.objects.values_list("status", flat=True)), {"processed"})
        self.assert_entries()

    def test_the_order_is_paid_when_it_appears(self) -> None:
        story = paid_story()
        story.passes(DAY)
        story.is_refunded(2_00)
        self.tell_all(story)
        order = make_order(number="PL-1", amount_total=42_00)

        self.assertEqual((order.status, order.refund_status), ("paid", "partial"))  # the caller's, too
        self.assert_order(status="paid", paid_at=NOON, amount_refunded=2_00)
        self.assertEqual((net("sale"), net("refund")), (42_00, -2_00))

    def test_a_payment_that_names_none_is_told_apart_until_its_order_appears(self) -> None:
        story = paid_story()
        story.intent["metadata"].clear()
        bare = [event for event in story.events if event["type"] != "payment_intent.created"]
        for event in bare:
            event["data"]["object"]["metadata"] = {}
        self.tell(*bare)
        self.assertEqual(
            set(StripeEvent.objects.values_list("status", "reason")),
            {("ignored", "No order of ours has this payment.")},
        )
        order_of(story)

        self.assertEqual(set(StripeEvent.objects.values_list("status", "reason")), {("processed", "")})
        self.assert_order(status="paid")

    def test_another_installations_payment_is_no_fact_of_ours(self) -> None:
        story = paid_story(instance="another-shop")
        make_order(number="PL-1", amount_total=42_00)
        self.tell(*story.events)

        self.assertEqual(set(StripeEvent.objects.values_list("status", flat=True)), {"ignored"})
        self.assertFalse(Payment.objects.exists() or Charge.objects.exists())
        self.assert_order(status="pending", flag="")

    def test_the_payment_intent_decides_before_the_metadata(self) -> None:
        story = paid_story(number="PL-2")
        make_order(number="PL-1", amount_total=42_00, payment_intent_id=story.payment_intent_id)
        make_order(number="PL-2", amount_total=42_00)
        self.tell_all(story)

        self.assert_order("PL-1", status="paid")
        self.assert_order("PL-2", status="pending", flag="")

    def test_money_moves_when_only_an_early_event_says_whose_it_is(self) -> None:
        """The charge names no order, `payment_intent.succeeded` is lost, and the intent's first
        event, which does name it, comes last."""
        story = paid_story()
        make_order(number="PL-1", amount_total=42_00)
        charged = only({"charge.succeeded", "charge.updated"}, story)
        for event in charged:
            event["data"]["object"]["metadata"] = {}
        self.tell(*charged, *only("payment_intent.created", story))

        self.assert_order(status="paid")
        self.assertEqual(net("sale"), 42_00)


class ShapeTests(StoryTestCase):
    def test_expanded_objects_are_linked_like_their_ids(self) -> None:
        story = paid_story()
        refund = story.is_refunded(2_00)
        order_of(story)
        for event in story.events:
            about = event["data"]["object"]
            for name in ("payment_intent", "charge", "balance_transaction"):
                if isinstance(about.get(name), str):
                    about[name] = {"id": about[name], "object": name}
        self.tell_all(story)

        self.assert_order(status="paid", amount_refunded=2_00)
        charge = Charge.objects.get()
        self.assertEqual(charge.payment_intent_id, story.payment_intent_id)
        self.assertEqual(refund["charge"], charge.charge_id)

    def test_a_charge_of_its_own_pays_without_a_payment_intent(self) -> None:
        story = paid_story()
        make_order(number="PL-1", amount_total=42_00)
        [event] = only("charge.succeeded", story)
        event["data"]["object"]["payment_intent"] = None
        self.tell(event)

        self.assert_order(status="paid", paid_at=NOON)
        self.assertEqual(LedgerEntry.objects.get().source_id, event["data"]["object"]["id"])

    def test_currencies_without_and_with_three_decimals(self) -> None:
        for number, (currency, amount) in enumerate({"jpy": 4200, "kwd": 42_000, "krw": 1}.items()):
            with self.subTest(currency):
                story = paid_story(number=f"PL-{number}", amount=amount, currency=currency)
                order_of(story)
                self.tell_all(story)

                self.assert_order(f"PL-{number}", status="paid", amount_total=amount)
                sale = LedgerEntry.objects.get(kind="sale", currency=currency)
                self.assertEqual(sale.amount, amount)

    def test_settled_in_another_currency_the_sale_keeps_its_own_and_the_fee_the_banks(self) -> None:
        story = paid_story(currency="eur")
        order_of(story)
        story.passes(DAY)
        dispute = story.is_disputed(amount=10_00)
        story.dispute_is_won(dispute)
        lines = [*story.answers[0]["data"]["object"]["data"], *story.balance_transactions]
        for event in story.events:
            lines += event["data"]["object"].get("balance_transactions", [])
        for line in {id(line): line for line in lines if line["currency"] == "eur"}.values():
            rate = {"exchange_rate": 0.85, "currency": "gbp"}
            line |= rate | {name: line[name] * 85 // 100 for name in ("amount", "fee")}
            line["net"] = line["amount"] - line["fee"]
        self.tell_all(story)

        moved = LedgerEntry.objects.values_list("kind", "amount", "currency").order_by("pk")
        fee = BalanceTransaction.objects.get(type="charge").fee
        self.assertEqual(
            sorted(moved),
            sorted(
                [
                    ("sale", 42_00, "eur"),
                    ("fee", -fee, "gbp"),
                    ("dispute_withdrawal", -10_00, "eur"),
                    ("fee", -17_00, "gbp"),
                    ("dispute_reinstatement", 10_00, "eur"),
                ]
            ),
        )

    def test_a_manual_capture_counts_what_was_captured(self) -> None:
        """Since 2025-03-31 the remainder just lapses: no refund tells of it."""
        story = paid_story(amount=60_00)
        order_of(story, amount_total=42_00)
        for event in story.events:
            about = event["data"]["object"]
            about["amount_captured" if about["object"] == "charge" else "amount_received"] = 42_00
        self.tell(*story.events)

        self.assert_order(status="paid", refund_status="none", flag="")
        self.assertEqual((net("sale"), net("refund")), (42_00, 0))

    def test_an_authorisation_alone_is_no_payment(self) -> None:
        story = paid_story()
        order = order_of(story)
        [charged] = only("charge.succeeded", story)
        charged["data"]["object"] |= {"captured": False, "amount_captured": 0}
        journal = Journal(at=NOON, seed="authorised")
        held = story.intent | {"status": "requires_capture", "amount_received": 0, "amount_capturable": 42_00}
        journal.says("payment_intent.amount_capturable_updated", held)
        self.tell(charged, *journal.events)

        self.assertEqual(Order.objects.get().status, order.status)
        self.assert_entries()
