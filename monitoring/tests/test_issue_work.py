"""What staff do about an issue before it ends: give it to somebody, note, put it off."""

from datetime import timedelta

from django.test import TestCase
from django.urls import reverse
from django.utils import timezone

from accounts.models import Role
from audit.models import AuditLog
from monitoring import counters, issues
from monitoring.check import registry
from monitoring.models import CheckRun, DataQualityIssue
from monitoring.tests.making import make_issue
from purelaka.days import store_day
from purelaka.testing import make_user


class IssueWork(TestCase):
    def setUp(self) -> None:
        self.ops, self.issue = make_user(Role.OPS), make_issue()
        self.client.force_login(self.ops)

    def post(self, name: str, **data: object) -> str:
        response = self.client.post(reverse(f"monitoring:{name}", args=[self.issue.pk]), data, follow=True)
        self.issue.refresh_from_db()
        return response.content.decode()

    def tomorrow(self) -> str:
        return (store_day(timezone.now()) + timedelta(days=1)).isoformat()

    def listed(self, query: str = "") -> bool:
        page = self.client.get(reverse("monitoring:monitoring-issues") + query)
        return self.issue.message in page.content.decode()

    def test_an_issue_is_given_to_somebody_and_found_by_that(self) -> None:
        page = self.post("assign-issue", assignee=self.ops.pk)

        self.assertIn("looks into it", page)
        self.assertIn(f">{self.ops.email}</option>", page)
        self.assertTrue(self.listed(f"?assignee={self.ops.pk}"))
        self.assertFalse(self.listed("?assignee=nobody"))
        self.assertEqual(AuditLog.objects.get(event_type="issue.assigned").data, {"to": self.ops.email})

    def test_who_may_not_act_is_not_given_one(self) -> None:
        page = self.post("assign-issue", assignee=make_user(Role.ANALYST).pk)

        self.assertIn("Choose an ops or admin account", page)
        self.assertIsNone(self.issue.assignee)

    def test_a_note_stays_in_the_history(self) -> None:
        page = self.post("note-issue", note="The courier has it")

        self.assertIn("noted: The courier has it", page)

    def test_a_note_says_something(self) -> None:
        self.assertIn("Write what you found out.", self.post("note-issue", note=" "))

    def test_one_put_off_leaves_the_work_and_not_the_gate(self) -> None:
        self.post("snooze-issue", until=self.tomorrow())

        self.assertFalse(self.listed())
        self.assertTrue(self.listed("?view=snoozed"))
        self.assertEqual(counters.waiting()[0].number, 0)
        self.assertEqual(DataQualityIssue.objects.open().count(), 1)

    def test_it_comes_back_by_itself_and_by_hand(self) -> None:
        self.post("snooze-issue", until=self.tomorrow())
        self.assertEqual(DataQualityIssue.objects.awake(timezone.now() + timedelta(days=2)).count(), 1)

        self.post("snooze-issue", until="")

        self.assertTrue(self.listed())

    def test_a_day_gone_by_is_refused(self) -> None:
        page = self.post("snooze-issue", until=store_day(timezone.now()).isoformat())

        self.assertIn("Choose a day from tomorrow on", page)
        self.assertIsNone(self.issue.snoozed_until)

    def test_a_resolved_one_is_not_put_off(self) -> None:
        issues.resolve(self.issue, actor=self.ops, note="done")

        self.assertIn("resolved in the meantime", self.post("snooze-issue", until=self.tomorrow()))


class RunListTests(TestCase):
    def test_the_runs_of_one_check_with_their_times(self) -> None:
        self.client.force_login(make_user(Role.ANALYST))
        one, other = [*registry][:2]
        CheckRun.objects.create(check_name=one, status="passed", started_at=timezone.now(), seconds=0.412)
        CheckRun.objects.create(check_name=other, status="crashed", started_at=timezone.now(), error="Boom")

        page = self.client.get(reverse("monitoring:run-list"), {"check": one}).content.decode()

        self.assertIn("412 ms", page)
        self.assertNotIn("Boom", page)
