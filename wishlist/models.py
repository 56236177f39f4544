"""What people want: the first step of the funnel wish → basket → purchase."""

from django.conf import settings
from django.db import models
from django.utils import timezone


class WishlistItem(models.Model):
    """One person's wish for one variant. A removed wish keeps its row and the moment it went."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="wishes")
    variant = models.ForeignKey("catalog.Variant", on_delete=models.PROTECT, related_name="wishes")
    # The price then, in minor units of the variant's currency; unknown of the oldest wishes.
    unit_amount = models.PositiveBigIntegerField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    # When it was known whose it is: a guest's when they signed in; unknown of the oldest wishes.
    known_at = models.DateTimeField(null=True, blank=True)
    removed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "variant"], condition=models.Q(removed_at=None), name="wish_active_once"
            ),
        ]
        indexes = [
            # wishes made in a window
            models.Index(fields=["created_at"], name="wish_created"),
        ]

    def __str__(self) -> str:
        return f"wish {self.pk}"
