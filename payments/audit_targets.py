"""How the audit log names an event and a dispute."""

from collections.abc import Sequence

from django.urls import reverse

from audit import targets
from audit.targets import Target
from payments.models import Dispute, StripeEvent
from payments.ownership import order_pks


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
    events = StripeEvent.objects.filter(event_id=text).values_list("pk", flat=True)
    disputes = Dispute.objects.filter(dispute_id=text).values_list("pk", flat=True)
    orders = order_pks([text]).values() if "_" in text else ()
    return [
        *(("stripeevent", str(pk)) for pk in events),
        *(("dispute", str(pk)) for pk in disputes),
        *(("order", str(pk)) for pk in orders),
    ]
