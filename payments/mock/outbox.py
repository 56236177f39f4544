"""Events of the pretended Stripe on their way to the webhook, posted again until it takes them."""

import json
import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cache
from io import BytesIO

from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler, WSGIRequest
from django.db.models import Min
from django.http import HttpResponseBase
from django.urls import reverse

from payments.models import MockEvent, MockIntent
from payments.stories import delivery
from payments.stories.journal import moment
from payments.stories.versions import Json

logger = logging.getLogger(__name__)

# The customer is back in the shop before the confirmation comes, as with Stripe.
DELAY = timedelta(seconds=1)
# After a failed attempt; the last one again and again.
PAUSES = [timedelta(seconds=seconds) for seconds in (10, 60, 300, 1800, 3600)]


def put(intent: MockIntent, told: Sequence[Json], now: datetime) -> None:
    """Keep those events of this payment that are new. None is posted before its own moment."""
    known = MockEvent.objects.filter(intent=intent).count()
    MockEvent.objects.bulk_create(
        MockEvent(
            intent=intent,
            event_id=event["id"],
            body=json.dumps(event, indent=2),
            due_at=max(now + DELAY, moment(event["created"])),
        )
        for event in told[known:]
    )


def deliver(now: datetime) -> int:
    """Post what is due, in the order in which it happened; returns how many events were taken.

    Whoever posts an event first moves its next attempt away: if the process dies meanwhile, it is
    posted again then.
    """
    due = MockEvent.objects.filter(delivered_at=None, due_at__lte=now).order_by("due_at", "pk")
    return sum(_attempt(event, now) for event in due if _claim(event, now))


def next_due() -> datetime | None:
    """When the next event is to be posted."""
    due: datetime | None = MockEvent.objects.filter(delivered_at=None).aggregate(Min("due_at"))["due_at__min"]
    return due


def _claim(event: MockEvent, now: datetime) -> bool:
    again_at = now + PAUSES[min(event.attempts, len(PAUSES) - 1)]
    mine = MockEvent.objects.filter(pk=event.pk, attempts=event.attempts, delivered_at=None)
    return bool(mine.update(attempts=event.attempts + 1, due_at=again_at))


def _attempt(event: MockEvent, now: datetime) -> bool:
    response = post(event.body.encode())
    taken = 200 <= response.status_code < 300
    said = bytes(getattr(response, "content", b"")).decode(errors="replace").strip()
    MockEvent.objects.filter(pk=event.pk).update(
        answer=f"{response.status_code} {said}"[:200], delivered_at=now if taken else None
    )
    if not taken:
        logger.warning("mock event %s: %s %s", event.event_id, response.status_code, said)
    return taken


def post(body: bytes) -> HttpResponseBase:
    """Post `body`, signed, to our own webhook: through the same middleware and view as from outside."""
    secrets = settings.STRIPE_WEBHOOK_SECRETS
    signature = delivery.sign(body, secrets[0]) if secrets else ""
    host = settings.ALLOWED_HOSTS[0] if settings.ALLOWED_HOSTS else "localhost"
    request = WSGIRequest(
        {
            "REQUEST_METHOD": "POST",
            "SCRIPT_NAME": "",
            "PATH_INFO": reverse("payments:webhook"),
            "QUERY_STRING": "",
            "SERVER_NAME": host.replace("*", "localhost").lstrip("."),
            "SERVER_PORT": "443",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": "127.0.0.1",
            "CONTENT_TYPE": "application/json",
            "CONTENT_LENGTH": str(len(body)),
            "HTTP_STRIPE_SIGNATURE": signature,
            "wsgi.url_scheme": "https",
            "wsgi.input": BytesIO(body),
        }
    )
    return _handler().get_response(request)


@cache
def _handler() -> WSGIHandler:
    return WSGIHandler()
