"""Who was asked to work here."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.models import STAFF_ROLES, Role

VALID_FOR = timedelta(days=7)
STAFF_CHOICES = [(role.value, role.label) for role in STAFF_ROLES]


def in_a_week() -> datetime:
    return timezone.now() + VALID_FOR


class Invitation(models.Model):
    """One invitation to one address. Only the hash of its link's token is kept; sending it again makes
    another token. It ends by being accepted, taken back or running out."""

    email = models.EmailField()
    role = models.CharField(max_length=16, choices=STAFF_CHOICES)
    token_hash = models.CharField(max_length=64, unique=True)
    invited_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(default=in_a_week)
    mail_error = models.CharField(max_length=300, blank=True)
    accepted_at = models.DateTimeField(null=True, blank=True)
    accepted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    revoked_at = models.DateTimeField(null=True, blank=True)

    OPEN = Q(accepted_at=None, revoked_at=None)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(role__in=[role.value for role in STAFF_ROLES]), name="invitation_role_of_staff"
            ),
            models.CheckConstraint(
                condition=Q(accepted_at=None) | Q(revoked_at=None), name="invitation_ends_once"
            ),
            models.CheckConstraint(
                condition=Q(accepted_at=None, accepted_by=None)
                | Q(accepted_at__isnull=False, accepted_by__isnull=False),
                name="invitation_accepted_by_somebody",
            ),
            models.UniqueConstraint(
                fields=["email"],
                condition=Q(accepted_at=None, revoked_at=None),
                name="invitation_open_once_per_email",
            ),
        ]

    def __str__(self) -> str:
        return f"invitation {self.pk}"

    @property
    def is_expired(self) -> bool:
        """Nobody accepted it in time; it can be sent again."""
        return self.expires_at <= timezone.now()

    @property
    def role_name(self) -> str:
        return Role(self.role).label
