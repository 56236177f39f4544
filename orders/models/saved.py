"""Filters of the list of orders that people come back to."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone


class SavedViewQuerySet(models.QuerySet["SavedView"]):
    def seen_by(self, user_id: int) -> "SavedViewQuerySet":
        """One's own, and those that are shared."""
        return self.filter(Q(user=user_id) | Q(is_shared=True))


class SavedView(models.Model):
    """A named filter. `query` is what stands in the address, without the question mark and the page."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=40)
    query = models.CharField(max_length=2000, blank=True)
    is_shared = models.BooleanField(default=False)  # with all staff
    created_at = models.DateTimeField(default=timezone.now)

    objects: ClassVar = SavedViewQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "name"], name="saved_view_name_once"),
        ]
        indexes = [
            # the tabs above everybody's list
            models.Index(fields=["name"], name="saved_view_shared", condition=Q(is_shared=True)),
        ]

    def __str__(self) -> str:
        return f"view {self.pk}"
