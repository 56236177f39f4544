"""Disputes, payouts, and what Stripe's own books tell that nothing else does."""

from monitoring.checks.ledger import payouts_in_ledger
from payments.models import BalanceTransaction, Dispute, LedgerEntry, Payout, StripeEvent
from payments.stories.journal import Journal
from payments.stories.payouts import PayoutBook
from payments.stories.versions import Json
from payments.tests.telling import DAY, NOON, StoryTestCase, net, only, order_of, paid_story


class DisputeTests(StoryTestCase):
    def setUp(self) -> None:
        self.story = paid_story()
        order_of(self.story)
        self.story.passes(DAY)

    def disputed(self) -> list[tuple[str, int, str]]:
        rows = LedgerEntry.objects.filter(kind__startswith="dispute").order_by("pk")
        return [(entry.kind, entry.amount, str(entry.occurred_on)) for entry in rows]

    def test_an_inquiry_moves_no_money(self) -> None:
        inquiry = self.story.is_disputed(inquiry=True)
        self.tell_all(self.story)
        self.assert_order(dispute_status="open")
        self.story.dispute_is_answered(inquiry)
        self.story.inquiry_is_closed(inquiry)
        self.tell_all(self.story)

        self.assert_order(status="paid", dispute_status="none")
        self.assertEqual(self.disputed(), [])

    def test_an_inquiry_that_escalates_moves_it_on_that_day(self) -> None:
        inquiry = self.story.is_disputed(inquiry=True)
        self.story.passes(4 * DAY)
        self.story.inquiry_escalates(inquiry)
        self.tell_all(self.story)

        self.assert_order(dispute_status="open")
        self.assertEqual(self.disputed(), [("dispute_withdrawal", -42_00, "2026-06-20")])

    def test_a_won_dispute_brings_the_money_back_and_keeps_the_fee(self) -> None:
        dispute = self.story.is_disputed()
        self.story.passes(10 * DAY)
        self.story.dispute_is_won(dispute)
        self.tell_all(self.story)

        self.assert_order(status="paid", dispute_status="won", refund_status="none")
        self.assertEqual(
            self.disputed(),
            [("dispute_withdrawal", -42_00, "2026-06-16"), ("dispute_reinstatement", 42_00, "2026-06-26")],
        )
        self.assertEqual(net("fee"), -self.story.fees)

    def test_a_lost_dispute_is_no_refund(self) -> None:
        dispute = self.story.is_disputed("fraudulent")
        self.story.dispute_is_lost(dispute)
        self.tell_all(self.story)

        self.assert_order(status="paid", dispute_status="lost", refund_status="none", amount_refunded=0)
        self.assertEqual(self.disputed(), [("dispute_withdrawal", -42_00, "2026-06-16")])

    def test_part_of_a_payment_may_be_disputed_and_the_rest_refunded(self) -> None:
        self.story.is_refunded(10_00)
        dispute = self.story.is_disputed(amount=12_00)
        self.story.dispute_is_lost(dispute)
        self.tell_all(self.story)

        self.assert_order(dispute_status="lost", refund_status="partial", amount_refunded=10_00)
        self.assertEqual((net("sale"), net("refund"), net("dispute_withdrawal")), (42_00, -10_00, -12_00))

    def test_a_dispute_never_touches_the_orders_status_or_its_stock(self) -> None:
        self.tell_all(self.story)
        before = self.assert_order(status="paid")
        variant = before.items.get().variant
        self.story.is_disputed()
        self.tell_all(self.story)

        self.assert_order(status="paid", fulfilled_at=None)
        stock = variant.stock
        variant.refresh_from_db()
        self.assertEqual(variant.stock, stock)

    def test_the_end_told_before_the_beginning_stays_the_end(self) -> None:
        dispute = self.story.is_disputed()
        self.story.passes(DAY)
        self.story.dispute_is_won(dispute)
        self.tell(*reversed(self.story.events))

        self.assertEqual(Dispute.objects.get().status, "won")
        self.assertEqual(net("dispute_withdrawal", "dispute_reinstatement"), 0)
        self.assertEqual(len(self.disputed()), 2)

    def test_a_dispute_with_a_status_nobody_knows_is_kept_as_it_is(self) -> None:
        self.story.is_disputed()
        self.story.disputes[0]["status"] = "appealed_to_the_moon"
        self.story.says("charge.dispute.updated", self.story.disputes[0])
        self.story.events[-1]["created"] += 1
        self.tell_all(self.story)

        self.assertEqual(Dispute.objects.get().status, "appealed_to_the_moon")
        self.assert_order(dispute_status="none")


class PayoutTests(StoryTestCase):
    def setUp(self) -> None:
        self.story = paid_story()
        order_of(self.story)
        self.book = PayoutBook(at=NOON + 7 * DAY)
        [self.payout] = self.book.pays_out(self.story.balance_transactions)

    def moved(self) -> list[tuple[str, int, str]]:
        rows = LedgerEntry.objects.filter(kind__startswith="payout").order_by("pk")
        return [(entry.kind, entry.amount, str(entry.occurred_on)) for entry in rows]

    def test_paid_and_failed_days_later(self) -> None:
        amount = self.payout["amount"]
        self.book.payout_arrives(self.payout)
        self.tell_all(self.story, self.book)
        self.assertEqual(self.moved(), [("payout", -amount, "2026-06-22")])
        self.book.passes(3 * DAY)
        self.book.payout_fails(self.payout)
        self.tell_all(self.book)

        self.assertEqual(Payout.objects.get().status, "failed")
        self.assertEqual(
            self.moved(), [("payout", -amount, "2026-06-22"), ("payout_reversal", amount, "2026-06-26")]
        )

    def test_a_late_paid_does_not_undo_the_failure(self) -> None:
        self.book.payout_arrives(self.payout)
        self.book.passes(DAY)
        self.book.payout_fails(self.payout)
        self.tell(*reversed(self.book.events))

        self.assertEqual(Payout.objects.get().status, "failed")
        self.assertEqual(net("payout", "payout_reversal"), 0)

    def test_its_lines_know_which_payout_they_are_in(self) -> None:
        self.book.payout_arrives(self.payout)
        self.tell_all(self.story, self.book)

        inside = BalanceTransaction.objects.filter(payout_id=self.payout["id"])
        self.assertEqual(sum(line.net for line in inside if line.type != "payout"), self.payout["amount"])

    def test_a_payout_that_takes_money_from_the_bank_is_positive_in_the_balance(self) -> None:
        self.payout["amount"] = -5_00
        self.book.says("payout.paid", self.payout)
        self.tell(only("payout.paid", self.book)[0])

        self.assertEqual(net("payout"), 5_00)

    def test_money_in_and_out_and_fees_leave_the_balance_that_stripe_says(self) -> None:
        self.story.passes(DAY)
        refund = self.story.is_refunded(10_00)
        self.story.passes(DAY)
        self.story.refund_fails(refund)
        self.story.is_disputed(amount=2_00)
        self.tell_all(self.story, self.book)

        kept = [*self.story.balance_transactions, *self.book.balance_transactions]
        self.assertEqual(
            sum(LedgerEntry.objects.values_list("amount", flat=True)), sum(line["net"] for line in kept)
        )


class LinesAloneTests(StoryTestCase):
    """Balance transactions that no order, payment or payout tells of."""

    def listed(self, type: str, category: str | None, amount: int, **fields: object) -> Json:
        journal = Journal(at=NOON, seed=f"{type}{category}{amount}")
        line: Json = {
            "id": journal.ids.new("txn"),
            "object": "balance_transaction",
            "amount": amount,
            "fee": 0,
            "net": amount - int(str(fields.get("fee", 0))),
            "currency": "gbp",
            "type": type,
            "reporting_category": category,
            "source": None,
            "created": journal.now,
            "available_on": journal.now,
            "status": "available",
            "balance_type": "payments",
            **fields,
        }
        journal.lists_balance_transactions([line])
        self.tell(*journal.answers)
        return line

    def moved(self) -> list[tuple[str, int, str]]:
        rows = LedgerEntry.objects.filter(order=None).order_by("pk")
        return [(entry.kind, entry.amount, entry.source_id) for entry in rows]

    def test_a_fee_of_its_own(self) -> None:
        line = self.listed("stripe_fee", "fee", -3_50)

        self.assertEqual(self.moved(), [("fee", -3_50, line["id"])])

    def test_a_fee_that_is_given_back(self) -> None:
        line = self.listed("stripe_fee", "fee", 3_50)

        self.assertEqual(self.moved(), [("fee_credit", 3_50, line["id"])])

    def test_the_networks_costs_are_fees(self) -> None:
        line = self.listed("network_cost", "network_cost", -12)

        self.assertEqual(self.moved(), [("fee", -12, line["id"])])

    def test_an_adjustment_and_a_topup(self) -> None:
        first, second = (
            self.listed("adjustment", "other_adjustment", -7),
            self.listed("topup", "topup", 100_00),
        )

        self.assertEqual(
            self.moved(), [("adjustment", -7, first["id"]), ("adjustment", 100_00, second["id"])]
        )

    def test_a_category_nobody_knows_is_never_dropped(self) -> None:
        line = self.listed("moon_tax", "moon_tax", -9_99)

        self.assertEqual(self.moved(), [("adjustment", -9_99, line["id"])])

    def test_what_is_held_back_from_payouts_is_no_payout(self) -> None:
        line = self.listed("payout_minimum_balance_hold", "payout_minimum_balance_hold", -50_00)

        self.assertEqual(self.moved(), [("adjustment", -50_00, line["id"])])

    def test_of_a_payouts_line_only_its_fee_is_new(self) -> None:
        line = self.listed("payout", "payout", -100_00, fee=1_00, source="po_1")

        self.assertEqual(self.moved(), [("fee", -1_00, line["id"])])
        self.assertEqual(list(payouts_in_ledger(NOON)), [])  # an independent computation agrees

    def test_a_line_of_a_charge_is_told_by_the_charge(self) -> None:
        self.listed("charge", "charge", 42_00, fee=83, source="ch_1")
        self.listed("payment_failure_refund", None, -42_00, source="py_1")
        self.listed("moon_tax", "moon_tax", -9_99, source="re_1")

        self.assertEqual(self.moved(), [])
        self.assertEqual(list(payouts_in_ledger(NOON)), [])

    def test_a_line_that_says_it_twice_counts_once(self) -> None:
        line = self.listed("stripe_fee", "fee", -3_50)
        again = Journal(at=NOON + DAY, seed="again")
        again.lists_balance_transactions([line, line], payout="po_9")
        self.tell(*again.answers)

        self.assertEqual(self.moved(), [("fee", -3_50, line["id"])])
        self.assertEqual(BalanceTransaction.objects.get().payout_id, "po_9")

    def test_a_list_that_is_none_is_kept_and_has_no_effect(self) -> None:
        journal = Journal(at=NOON, seed="odd")
        journal.lists_balance_transactions([])
        [answer] = journal.answers
        answer["data"]["object"]["data"] = "none"
        self.tell(answer)

        self.assertIn("Odd payload", StripeEvent.objects.get().reason)
