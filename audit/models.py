"""Who did what, to which object, from where. The table only grows."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone


class AuditLog(models.Model):
    """One thing that was done. `actor` is empty when Stripe or a command did it."""

    at = models.DateTimeField(default=timezone.now)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True)
    event_type = models.CharField(max_length=64)
    target_type = models.CharField(max_length=32, blank=True)
    target_id = models.CharField(max_length=64, blank=True)
    address = models.GenericIPAddressField(null=True, blank=True)
    data = models.JSONField(default=dict, blank=True)

    class Meta:
        indexes = [
            # the timeline of one object
            models.Index(fields=["target_type", "target_id", "id"], name="audit_by_target"),
            # the newest of one kind
            models.Index(fields=["event_type", "-id"], name="audit_by_type"),
            # what people did since a moment, by person and kind
            models.Index(
                fields=["at", "actor", "event_type"],
                name="audit_by_people",
                condition=Q(actor__isnull=False),
            ),
            # what was done from one address, newest first
            models.Index(
                fields=["address", "-id"], name="audit_by_address", condition=Q(address__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"audit {self.pk} {self.event_type}"


class AuditSeal(models.Model):
    """One link of the chain that seals the log: `digest` covers its row and the digest before it.

    Positions run from 1 without a gap. The row is named, not referenced, so that a seal outlives a
    row that somebody removed.
    """

    position = models.BigIntegerField(primary_key=True)
    entry_id = models.BigIntegerField(unique=True)
    digest = models.CharField(max_length=64)
    sealed_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"seal {self.position}"
