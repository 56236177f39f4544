"""What the checks found, and when they ran."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone


class Severity(models.TextChoices):
    CRITICAL = "critical", "Critical"
    WARNING = "warning", "Warning"


class IssueStatus(models.TextChoices):
    OPEN = "open", "Open"
    RESOLVED = "resolved", "Resolved"


class IssueQuerySet(models.QuerySet["DataQualityIssue"]):
    def open(self) -> "IssueQuerySet":
        return self.filter(status=IssueStatus.OPEN)

    def resolved(self) -> "IssueQuerySet":
        return self.filter(status=IssueStatus.RESOLVED)

    def accepted(self) -> "IssueQuerySet":
        """Still found by their check, and a person said that this is all right."""
        return self.filter(status=IssueStatus.RESOLVED, accepted__isnull=False)


class DataQualityIssue(models.Model):
    """One disagreement between two sources. It opens, reopens and closes by itself.

    One row per check and subject, ever; `expected`, `found` and `difference` are the evidence, in
    words. `accepted` is the `found` that a person has accepted; None when nobody did.
    """

    check_name = models.CharField(max_length=64)
    subject = models.CharField(max_length=255)
    severity = models.CharField(max_length=16, choices=Severity)
    status = models.CharField(max_length=16, choices=IssueStatus, default=IssueStatus.OPEN)
    message = models.TextField()
    expected = models.CharField(max_length=255, blank=True)
    found = models.CharField(max_length=255, blank=True)
    difference = models.CharField(max_length=64, blank=True)
    order = models.ForeignKey("orders.Order", on_delete=models.CASCADE, null=True, blank=True)
    event = models.ForeignKey("payments.StripeEvent", on_delete=models.CASCADE, null=True, blank=True)
    first_seen_at = models.DateTimeField(default=timezone.now)
    opened_at = models.DateTimeField(default=timezone.now)
    last_seen_at = models.DateTimeField(default=timezone.now)
    times_opened = models.PositiveIntegerField(default=1)
    resolved_at = models.DateTimeField(null=True, blank=True)
    resolved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    note = models.TextField(blank=True)
    accepted = models.CharField(max_length=255, null=True, blank=True)  # noqa: DJ001 - "" can be accepted

    objects = IssueQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["check_name", "subject"], name="issue_once_per_subject"),
            models.CheckConstraint(condition=Q(status__in=IssueStatus.values), name="issue_status_known"),
            models.CheckConstraint(
                condition=Q(status=IssueStatus.OPEN, resolved_at=None)
                | Q(status=IssueStatus.RESOLVED, resolved_at__isnull=False),
                name="issue_resolved_has_moment",
            ),
        ]
        indexes = [
            # the list of open issues, and how many there are
            models.Index(fields=["severity", "-id"], name="issue_open", condition=Q(status="open")),
            # the list of resolved ones, newest first
            models.Index(
                F("resolved_at").desc(), F("id").desc(), name="issue_resolved", condition=Q(status="resolved")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.check_name} {self.subject}"


class RunStatus(models.TextChoices):
    PASSED = "passed", "Agrees"
    FOUND = "found", "Issues"
    STALE = "stale", "Stale data"
    CRASHED = "crashed", "Crashed"
    SKIPPED = "skipped", "Skipped"


# How a check can end without having shown anything: the gate fails closed on these.
UNPROVEN = (RunStatus.STALE, RunStatus.CRASHED, RunStatus.SKIPPED)


class CheckRun(models.Model):
    """One run of one check: how many things it compared, and what came of it.

    `found` counts what it found, accepted or not; `opened` and `resolved` what changed by this run.
    """

    check_name = models.CharField(max_length=64)
    status = models.CharField(max_length=16, choices=RunStatus)
    started_at = models.DateTimeField()
    seconds = models.FloatField(default=0)
    compared = models.PositiveBigIntegerField(default=0)
    found = models.PositiveBigIntegerField(default=0)
    opened = models.PositiveBigIntegerField(default=0)
    resolved = models.PositiveBigIntegerField(default=0)
    error = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(status__in=RunStatus.values), name="check_run_status_known"),
        ]
        indexes = [
            # the last run of each check
            models.Index(fields=["check_name", "-id"], name="check_run_newest"),
            # runs old enough to be forgotten
            models.Index(fields=["started_at"], name="check_run_age"),
        ]

    def __str__(self) -> str:
        return f"run {self.pk}"

    @property
    def proves(self) -> bool:
        """Whether the check looked at fresh data to its end."""
        return self.status not in UNPROVEN
