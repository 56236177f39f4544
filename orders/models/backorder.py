"""Paid orders whose customers wait for goods, because a person decided so."""

from django.conf import settings
from django.db import models
from django.utils import timezone


class BackOrder(models.Model):
    """A person accepted that this order waits until its goods come, and the customer was told.

    The order is not flagged for them any more. The row stays when they have come.
    """

    order = models.OneToOneField("orders.Order", on_delete=models.CASCADE, related_name="back_order")
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT)
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"back-order {self.pk}"
