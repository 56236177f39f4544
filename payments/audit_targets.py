"""How the audit log names an event and a dispute."""

from collections.abc import Sequence

from django.urls import reverse

from audit import targets
from audit.targets import Target
from payments.matching import ORDER_FACTS
from payments.models import Dispute, StripeEvent


@targets.describer("stripeevent")
def events(keys: Sequence[str]) -> dict[str, Target]:
    """By primary key, as the log keeps it."""
    pks = [int(key) for key in keys if key.isascii() and key.isdigit() and len(key) < 19]
    return {
        str(pk): Target(kind, reverse("payments:event-detail", args=[event_id]))
        for pk, event_id, kind in StripeEvent.objects.filter(pk__in=pks).values_list("pk", "event_id", "type")
    }


@targets.describer("eventreplay")
def replays(keys: Sequence[str]) -> dict[str, Target]:
    """By the key of the form."""
    return {key: Target("replay", reverse("payments:event-replay-detail", args=[key])) for key in keys}


@targets.describer("dispute")
def disputes(keys: Sequence[str]) -> dict[str, Target]:
    """By primary key, as the log keeps it."""
    pks = [int(key) for key in keys if key.isascii() and key.isdigit() and len(key) < 19]
    return {
        str(pk): Target(dispute_id, reverse("payments:dispute-detail", args=[dispute_id]))
        for pk, dispute_id in Dispute.objects.filter(pk__in=pks).values_list("pk", "dispute_id")
    }


@targets.finder
def objects_of(text: str) -> list[tuple[str, str]]:
    """By an id of Stripe's: the event, the dispute, and the order that any of its objects belongs to."""
    if "_" not in text:
        return []
    facts = [model.objects.filter(**{model.key: text}, order__isnull=False) for model in ORDER_FACTS]
    return targets.among(
        [
            ("stripeevent", "pk", StripeEvent.objects.filter(event_id=text)),
            ("dispute", "pk", Dispute.objects.filter(dispute_id=text)),
            *(("order", "order_id", rows) for rows in facts),
        ]
    )
