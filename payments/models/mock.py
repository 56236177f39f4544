"""What the pretended Stripe of mock mode knows. With Stripe itself these tables stay empty."""

from django.db import models
from django.db.models import Q


class MockIntent(models.Model):
    """A payment intent of the pretended Stripe: how it began, and every step taken since.

    What Stripe would say of it is told anew from these each time (`payments.mock.bank`). A step has
    `at` in Unix seconds, `does` (a method of a story) and its arguments; of a card it holds at most
    the brand and the last four digits. `planned` are steps that come by themselves, the next one
    at `planned_for`.
    """

    key = models.CharField(max_length=255, unique=True)  # the idempotency key
    payment_intent_id = models.CharField(max_length=255, unique=True)
    charge_id = models.CharField(max_length=255, blank=True, db_index=True)  # the one that went through
    order_number = models.CharField(max_length=64)
    instance = models.CharField(max_length=255)
    amount = models.PositiveBigIntegerField()
    currency = models.CharField(max_length=3)
    email = models.CharField(max_length=254, blank=True)
    created = models.DateTimeField()
    steps = models.JSONField(default=list)
    planned = models.JSONField(default=list)
    planned_for = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            # what comes by itself and is due
            models.Index(fields=["planned_for"], name="mock_planned", condition=Q(planned_for__isnull=False)),
        ]

    def __str__(self) -> str:
        return self.payment_intent_id


class MockEvent(models.Model):
    """An event the pretended Stripe made, and what came of posting it. `answer` is the last one."""

    intent = models.ForeignKey(MockIntent, on_delete=models.CASCADE, related_name="events")
    event_id = models.CharField(max_length=255, unique=True)
    body = models.TextField()
    due_at = models.DateTimeField()
    delivered_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveIntegerField(default=0)
    answer = models.CharField(max_length=200, blank=True)

    class Meta:
        indexes = [
            # what is to be posted next
            models.Index(
                fields=["due_at", "id"], name="mock_event_due", condition=Q(delivered_at__isnull=True)
            ),
        ]

    def __str__(self) -> str:
        return self.event_id
