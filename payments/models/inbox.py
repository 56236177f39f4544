"""Each Stripe event, once, as it came."""

import json
from typing import Any

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
        ]

    def __str__(self) -> str:
        return self.event_id

    @property
    def body(self) -> dict[str, Any]:
        """The payload as plain Python values."""
        parsed: dict[str, Any] = json.loads(self.payload)
        return parsed
