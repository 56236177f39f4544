"""Refunds that this shop asked Stripe for."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone


class RequestStatus(models.TextChoices):
    PENDING = "pending", "Waiting for Stripe"
    ANSWERED = "answered", "Answered"
    REFUSED = "refused", "Refused by Stripe"


class RefundRequest(models.Model):
    """What we asked for, committed before Stripe is called; the answer is a `Refund` fact.

    `key` is the idempotency key and goes into the refund's metadata, so a lost answer is found.
    """

    order = models.ForeignKey("orders.Order", on_delete=models.PROTECT, related_name="refund_requests")
    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    payment_intent_id = models.CharField(max_length=255)
    amount = models.PositiveBigIntegerField()
    currency = models.CharField(max_length=3)
    reason = models.CharField(max_length=64, blank=True)
    note = models.CharField(max_length=500, blank=True)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True)
    status = models.CharField(max_length=16, choices=RequestStatus, default=RequestStatus.PENDING)
    refund_id = models.CharField(max_length=255, blank=True)
    error = models.TextField(blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="request_amount_positive"),
            models.CheckConstraint(condition=Q(status__in=RequestStatus.values), name="request_status_known"),
        ]
        indexes = [
            # requests to send again, oldest first
            models.Index(fields=["created_at"], name="request_pending", condition=Q(status="pending")),
        ]

    def __str__(self) -> str:
        return f"refund request {self.pk}"
