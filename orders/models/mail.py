"""Mails to customers about their orders: written with what they tell of, sent afterwards."""

from django.db import models
from django.db.models import Q
from django.utils import timezone

from orders.models.order import Order


class MailKind(models.TextChoices):
    CONFIRMATION = "confirmation", "Order confirmation"
    SHIPPED = "shipped", "Sent on its way"
    REFUND = "refund", "Refund notice"
    PAYMENT_PROBLEM = "payment_problem", "Payment problem"


class Mail(models.Model):
    """One mail about one order. `about` tells several of a kind apart, such as a refund's id.

    The row is written in the transaction of what it tells of; a mail server that is away delays it.
    """

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="mails")
    kind = models.CharField(max_length=24, choices=MailKind)
    about = models.CharField(max_length=255, blank=True)
    to = models.EmailField()
    created_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    error = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=MailKind.values), name="mail_kind_known"),
            models.UniqueConstraint(fields=["order", "kind", "about"], name="mail_once"),
        ]
        indexes = [
            # what still has to be sent, oldest first
            models.Index(fields=["created_at"], name="mail_waiting", condition=Q(sent_at=None)),
        ]

    def __str__(self) -> str:
        return f"mail {self.pk}"
