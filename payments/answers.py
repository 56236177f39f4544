"""Answers of Stripe's API enter through the inbox too, in an event's form.

So everything we know of Stripe's objects can be replayed from one place.
"""

import hashlib
import json
from datetime import datetime
from typing import Any

from django.conf import settings

from payments import inbox
from payments.models import EventSource


def take_in(kind: str, answer: dict[str, Any], *, at: datetime) -> inbox.Receipt:
    """Store and apply what the API said at `at` about one object, or a list of them.

    `kind` is the event type, such as `refund.answered`. The same answer twice is one event.
    """
    content = json.dumps(answer, sort_keys=True)
    digest = hashlib.sha256(f"{kind}:{content}".encode()).hexdigest()[:32]
    event = {
        "id": f"api_{digest}",
        "object": "event",
        "type": kind,
        "created": int(at.timestamp()),
        "livemode": settings.STRIPE_LIVEMODE,  # refunds do not say; our key decides it
        "api_version": None,
        "data": {"object": answer},
    }
    return inbox.receive(json.dumps(event), source=EventSource.API)
