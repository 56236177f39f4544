"""The life of an issue: by itself, and when a person has a say."""

from io import StringIO

from django.core.management import call_command
from django.test import TestCase

from accounts.models import Role
from audit.models import AuditLog
from catalog.models import Variant
from monitoring import issues
from monitoring.models import CheckRun, DataQualityIssue, IssueStatus
from monitoring.tests.making import make_issue
from orders.models import Flag, Order
from purelaka.testing import make_order, make_user, make_variant


def run_checks(*names: str) -> str:
    call_command("run_checks", *(("--only", *names) if names else ()), stdout=(out := StringIO()))
    return out.getvalue()


class DifferenceTests(TestCase):
    """Two sources disagree: nothing a person says makes them agree."""

    def setUp(self) -> None:
        self.ops = make_user(Role.OPS)
        self.variant = make_variant(sku="CREAM", stock=5)
        Variant.objects.update(stock=4)
        run_checks("stock_moved")

    def issue(self) -> DataQualityIssue:
        return DataQualityIssue.objects.get()

    def test_it_opens_with_its_evidence(self) -> None:
        issue = self.issue()

        self.assertEqual((issue.status, issue.times_opened), (IssueStatus.OPEN, 1))
        self.assertEqual(
            (issue.expected, issue.found, issue.difference), ("5 pieces", "4 pieces", "−1 piece")
        )

    def test_it_is_one_issue_however_often_it_is_found(self) -> None:
        run_checks("stock_moved")

        self.assertEqual((DataQualityIssue.objects.count(), self.issue().times_opened), (1, 1))

    def test_its_evidence_follows_what_is_found(self) -> None:
        Variant.objects.update(stock=3)

        run_checks("stock_moved")

        self.assertEqual(self.issue().found, "3 pieces")

    def test_it_resolves_by_itself_and_nobody_is_named(self) -> None:
        Variant.objects.update(stock=5)

        said = run_checks("stock_moved")

        self.assertIn("open=0, resolved=1", said)
        self.assertEqual((self.issue().status, self.issue().resolved_by), (IssueStatus.RESOLVED, None))
        self.assertIsNotNone(self.issue().resolved_at)

    def test_coming_back_it_opens_again_and_counts(self) -> None:
        for stock in (5, 4):
            Variant.objects.update(stock=stock)
            run_checks("stock_moved")

        self.assertEqual((self.issue().status, self.issue().times_opened), (IssueStatus.OPEN, 2))
        self.assertIsNone(self.issue().resolved_at)

    def test_resolved_by_a_person_it_opens_again_while_it_is_still_there(self) -> None:
        issues.resolve(self.issue(), actor=self.ops, note="counted the shelf")
        self.assertEqual(self.issue().status, IssueStatus.RESOLVED)

        run_checks("stock_moved")

        self.assertEqual(self.issue().status, IssueStatus.OPEN)
        self.assertEqual(self.issue().note, "counted the shelf")

    def test_a_resolve_is_in_the_audit_log(self) -> None:
        issues.resolve(self.issue(), actor=self.ops, note="counted the shelf")

        entry = AuditLog.objects.get(event_type="issue.resolved")
        self.assertEqual((entry.actor, entry.target_id), (self.ops, str(self.issue().pk)))
        self.assertEqual(entry.data["note"], "counted the shelf")

    def test_it_can_be_resolved_once(self) -> None:
        issue = self.issue()
        issues.resolve(issue, actor=self.ops, note="first")

        with self.assertRaises(issues.AlreadyResolved):
            issues.resolve(issue, actor=self.ops, note="second")

        self.assertEqual(self.issue().note, "first")

    def test_other_checks_leave_it_alone(self) -> None:
        run_checks("stock_reserved")

        self.assertEqual(self.issue().status, IssueStatus.OPEN)


class DecisionTests(TestCase):
    """Where a person decides, the decision stays as long as the case stays the same."""

    def setUp(self) -> None:
        self.order = make_order()
        self.flag(Flag.WRONG_AMOUNT)
        run_checks("orders_flagged")
        issues.resolve(DataQualityIssue.objects.get(), actor=make_user(Role.OPS), note="agreed by phone")

    def flag(self, flag: Flag) -> None:
        Order.objects.update(flag=flag)

    def status(self) -> str:
        return DataQualityIssue.objects.get().status

    def test_it_stays_resolved_and_the_gate_says_so(self) -> None:
        said = run_checks("orders_flagged")

        self.assertEqual(self.status(), IssueStatus.RESOLVED)
        self.assertIn("open=0, resolved=0, accepted=1", said)

    def test_it_opens_again_when_the_case_changes(self) -> None:
        self.flag(Flag.PAID_TWICE)

        run_checks("orders_flagged")

        self.assertEqual(self.status(), IssueStatus.OPEN)

    def test_it_opens_again_when_it_went_away_and_comes_back(self) -> None:
        for flag in (Flag.NONE, Flag.WRONG_AMOUNT):
            self.flag(flag)
            run_checks("orders_flagged")

        self.assertEqual(self.status(), IssueStatus.OPEN)


class RetiredCheckTests(TestCase):
    def test_issues_of_a_check_that_is_no_more_are_resolved_by_a_full_run(self) -> None:
        issue = make_issue(check_name="no_longer_here")

        run_checks("stock_moved")
        issue.refresh_from_db()
        self.assertEqual(issue.status, IssueStatus.OPEN)

        run_checks()
        issue.refresh_from_db()
        self.assertEqual(issue.status, IssueStatus.RESOLVED)


class ManyFindingsTests(TestCase):
    def test_more_findings_than_fit_a_batch_all_open_and_all_resolve(self) -> None:
        product = make_variant().product
        Variant.objects.bulk_create(
            Variant(product=product, sku=f"S{n}", unit_amount=1, currency="gbp", stock=1) for n in range(2500)
        )

        run_checks("stock_moved")
        self.assertEqual(DataQualityIssue.objects.open().count(), 2500)
        self.assertEqual(CheckRun.objects.latest("pk").opened, 2500)

        Variant.objects.filter(sku__startswith="S", stock=1).update(stock=0)
        self.assertIn("open=0, resolved=2500", run_checks("stock_moved"))
