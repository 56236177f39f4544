"""Each Stripe event, once, as it came."""

import json
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone


class EventStatus(models.TextChoices):
    PROCESSED = "processed", "Processed"
    IGNORED = "ignored", "Ignored"
    FAILED = "failed", "Failed"


class EventSource(models.TextChoices):
    WEBHOOK = "webhook", "Webhook"
    API = "api", "API answer"


class StripeEvent(models.Model):
    """An event of Stripe's, or an answer of its API put into an event's form.

    `payload` is the text that was signed, unchanged (a trigger keeps it so). `reason` says why an
    event was ignored, or with which error it failed.
    """

    event_id = models.CharField(max_length=255, unique=True)
    type = models.CharField(max_length=255)
    api_version = models.CharField(max_length=64, blank=True)
    created = models.DateTimeField()
    livemode = models.BooleanField(default=False)
    source = models.CharField(max_length=8, choices=EventSource, default=EventSource.WEBHOOK)
    object_type = models.CharField(max_length=64, blank=True)
    object_id = models.CharField(max_length=255, blank=True)
    payload = models.TextField()
    status = models.CharField(max_length=16, choices=EventStatus)
    reason = models.TextField(blank=True)
    attempts = models.PositiveIntegerField(default=1)
    received_at = models.DateTimeField(default=timezone.now)
    applied_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(status__in=EventStatus.values), name="event_status_known"),
        ]
        indexes = [
            # the list of events, newest first
            models.Index(fields=["-created", "-id"], name="event_newest"),
            # everything that was said of one Stripe object
            models.Index(fields=["object_id"], name="event_by_object"),
            # what must be tried again
            models.Index(fields=["id"], name="event_failed", condition=Q(status="failed")),
            # when Stripe reached us, and how long that took
            models.Index(
                fields=["received_at", "created"], name="event_deliveries", condition=Q(source="webhook")
            ),
        ]

    def __str__(self) -> str:
        return self.event_id

    @property
    def body(self) -> dict[str, Any]:
        """The payload as plain Python values."""
        parsed: dict[str, Any] = json.loads(self.payload)
        return parsed


class SigningSecret(models.Model):
    """When a signing secret of the webhook last proved an event. Known by a fingerprint alone.

    `used_count` is what was written down: it may lag behind by a minute's events.
    """

    fingerprint = models.CharField(max_length=32, unique=True)
    first_used_at = models.DateTimeField()
    last_used_at = models.DateTimeField()
    used_count = models.PositiveBigIntegerField(default=0)

    def __str__(self) -> str:
        return self.fingerprint


class EventReplay(models.Model):
    """Events that a person had applied once more. `key` is the form's: two clicks are one replay.

    `results` has, for each event: its id, its type, its status before and after, and the reason.
    """

    key = models.UUIDField(primary_key=True)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT)
    query = models.TextField(blank=True)  # the filter they were chosen by; empty: one by one
    event_count = models.PositiveIntegerField()
    results = models.JSONField(default=list)
    started_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"replay {self.key}"
