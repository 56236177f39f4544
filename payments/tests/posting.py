"""Post to the webhook as Stripe does."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from django.test import Client, override_settings

from payments.stories import delivery
from payments.stories.versions import Json

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Response

SECRET = "whsec_test"
ADDRESS = "/payments/webhook/"


def with_webhook_secret() -> override_settings:
    """Decorates a test whose webhook expects events signed with `SECRET`."""
    return override_settings(STRIPE_WEBHOOK_SECRETS=[SECRET])


def deliver(client: Client, event: Json, *, secret: str = SECRET, at: int | None = None) -> "Response":
    """Post a signed event; `at` is the Unix second in the signature, now by default."""
    return deliver_bytes(client, delivery.body(event), secret=secret, at=at)


def deliver_bytes(
    client: Client, payload: bytes, *, secret: str = SECRET, at: int | None = None
) -> "Response":
    """Post any signed bytes."""
    return client.post(
        ADDRESS,
        payload,
        content_type="application/json",
        headers={"Stripe-Signature": delivery.sign(payload, secret, at=at)},
    )


@contextmanager
def quiet(name: str) -> Iterator[None]:
    """Silence a logger that would only repeat what is being tested."""
    logger = logging.getLogger(name)
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(level)
