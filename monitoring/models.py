"""What the checks found, and when they ran."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone


class Severity(models.TextChoices):
    CRITICAL = "critical", "Critical"
    WARNING = "warning", "Warning"


class IssueStatus(models.TextChoices):
    OPEN = "open", "Open"
    RESOLVED = "resolved", "Resolved"


class DataQualityIssue(models.Model):
    """One disagreement between two sources. It opens, reopens and closes by itself.

    One row per check and subject, ever; `expected` and `found` are the two ends, in words.
    """

    check_name = models.CharField(max_length=64)
    subject = models.CharField(max_length=255)
    severity = models.CharField(max_length=16, choices=Severity)
    status = models.CharField(max_length=16, choices=IssueStatus, default=IssueStatus.OPEN)
    message = models.TextField()
    expected = models.CharField(max_length=255, blank=True)
    found = models.CharField(max_length=255, blank=True)
    url = models.CharField(max_length=255, blank=True)
    order = models.ForeignKey("orders.Order", on_delete=models.CASCADE, null=True, blank=True)
    first_seen_at = models.DateTimeField(default=timezone.now)
    opened_at = models.DateTimeField(default=timezone.now)
    last_seen_at = models.DateTimeField(default=timezone.now)
    times_opened = models.PositiveIntegerField(default=1)
    resolved_at = models.DateTimeField(null=True, blank=True)
    resolved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    note = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["check_name", "subject"], name="issue_once_per_subject"),
            models.CheckConstraint(condition=Q(status__in=IssueStatus.values), name="issue_status_known"),
        ]
        indexes = [
            models.Index(fields=["check_name"], name="issue_open", condition=Q(status="open")),
        ]

    def __str__(self) -> str:
        return f"{self.check_name} {self.subject}"


class RunStatus(models.TextChoices):
    PASSED = "passed", "Passed"
    FOUND = "found", "Found issues"
    CRASHED = "crashed", "Crashed"
    SKIPPED = "skipped", "Skipped"


class CheckRun(models.Model):
    """One run of one check."""

    check_name = models.CharField(max_length=64)
    status = models.CharField(max_length=16, choices=RunStatus)
    started_at = models.DateTimeField()
    seconds = models.FloatField()
    found = models.PositiveIntegerField(default=0)
    error = models.TextField(blank=True)

    class Meta:
        indexes = [models.Index(fields=["check_name", "-started_at"], name="check_run_newest")]

    def __str__(self) -> str:
        return f"run {self.pk}"
