"""What the list of issues is narrowed by."""

from django import forms
from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import User
from monitoring.check import registry
from monitoring.forms import MAY_ACT
from monitoring.models import CheckRun, DataQualityIssue, IssueQuerySet, RunStatus, Severity
from purelaka.filters import FilterForm, MomentField, View, choice

OPEN, SNOOZED, RESOLVED, ACCEPTED = "", "snoozed", "resolved", "accepted"
NOBODY = "nobody"


def _people() -> list[tuple[str, str]]:
    """Who may look into an issue; asked each time a form is made."""
    people = User.objects.filter(role__in=MAY_ACT, is_active=True).order_by("email")
    names = [(str(person.pk), person.get_short_name()) for person in people]
    return [("", "Anybody"), (NOBODY, "Nobody yet"), *names]


class IssueFilter(FilterForm):
    """Open issues come by urgency, the newest of each first; the others by when they ended."""

    main = ("check", "severity", "assignee")
    quiet = ("view",)

    view = choice(
        "View", [(SNOOZED, "Snoozed"), (RESOLVED, "Resolved"), (ACCEPTED, "Accepted")], is_hidden=True
    )
    check = choice("Check", [(check.name, check.title) for check in registry.values()])
    severity = choice("Severity", Severity.choices, any_label="Any severity")
    assignee = forms.ChoiceField(label="Assigned to", choices=_people, required=False)
    opened = MomentField(label="Opened since")
    ended = MomentField(label="Resolved since")

    @property
    def tabs(self) -> list[View]:
        return self.views(
            "view", [(OPEN, "Open"), (SNOOZED, "Snoozed"), (RESOLVED, "Resolved"), (ACCEPTED, "Accepted")]
        )

    @property
    def shows_open(self) -> bool:
        return self.value("view") in (None, SNOOZED)

    @property
    def by(self) -> tuple[str, str]:
        return ("severity", "-id") if self.shows_open else ("-resolved_at", "-id")

    def issues(self) -> IssueQuerySet:
        """The issues that match every filter that is on."""
        issues = {
            None: DataQualityIssue.objects.awake(timezone.now()),
            SNOOZED: DataQualityIssue.objects.snoozed(timezone.now()),
            RESOLVED: DataQualityIssue.objects.resolved(),
            ACCEPTED: DataQualityIssue.objects.accepted(),
        }[self.value("view")]
        if check := self.value("check"):
            issues = issues.filter(check_name=check)
        if severity := self.value("severity"):
            issues = issues.filter(severity=severity)
        if assignee := self.value("assignee"):
            issues = issues.filter(assignee=None if assignee == NOBODY else assignee)
        if opened := self.value("opened"):
            issues = issues.filter(opened_at__gte=opened)
        if ended := self.value("ended"):
            issues = issues.filter(resolved_at__gte=ended)
        return issues.select_related("order", "event", "resolved_by", "assignee")


class RunFilter(FilterForm):
    """Runs of checks, the newest first."""

    main = ("check", "status")

    check = choice("Check", [(check.name, check.title) for check in registry.values()])
    status = choice("Outcome", RunStatus.choices, any_label="Any outcome")

    def runs(self) -> QuerySet[CheckRun, CheckRun]:
        """The runs that match every filter that is on."""
        runs = CheckRun.objects.all()
        if check := self.value("check"):
            runs = runs.filter(check_name=check)
        if status := self.value("status"):
            runs = runs.filter(status=status)
        return runs
