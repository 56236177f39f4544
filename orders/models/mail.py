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
    ORDER_LINK = "order_link", "Link to the order"
    BACK_ORDER = "back_order", "Waiting for goods"
    SUBSTITUTE = "substitute", "Sent instead"


REPEATABLE = (MailKind.CONFIRMATION, MailKind.SHIPPED, MailKind.REFUND)


class Mail(models.Model):
    """One mail about one order. `about` tells several of a kind apart, such as a refund's id.

    The row is written in the transaction of what it tells of; a mail server that is away delays it.
    `next_try_at` is None once it was sent, or given up.
    """

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="mails")
    kind = models.CharField(max_length=24, choices=MailKind)
    about = models.CharField(max_length=255, blank=True)
    email = models.EmailField()
    created_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_try_at = models.DateTimeField(null=True, blank=True, default=timezone.now)
    error = models.CharField(max_length=300, blank=True)
    asked_again_at = models.DateTimeField(null=True, blank=True)  # by staff, who want it sent once more

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=MailKind.values), name="mail_kind_known"),
            models.UniqueConstraint(fields=["order", "kind", "about"], name="mail_once"),
            models.CheckConstraint(
                condition=Q(sent_at=None) | Q(next_try_at=None), name="mail_sent_is_not_tried_again"
            ),
        ]
        indexes = [
            # what still has to be sent, and what was given up
            models.Index(fields=["next_try_at"], name="mail_unsent", condition=Q(sent_at=None)),
        ]

    def __str__(self) -> str:
        return f"mail {self.pk}"

    @property
    def can_be_repeated(self) -> bool:
        """Whether staff may send it once more: it tells of something that is so, whenever it is read."""
        return self.kind in REPEATABLE

    @property
    def is_given_up(self) -> bool:
        return self.sent_at is None and self.next_try_at is None
