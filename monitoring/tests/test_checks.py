"""Each check sees its own arrow break, closes by itself when it is mended, and opens again."""

from datetime import timedelta
from io import StringIO

from django.core.management import CommandError, call_command
from django.db import connection
from django.test import TestCase, override_settings
from django.utils import timezone

from analyticsapp.months import closing
from analyticsapp.rollups.build import build
from audit import sealing
from monitoring.check import registry
from monitoring.models import DataQualityIssue, IssueStatus
from orders.models import Mail, MailKind, Order
from payments import inbox
from payments.models import EventSource, RefundRequest, RequestStatus
from payments.stories import delivery
from payments.stories.journal import is_answer
from payments.stories.payouts import PayoutBook
from payments.stories.story import Story
from purelaka import append_only
from purelaka.days import store_day
from purelaka.testing import make_order, make_user

# How to break the arrow of a check, and how to mend it again. In the world of `CheckCase`.
BREAKS: dict[str, tuple[str, str]] = {
    "events_failed": (
        "UPDATE payments_stripeevent SET status = 'failed' WHERE type = 'charge.succeeded'",
        "UPDATE payments_stripeevent SET status = 'processed' WHERE type = 'charge.succeeded'",
    ),
    "events_odd": (
        "UPDATE payments_stripeevent SET status = 'ignored', reason = 'Odd payload: amount' "
        "WHERE type = 'charge.succeeded'",
        "UPDATE payments_stripeevent SET status = 'processed', reason = '' WHERE type = 'charge.succeeded'",
    ),
    "events_in_facts": (
        "UPDATE payments_charge SET as_of = '2001-01-01 00:00:00+00:00'",
        "UPDATE payments_charge SET as_of = '2099-01-01 00:00:00+00:00'",
    ),
    "payments_in_ledger": (
        "UPDATE payments_ledgerentry SET amount = amount + 1 WHERE kind = 'sale'",
        "UPDATE payments_ledgerentry SET amount = amount - 1 WHERE kind = 'sale'",
    ),
    "fees_in_ledger": (
        "UPDATE payments_ledgerentry SET amount = amount - 1 WHERE kind = 'fee'",
        "UPDATE payments_ledgerentry SET amount = amount + 1 WHERE kind = 'fee'",
    ),
    "payouts_in_ledger": (
        "UPDATE payments_ledgerentry SET amount = amount - 1 WHERE kind = 'payout'",
        "UPDATE payments_ledgerentry SET amount = amount + 1 WHERE kind = 'payout'",
    ),
    "orders_paid": (
        "UPDATE orders_order SET amount_total = amount_total + 1, amount_subtotal = amount_subtotal + 1",
        "UPDATE orders_order SET amount_total = amount_total - 1, amount_subtotal = amount_subtotal - 1",
    ),
    "orders_refunded": (
        "UPDATE orders_order SET amount_refunded = amount_refunded + 1",
        "UPDATE orders_order SET amount_refunded = amount_refunded - 1",
    ),
    "orders_disputed": (
        "UPDATE orders_order SET dispute_status = 'none'",
        "UPDATE orders_order SET dispute_status = 'open'",
    ),
    "unapplied_is_flagged": (
        "UPDATE payments_ledgerentry SET kind = 'unapplied' WHERE kind = 'sale'",
        "UPDATE payments_ledgerentry SET kind = 'sale' WHERE kind = 'unapplied'",
    ),
    "order_items_sum": (
        "UPDATE orders_order SET amount_total = amount_total + 1, amount_subtotal = amount_subtotal + 1",
        "UPDATE orders_order SET amount_total = amount_total - 1, amount_subtotal = amount_subtotal - 1",
    ),
    "months_closed": (
        "UPDATE payments_ledgerentry SET amount = amount + 1 WHERE kind = 'sale'",
        "UPDATE payments_ledgerentry SET amount = amount - 1 WHERE kind = 'sale'",
    ),
    "days_in_rollups": (
        "UPDATE analyticsapp_analyticssnapshotdaily SET sales = sales + 1",
        "UPDATE analyticsapp_analyticssnapshotdaily SET sales = sales - 1",
    ),
    "customers_in_rollups": (
        "UPDATE analyticsapp_customerday SET sales = sales + 1",
        "UPDATE analyticsapp_customerday SET sales = sales - 1",
    ),
    "returns_in_rollups": (
        "UPDATE analyticsapp_customerreturn SET seconds = seconds + 1",
        "UPDATE analyticsapp_customerreturn SET seconds = seconds - 1",
    ),
    "products_in_rollups": (
        "UPDATE analyticsapp_productday SET units = units + 1, cost = cost + 1",
        "UPDATE analyticsapp_productday SET units = units - 1, cost = cost - 1",
    ),
    "refunds_in_rollups": (
        "UPDATE analyticsapp_refundday SET refunds = refunds - 1",
        "UPDATE analyticsapp_refundday SET refunds = refunds + 1",
    ),
    "refund_pairs_in_rollups": (
        "UPDATE analyticsapp_refundpair SET orders = orders + 1",
        "UPDATE analyticsapp_refundpair SET orders = orders - 1",
    ),
    "charges_in_balance": (
        "UPDATE payments_balancetransaction SET amount = amount + 1 WHERE type = 'charge'",
        "UPDATE payments_balancetransaction SET amount = amount - 1 WHERE type = 'charge'",
    ),
    "refunds_in_balance": (
        "UPDATE payments_balancetransaction SET amount = amount - 1 WHERE type = 'refund'",
        "UPDATE payments_balancetransaction SET amount = amount + 1 WHERE type = 'refund'",
    ),
    "disputes_in_balance": (
        "UPDATE payments_dispute SET status = 'won'",
        "UPDATE payments_dispute SET status = 'needs_response'",
    ),
    "fees_known": (
        "UPDATE payments_balancetransaction SET source_id = 'x' || source_id WHERE type = 'charge'",
        "UPDATE payments_balancetransaction SET source_id = SUBSTR(source_id, 2) WHERE type = 'charge'",
    ),
    "categories_known": (
        "UPDATE payments_balancetransaction SET reporting_category = 'moon' WHERE type = 'charge'",
        "UPDATE payments_balancetransaction SET reporting_category = 'charge' WHERE type = 'charge'",
    ),
    "payouts_sum": (
        "UPDATE payments_payout SET amount = amount + 1",
        "UPDATE payments_payout SET amount = amount - 1",
    ),
    "transactions_net": (
        "UPDATE payments_balancetransaction SET net = net + 1",
        "UPDATE payments_balancetransaction SET net = net - 1",
    ),
    "stock_moved": (
        "UPDATE catalog_variant SET stock = stock + 1",
        "UPDATE catalog_variant SET stock = stock - 1",
    ),
    "stock_reserved": (
        "UPDATE catalog_variant SET reserved = reserved + 1",
        "UPDATE catalog_variant SET reserved = reserved - 1",
    ),
    "items_moved": (
        "UPDATE catalog_stockmovement SET reason = 'return' WHERE reason = 'sale'",
        "UPDATE catalog_stockmovement SET reason = 'sale' WHERE reason = 'return'",
    ),
    "audit_sealed": (
        "UPDATE audit_auditlog SET event_type = event_type || '!'",
        "UPDATE audit_auditlog SET event_type = SUBSTR(event_type, 1, LENGTH(event_type) - 1)",
    ),
    "claimed_payments": (
        "UPDATE payments_payment SET order_id = NULL",
        "UPDATE payments_payment SET order_id = (SELECT id FROM orders_order)",
    ),
    "orders_flagged": (
        "UPDATE orders_order SET flag = 'paid_twice'",
        "UPDATE orders_order SET flag = ''",
    ),
    "refunds_arrived": (
        "UPDATE payments_refund SET status = 'failed'",
        "UPDATE payments_refund SET status = 'succeeded'",
    ),
    "mails_sent": (
        "UPDATE orders_mail SET sent_at = NULL, next_try_at = NULL",
        "UPDATE orders_mail SET sent_at = created_at, next_try_at = NULL",
    ),
    "mails_waiting": (
        "UPDATE orders_mail SET sent_at = NULL, next_try_at = created_at",
        "UPDATE orders_mail SET sent_at = created_at, next_try_at = NULL",
    ),
    "requests_answered": (
        "UPDATE payments_refundrequest SET status = 'pending'",
        "UPDATE payments_refundrequest SET status = 'answered'",
    ),
}
# What a check shares with the one beside it, or has a test of its own below.
APART = {"unmatched_payments", "rollups_fresh"}


@override_settings(AUDIT_SEAL_KEY="a key")
class CheckCase(TestCase):
    """A world of one order: paid, partly refunded, disputed, paid out, and all of it in the rollups."""

    @classmethod
    def setUpTestData(cls) -> None:
        at = timezone.now() - timedelta(days=20)
        story = Story(order_number="PL-1", amount=40_00, at=at)
        make_order(number="PL-1", amount_total=40_00, payment_intent_id=story.payment_intent_id, at=at)
        story.is_paid()
        story.passes(timedelta(days=1))
        story.is_refunded(5_00)
        story.passes(timedelta(days=1))
        story.is_disputed(amount=8_00)
        book = PayoutBook(at=at)
        book.passes(timedelta(days=12))
        for payout in book.pays_out(story.balance_transactions):
            book.payout_arrives(payout)
        for said in [*story.told, *book.told]:
            source = EventSource.API if is_answer(said) else EventSource.WEBHOOK
            inbox.receive(delivery.body(said).decode(), source=source)
        RefundRequest.objects.create(
            order=Order.objects.get(),
            payment_intent_id=story.payment_intent_id,
            amount=5_00,
            currency="gbp",
            status=RequestStatus.ANSWERED,
            created_at=at,
        )
        Mail.objects.create(
            order=Order.objects.get(),
            kind=MailKind.SHIPPED,
            email="buyer@example.com",
            created_at=at,
            sent_at=at,
            next_try_at=None,
        )
        build(now=timezone.now())
        month = store_day(at).replace(day=1)
        closing.close(month, actor=make_user(), now=at + timedelta(days=40))
        with override_settings(AUDIT_SEAL_KEY="a key"):
            sealing.seal(timezone.now())

    def run_checks(self, *names: str) -> int:
        """The exit code of the gate."""
        try:
            self.out = StringIO()
            call_command("run_checks", "--fail-on-issues", "--only", *(names or registry), stdout=self.out)
        except (CommandError, SystemExit) as ended:
            return int(getattr(ended, "returncode", 0) or getattr(ended, "code", 0) or 0)
        return 0

    def execute(self, statement: str) -> None:
        with append_only.lifted(), connection.cursor() as cursor:
            cursor.execute(statement)


class EachCheckTests(CheckCase):
    def test_the_world_is_in_order(self) -> None:
        self.assertEqual(self.run_checks(), 0, msg=f"{list(DataQualityIssue.objects.values())}")

    def test_every_check_is_broken_somewhere_here(self) -> None:
        self.assertEqual(set(BREAKS) | APART, set(registry))

    def test_each_opens_resolves_by_itself_and_reopens(self) -> None:
        for name, (broken, mended) in BREAKS.items():
            with self.subTest(check=name):
                self.execute(broken)
                self.assertEqual(self.run_checks(name), 1)
                issue = DataQualityIssue.objects.filter(check_name=name).earliest("pk")
                self.assertEqual(issue.status, IssueStatus.OPEN)

                self.execute(mended)
                self.assertEqual(self.run_checks(name), 0)
                issue.refresh_from_db()
                self.assertEqual(issue.status, IssueStatus.RESOLVED)

                self.execute(broken)
                self.assertEqual(self.run_checks(name), 1)
                issue.refresh_from_db()
                self.assertEqual(issue.status, IssueStatus.OPEN)
                self.execute(mended)

    def test_a_payment_of_nobody_is_told(self) -> None:
        self.execute("UPDATE payments_payment SET order_id = NULL, claimed_order = ''")

        self.run_checks("unmatched_payments", "claimed_payments")

        self.assertTrue(DataQualityIssue.objects.filter(check_name="unmatched_payments").exists())

    def test_rollups_that_lag_prove_nothing(self) -> None:
        self.execute(
            "UPDATE analyticsapp_snapshotbuild SET ledger_id = 0, built_at = '2020-01-01 00:00:00+00:00'"
        )
        self.execute("UPDATE payments_ledgerentry SET posted_at = '2020-01-02 00:00:00+00:00'")

        self.assertEqual(self.run_checks("days_in_rollups"), 2)
        self.assertIn("STALE", self.out.getvalue())


class GateTests(CheckCase):
    def test_a_check_nobody_knows_is_an_error(self) -> None:
        self.assertEqual(self.run_checks("no_such_check"), 2)

    def test_a_crash_is_not_a_pass_and_stops_no_other(self) -> None:
        self.execute("ALTER TABLE payments_payout RENAME COLUMN amount TO amount_gone")
        with self.assertLogs("monitoring.running"):
            self.assertEqual(self.run_checks("payouts_sum", "stock_moved"), 2)
        self.execute("ALTER TABLE payments_payout RENAME COLUMN amount_gone TO amount")

        self.assertIn("CRASHED", self.out.getvalue())
        self.assertIn("agrees", self.out.getvalue())

    def test_open_issues_alone_do_not_fail_without_the_option(self) -> None:
        self.execute(BREAKS["stock_moved"][0])
        call_command("run_checks", "--only", "stock_moved", stdout=(out := StringIO()))

        self.assertIn("open=1", out.getvalue())
