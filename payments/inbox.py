"""Take an event in: stored once, applied once, in one transaction.

Afterwards the row is `processed`, `ignored` with a reason, or `failed` with its error; never lost,
never half-applied. A crash before the commit leaves nothing, and Stripe sends the event again.
"""

import logging
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from payments import envelope, handlers
from payments.envelope import Envelope
from payments.models import EventSource, EventStatus, StripeEvent
from payments.projection import Cause
from payments.shapes import OddPayload
from purelaka import sql

logger = logging.getLogger(__name__)

WRONG_MODE = "Test and live events are kept apart: livemode={} is not this installation's."
NO_USE = "No use for events of this type."
THIN = "A thin event: point this destination of Stripe's at snapshot events instead."
ODD = "Odd payload: "


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of an event. `is_new` is False when it had been taken in before."""

    event_id: str
    status: str
    reason: str = ""
    is_new: bool = True


def receive(
    text: str,
    *,
    source: EventSource = EventSource.WEBHOOK,
    received_at: datetime | None = None,
    tells: bool = True,
) -> Receipt:
    """Store the event in `text` (its JSON, unchanged) and apply it.

    With `tells`, the customer gets a mail about what is news in it. Raises BadEnvelope when it can't
    be stored. An error of a handler is no error here: the row is kept as failed. An event that
    failed before is applied again.
    """
    event = envelope.read(text)
    at = received_at or timezone.now()
    refusal = refusal_of(event)
    with transaction.atomic():
        pk = _insert(event, text, source, at, refusal)
        if pk is None:
            return _known(event, tells)
        if refusal:
            return Receipt(event.event_id, EventStatus.IGNORED, refusal)
        status, reason = _apply(event, Cause(at=at, event_pk=pk, tells=tells))
        if status != EventStatus.PROCESSED:
            StripeEvent.objects.filter(pk=pk).update(status=status, reason=reason)
    return Receipt(event.event_id, status, reason)


def apply_again(row: StripeEvent, *, tells: bool = True) -> Receipt:
    """Apply a stored event once more, whatever its status; safe, since applying is idempotent.

    What it posts is dated to the event's first arrival. `tells` as in `receive`. Writes status, reason
    and attempts.
    """
    event = envelope.read(row.payload)
    with transaction.atomic():
        locked = StripeEvent.objects.select_for_update().get(pk=row.pk)
        status, reason, now = EventStatus.IGNORED, refusal_of(event), timezone.now()
        if not reason:
            # Counts as processed while it is applied: the history of its object is read from here.
            StripeEvent.objects.filter(pk=row.pk).update(status=EventStatus.PROCESSED)
            had_failed = locked.status == EventStatus.FAILED
            cause = Cause(locked.received_at, row.pk, tells, applied_at=now if had_failed else None)
            status, reason = _apply(event, cause)
        StripeEvent.objects.filter(pk=row.pk).update(
            status=status, reason=reason, attempts=locked.attempts + 1, applied_at=now
        )
    return Receipt(row.event_id, status, reason, is_new=False)


def _known(event: Envelope, tells: bool) -> Receipt:
    """The event was here before. Waits for whoever is at it, and retries it if it had failed."""
    row = StripeEvent.objects.select_for_update().get(event_id=event.event_id)
    if row.status == EventStatus.FAILED:
        return apply_again(row, tells=tells)
    return Receipt(row.event_id, row.status, row.reason, is_new=False)


def refusal_of(event: Envelope) -> str:
    """Why this event will have no effect, known without looking at its object; or nothing."""
    if event.is_thin:
        return THIN
    if event.livemode != settings.STRIPE_LIVEMODE:
        return WRONG_MODE.format(event.livemode)
    return "" if handlers.handler_for(event) else NO_USE


def _apply(event: Envelope, cause: Cause) -> tuple[EventStatus, str]:
    handler = handlers.handler_for(event)
    assert handler is not None  # refusal_of has looked
    try:
        with transaction.atomic():
            reason = handler(event, cause)
    except OddPayload as odd:
        return EventStatus.IGNORED, f"{ODD}{odd}"
    except Exception as error:  # any bug: the evidence stays, Stripe tries again
        logger.exception("%s %s failed", event.type, event.event_id)
        return EventStatus.FAILED, envelope.storable(f"{type(error).__name__}: {error}"[:2000])
    return (EventStatus.IGNORED if reason else EventStatus.PROCESSED), reason


def columns(event: Envelope, text: str, source: str, at: datetime, refusal: str = "") -> dict[str, Any]:
    """The row of an event that came at `at`: processed, or ignored when there is a refusal."""
    return {
        "event_id": event.event_id,
        "type": event.type,
        "api_version": event.api_version,
        "created": event.created,
        "livemode": event.livemode,
        "source": source,
        "object_type": event.object_type,
        "object_id": event.object_id,
        "payload": text,
        "status": EventStatus.IGNORED if refusal else EventStatus.PROCESSED,
        "reason": refusal,
        "attempts": 1,
        "received_at": at,
        "applied_at": at,
    }


def _insert(event: Envelope, text: str, source: str, at: datetime, refusal: str) -> int | None:
    """Store the event and return its pk; None when it is here already."""
    row = columns(event, text, source, at, refusal)
    stored = sql.insert(StripeEvent, [row], then="ON CONFLICT (event_id) DO NOTHING", returning=["id"])
    return int(stored[0][0]) if stored else None
