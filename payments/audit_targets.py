"""How the audit log names an event."""

from collections.abc import Sequence

from django.urls import reverse

from audit import targets
from audit.targets import Target
from payments.models import StripeEvent


@targets.describer("stripeevent")
def events(keys: Sequence[str]) -> dict[str, Target]:
    """By primary key, as the log keeps it."""
    pks = [int(key) for key in keys if key.isascii() and key.isdigit() and len(key) < 19]
    return {
        str(pk): Target(kind, reverse("payments:event-detail", args=[event_id]))
        for pk, event_id, kind in StripeEvent.objects.filter(pk__in=pks).values_list("pk", "event_id", "type")
    }
