"""What the checks found, when they ran, and whom it was told."""

from datetime import datetime

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

    def awake(self, now: datetime) -> "IssueQuerySet":
        """Open, and nobody has put it off."""
        return self.filter(DataQualityIssue.awake_at(now))

    def snoozed(self, now: datetime) -> "IssueQuerySet":
        """Open, and put off until later. The gate counts it all the same."""
        return self.open().filter(snoozed_until__gt=now)

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
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="issues"
    )
    snoozed_until = models.DateTimeField(null=True, blank=True)
    alerted_at = models.DateTimeField(null=True, blank=True)

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
            # open ones that nobody was told of yet
            models.Index(fields=["id"], name="issue_untold", condition=Q(status="open", alerted_at=None)),
            # the list of resolved ones, newest first
            models.Index(
                F("resolved_at").desc(), F("id").desc(), name="issue_resolved", condition=Q(status="resolved")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.check_name} {self.subject}"

    @staticmethod
    def awake_at(now: datetime) -> Q:
        """Open, and nobody has put it off."""
        return Q(status=IssueStatus.OPEN) & (Q(snoozed_until=None) | Q(snoozed_until__lte=now))


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
    def state(self) -> str:
        """The badge's colour."""
        return {"passed": "ok", "found": "open", "stale": "stale"}.get(self.status, "failed")

    @property
    def took(self) -> str:
        """`412 ms` or `3.1 s`."""
        return f"{1000 * self.seconds:.0f} ms" if self.seconds < 1 else f"{self.seconds:.1f} s"

    @property
    def proves(self) -> bool:
        """Whether the check looked at fresh data to its end."""
        return self.status not in UNPROVEN


class Channel(models.TextChoices):
    EMAIL = "email", "Email"
    WEBHOOK = "webhook", "Webhook"


class Alert(models.Model):
    """One message to the staff about issues: kept before it is sent, so that none is sent twice.

    `key` is what it tells of, once per channel: the moment of a round, or the day of a digest. A
    message counts as sent from the moment somebody begins to send it; an error takes that back.
    """

    channel = models.CharField(max_length=16, choices=Channel)
    key = models.CharField(max_length=64)
    subject = models.CharField(max_length=200)
    text = models.TextField()
    created_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    error = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(channel__in=Channel.values), name="alert_channel_known"),
            models.UniqueConstraint(fields=["channel", "key"], name="alert_once"),
        ]
        indexes = [
            # what still has to be sent, oldest first
            models.Index(fields=["created_at"], name="alert_waiting", condition=Q(sent_at=None)),
        ]

    def __str__(self) -> str:
        return f"alert {self.pk}"


class LastLook(models.Model):
    """Until when a person of the staff has seen what changed. It moves when they say so, on any device."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="last_look")
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"last look of user {self.user_id}"
