from datetime import timedelta
from unittest.mock import Mock, patch

from django.core.management import call_command
from django.test import TestCase
from django.utils import timezone

from payments.gateway import GatewayError
from payments.models import BalanceTransaction, LedgerEntry
from payments.stories.payouts import PayoutBook
from payments.stories.story import Story
from payments.sync import pull_missing
from payments.tests.posting import deliver, with_webhook_secret
from purelaka.testing import make_order


@with_webhook_secret()
class SyncTests(TestCase):
    """What Stripe posts no events about is asked for."""

    def setUp(self) -> None:
        self.now = timezone.now()
        self.story = Story(order_number="PL-1", amount=10_00, at=self.now - timedelta(days=3))
        make_order(number="PL-1", payment_intent_id=self.story.payment_intent_id)
        self.story.is_paid()
        for event in self.story.events:
            deliver(self.client, event)
        self.lines = [line for answer in self.story.answers for line in answer["data"]["object"]["data"]]

    def pull(self, **answers: object) -> int:
        stripe = Mock(spec=["balance_transactions"])
        stripe.balance_transactions.configure_mock(**answers)
        with patch("payments.sync.gateway", return_value=stripe):
            pulled = pull_missing(self.now)
        self.asked = [call.kwargs for call in stripe.balance_transactions.call_args_list]
        return pulled

    def test_a_charge_without_its_line_gets_its_fee(self) -> None:
        pulled = self.pull(return_value=self.lines)

        self.assertEqual(pulled, 1)
        charge_id = self.lines[0]["source"]
        self.assertEqual(self.asked, [{"source_id": charge_id, "payout_id": ""}])
        self.assertEqual(LedgerEntry.objects.get(kind="fee").amount, -self.lines[0]["fee"])

    def test_what_is_known_is_not_asked_for_again(self) -> None:
        self.pull(return_value=self.lines)

        self.assertEqual(self.pull(return_value=[]), 0)
        self.assertEqual(self.asked, [])

    def test_no_answer_is_asked_for_next_time(self) -> None:
        self.assertEqual(self.pull(side_effect=GatewayError("down", is_final=False)), 0)
        self.assertEqual(self.pull(return_value=self.lines), 1)

    def test_a_reconciled_payout_gets_its_contents(self) -> None:
        self.pull(return_value=self.lines)
        book = PayoutBook(at=self.now - timedelta(days=2))
        book.passes(timedelta(days=1))
        [payout] = book.pays_out([{**line, "available_on": book.now} for line in self.lines])
        book.says("payout.reconciliation_completed", {**payout, "reconciliation_status": "completed"})
        for event in book.events:
            deliver(self.client, event)

        self.pull(return_value=self.lines)

        self.assertEqual(self.asked, [{"source_id": "", "payout_id": payout["id"]}])
        self.assertTrue(BalanceTransaction.objects.filter(payout_id=payout["id"]).exists())

    def test_the_command_says_how_many_came(self) -> None:
        with patch("payments.management.commands.sync_stripe.pull_missing", return_value=7) as pull:
            call_command("sync_stripe", "--most", "9", stdout=(out := Mock(spec=["write"])))

        self.assertEqual(pull.call_args.kwargs, {"most": 9})
        self.assertIn("7 balance transactions", out.write.call_args.args[0])
