"""Sign and post events as Stripe does (docs.stripe.com/webhooks#verify-manually)."""

import hmac
import json
import time

from payments.stories.versions import Json


def body(event: Json) -> bytes:
    """The bytes Stripe would post: indented JSON."""
    return json.dumps(event, indent=2).encode()


def sign(payload: bytes, secret: str, *, at: int | None = None) -> str:
    """The `Stripe-Signature` header for `payload`, signed at Unix second `at`, now by default."""
    seconds = int(time.time()) if at is None else at
    signed = b"%d.%b" % (seconds, payload)
    return f"t={seconds},v1={hmac.digest(secret.encode(), signed, 'sha256').hex()}"
