from datetime import timedelta
from unittest.mock import patch

from django.test import TestCase
from django.urls import reverse
from django.utils import timezone

from accounts.models import Role
from catalog.models import Variant
from monitoring.locks import exclusive
from monitoring.models import CheckRun, DataQualityIssue, IssueStatus, RunStatus, Severity
from monitoring.tests.making import make_issue
from purelaka.testing import make_order, make_user, make_variant

LIST = reverse("monitoring:monitoring-issues")
RUN = reverse("monitoring:run-checks")


class IssueListTests(TestCase):
    def setUp(self) -> None:
        self.client.force_login(make_user(Role.OPS))

    def test_before_the_first_run_it_says_so(self) -> None:
        self.assertContains(self.client.get(LIST), "The checks have not run yet")

    def test_an_open_issue_is_there_with_its_evidence_and_the_way_to_its_order(self) -> None:
        order = make_order()
        make_issue(message="Paid twice", expected="£10.00", found="£20.00", order=order)

        response = self.client.get(LIST)

        for text in ("Paid twice", "£10.00", "£20.00", reverse("orders:order-detail", args=[order.number])):
            self.assertContains(response, text)

    def test_critical_ones_come_first(self) -> None:
        make_issue(message="urgent", severity=Severity.CRITICAL)
        make_issue(message="mild", severity=Severity.WARNING)

        rows = self.client.get(LIST).context["listing"].rows

        self.assertEqual([issue.message for issue in rows], ["urgent", "mild"])

    def test_it_is_narrowed_by_check_severity_and_status(self) -> None:
        make_issue(message="about stock", check_name="stock_moved", severity=Severity.CRITICAL)
        make_issue(message="about fees", check_name="fees_known", severity=Severity.WARNING)
        make_issue(message="long over", status=IssueStatus.RESOLVED, resolved_at=timezone.now())

        for query, expected in {
            "?check=stock_moved": ["about stock"],
            "?severity=warning": ["about fees"],
            "?view=resolved": ["long over"],
            "?view=accepted": [],
            "?check=nonsense": ["about stock", "about fees"],
        }.items():
            with self.subTest(query=query):
                rows = self.client.get(LIST + query).context["listing"].rows
                self.assertEqual([issue.message for issue in rows], expected)

    def test_what_could_not_be_read_is_told(self) -> None:
        self.assertContains(self.client.get(LIST + "?check=nonsense"), "There is no “nonsense”")

    def test_the_second_page_begins_where_the_first_ended(self) -> None:
        for _ in range(60):
            make_issue()

        first = self.client.get(LIST).context["listing"]
        second = self.client.get(LIST + first.older).context["listing"]

        shown = [issue.pk for issue in [*first.rows, *second.rows]]
        self.assertEqual(shown, sorted(shown, reverse=True))
        self.assertEqual((len(shown), len(set(shown)), first.number), (60, 60, 60))

    def test_it_takes_few_queries_however_many_issues_there_are(self) -> None:
        for _ in range(20):
            make_issue(order=make_order())

        with self.assertNumQueries(8):  # session, person, counters, runs, counts, page, total, people
            self.client.get(LIST)

    def test_what_the_gate_would_say(self) -> None:
        self.client.post(RUN)
        self.assertContains(self.client.get(LIST), "Everything agrees.")

        make_issue()
        self.assertContains(self.client.get(LIST), "The gate would fail: 1 issue is open.")

        CheckRun.objects.filter(check_name="stock_moved").update(
            status=RunStatus.CRASHED, error="KeyError: x"
        )
        response = self.client.get(LIST)
        self.assertContains(response, "checks prove nothing")
        self.assertContains(response, "KeyError: x")

    def test_checks_that_stopped_running_are_told(self) -> None:
        self.client.post(RUN)
        CheckRun.objects.update(started_at=timezone.now() - timedelta(hours=2))

        self.assertContains(self.client.get(LIST), "manage.py tick")


class RunButtonTests(TestCase):
    def setUp(self) -> None:
        make_variant(sku="CREAM", stock=5)
        Variant.objects.update(stock=4)

    def test_ops_may_run_the_checks_and_is_told_what_came_of_it(self) -> None:
        self.client.force_login(make_user(Role.OPS))

        response = self.client.post(RUN, follow=True)

        self.assertContains(response, "1 issue opened, 0 resolved")
        self.assertContains(response, "The stock of CREAM is not what its movements say")

    def test_an_analyst_may_not(self) -> None:
        self.client.force_login(make_user(Role.ANALYST))

        response = self.client.post(RUN)

        self.assertEqual(response.status_code, 404)
        self.assertFalse(CheckRun.objects.exists())
        self.assertNotContains(self.client.get(LIST), "Run all checks")

    def test_it_runs_on_post_only(self) -> None:
        self.client.force_login(make_user(Role.OPS))

        self.assertEqual(self.client.get(RUN).status_code, 405)
        self.assertFalse(CheckRun.objects.exists())

    def test_while_another_run_is_under_way_it_says_so(self) -> None:
        self.client.force_login(make_user(Role.OPS))
        with exclusive("checks"):
            response = self.client.post(RUN, follow=True)

        self.assertContains(response, "The checks are running at this moment")
        self.assertFalse(DataQualityIssue.objects.exists())

    def test_a_crash_is_told(self) -> None:
        self.client.force_login(make_user(Role.OPS))
        with (
            patch("monitoring.checks.stock.STOCK_AND_MOVEMENTS", "SELECT * FROM no_such_table"),
            self.assertLogs("monitoring.running"),
        ):
            response = self.client.post(RUN, follow=True)

        self.assertContains(response, "checks proved nothing")


class IssuePageTests(TestCase):
    def setUp(self) -> None:
        self.issue = make_issue(message="Two pieces short", expected="5 pieces", found="3 pieces")
        self.page = reverse("monitoring:issue-detail", args=[self.issue.pk])
        self.resolve = reverse("monitoring:resolve-issue", args=[self.issue.pk])

    def sign_in(self, role: Role) -> None:
        self.person = make_user(role)
        self.client.force_login(self.person)

    def test_it_shows_the_evidence_and_what_the_check_compares(self) -> None:
        self.sign_in(Role.ANALYST)

        response = self.client.get(self.page)

        for text in ("Two pieces short", "5 pieces", "3 pieces", "<code>stock</code> of each variant"):
            self.assertContains(response, text)
        self.assertNotContains(response, self.resolve)

    def test_ops_resolves_it_with_a_note(self) -> None:
        self.sign_in(Role.OPS)

        response = self.client.post(self.resolve, {"note": "counted twice"}, follow=True)

        self.issue.refresh_from_db()
        self.assertEqual((self.issue.status, self.issue.resolved_by), (IssueStatus.RESOLVED, self.person))
        self.assertContains(response, "resolved it: counted twice")

    def test_without_a_note_nothing_happens_and_the_form_says_why(self) -> None:
        self.sign_in(Role.OPS)

        response = self.client.post(self.resolve, {"note": " "})

        self.issue.refresh_from_db()
        self.assertEqual(self.issue.status, IssueStatus.OPEN)
        self.assertContains(response, "Say what was done")

    def test_an_analyst_may_not_resolve(self) -> None:
        self.sign_in(Role.ANALYST)

        self.assertEqual(self.client.post(self.resolve, {"note": "done"}).status_code, 404)
        self.issue.refresh_from_db()
        self.assertEqual(self.issue.status, IssueStatus.OPEN)

    def test_resolving_what_is_resolved_says_so(self) -> None:
        self.sign_in(Role.OPS)
        self.client.post(self.resolve, {"note": "first"})

        response = self.client.post(self.resolve, {"note": "second"}, follow=True)

        self.assertContains(response, "was resolved in the meantime")
        self.assertNotContains(response, "second")

    def test_an_issue_of_a_check_that_is_no_more_can_be_read(self) -> None:
        self.sign_in(Role.OPS)
        DataQualityIssue.objects.update(check_name="gone")

        self.assertContains(self.client.get(self.page), "This check is no more")

    def test_there_is_no_such_issue(self) -> None:
        self.sign_in(Role.OPS)

        self.assertEqual(self.client.get(reverse("monitoring:issue-detail", args=[0])).status_code, 404)
