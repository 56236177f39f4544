"""What the list of issues is narrowed by."""

from monitoring.check import registry
from monitoring.models import DataQualityIssue, IssueQuerySet, Severity
from purelaka.filters import FilterForm, View, choice

OPEN, RESOLVED, ACCEPTED = "", "resolved", "accepted"


class IssueFilter(FilterForm):
    """Open issues come by urgency, the newest of each first; the others by when they ended."""

    main = ("check", "severity")
    quiet = ("view",)

    view = choice("View", [(RESOLVED, "Resolved"), (ACCEPTED, "Accepted")], is_hidden=True)
    check = choice("Check", [(check.name, check.title) for check in registry.values()])
    severity = choice("Severity", Severity.choices, any_label="Any severity")

    @property
    def tabs(self) -> list[View]:
        return self.views("view", [(OPEN, "Open"), (RESOLVED, "Resolved"), (ACCEPTED, "Accepted")])

    @property
    def shows_open(self) -> bool:
        return not self.value("view")

    @property
    def by(self) -> tuple[str, str]:
        return ("severity", "-id") if self.shows_open else ("-resolved_at", "-id")

    def issues(self) -> IssueQuerySet:
        """The issues that match every filter that is on."""
        issues = {
            None: DataQualityIssue.objects.open(),
            RESOLVED: DataQualityIssue.objects.resolved(),
            ACCEPTED: DataQualityIssue.objects.accepted(),
        }[self.value("view")]
        if check := self.value("check"):
            issues = issues.filter(check_name=check)
        if severity := self.value("severity"):
            issues = issues.filter(severity=severity)
        return issues.select_related("order", "event", "resolved_by")
