"""Refunds that this shop asked Stripe for, what they were for, and those that went another way."""

import uuid
from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone


class RequestStatus(models.TextChoices):
    REQUESTED = "requested", "Waiting for approval"
    DECLINED = "declined", "Declined"
    PENDING = "pending", "Waiting for Stripe"
    ANSWERED = "answered", "Answered"
    REFUSED = "refused", "Refused by Stripe"


# Stripe may still send the money: nobody else can have it.
HOLDING = (RequestStatus.REQUESTED, RequestStatus.PENDING)


class RefundRequest(models.Model):
    """What we asked for, committed before Stripe is called; the answer is a `Refund` fact.

    `key` is the idempotency key and goes into the refund's metadata, so a lost answer is found.
    `amount` is what goes back; it may be less than its lines and delivery come to. One that is
    `requested` waits for a second person, and Stripe has not heard of it.
    """

    order = models.ForeignKey("orders.Order", on_delete=models.PROTECT, related_name="refund_requests")
    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    payment_intent_id = models.CharField(max_length=255)
    amount = models.PositiveBigIntegerField()
    amount_delivery = models.PositiveBigIntegerField(default=0, db_default=0)  # the part that is delivery
    currency = models.CharField(max_length=3)
    reason = models.CharField(max_length=64, blank=True)
    note = models.CharField(max_length=500, blank=True)
    tells_customer = models.BooleanField(default=True, db_default=True)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True)
    status = models.CharField(max_length=16, choices=RequestStatus, default=RequestStatus.PENDING)
    refund_id = models.CharField(max_length=255, blank=True)
    error = models.TextField(blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    # Who approved or declined it, where a second person had to.
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    decision_note = models.CharField(max_length=500, blank=True, default="", db_default="")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="request_amount_positive"),
            models.CheckConstraint(condition=Q(status__in=RequestStatus.values), name="request_status_known"),
            models.CheckConstraint(
                condition=~Q(status=RequestStatus.DECLINED) | Q(decided_at__isnull=False),
                name="request_declined_has_moment",
            ),
        ]
        indexes = [
            # requests to send again, oldest first
            models.Index(fields=["created_at"], name="request_pending", condition=Q(status="pending")),
            # requests that wait for a second person, oldest first
            models.Index(fields=["created_at"], name="request_to_approve", condition=Q(status="requested")),
        ]

    def __str__(self) -> str:
        return f"refund request {self.pk}"

    @property
    def sendable_since(self) -> datetime:
        """When Stripe could first hear of it."""
        return self.decided_at or self.created_at


class RefundLine(models.Model):
    """Pieces of an order's line that a request gives money back for.

    `amount` is what these pieces cost in the end: less their discount, and with the tax that was
    added. With `restock` they go back on the shelf once Stripe has taken the refund.
    """

    request = models.ForeignKey(RefundRequest, on_delete=models.PROTECT, related_name="lines")
    item = models.ForeignKey("orders.OrderItem", on_delete=models.PROTECT, related_name="refund_lines")
    quantity = models.PositiveBigIntegerField()
    amount = models.PositiveBigIntegerField()
    restock = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(quantity__gt=0), name="refund_line_quantity_positive"),
            models.UniqueConstraint(fields=["request", "item"], name="refund_line_item_once"),
        ]

    def __str__(self) -> str:
        return f"refund line {self.pk}"


class RefundSettlement(models.Model):
    """A failed refund whose money the customer got in another way, such as a bank transfer.

    `refund_id` is Stripe's. The money is not Stripe's any more, so no ledger entry tells of it; it
    can't be asked of Stripe again.
    """

    order = models.ForeignKey("orders.Order", on_delete=models.PROTECT, related_name="refund_settlements")
    refund_id = models.CharField(max_length=255, unique=True)
    amount = models.PositiveBigIntegerField()
    currency = models.CharField(max_length=3)
    reference = models.CharField(max_length=100)
    note = models.CharField(max_length=500, blank=True)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="settlement_amount_positive"),
        ]

    def __str__(self) -> str:
        return f"settlement {self.pk}"
