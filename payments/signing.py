"""Which signing secret proved Stripe's events, and when. The secret itself is never written down."""

import hashlib
import logging
from collections import Counter
from datetime import datetime, timedelta
from threading import Lock
from typing import NamedTuple

from django.conf import settings
from django.db import DatabaseError, transaction

from payments.models.inbox import SigningSecret
from purelaka import sql

logger = logging.getLogger(__name__)

WRITE_EVERY = timedelta(minutes=1)
UNUSED_AFTER = timedelta(days=7)
ADD_UP = (
    "ON CONFLICT (fingerprint) DO UPDATE SET last_used_at = excluded.last_used_at, "
    "used_count = payments_signingsecret.used_count + excluded.used_count"
)


def fingerprint(secret: str) -> str:
    """`whsec_…9f3c21ab`: the beginning of the secret's SHA-256."""
    return f"whsec_…{hashlib.sha256(secret.encode()).hexdigest()[:8]}"


class Uses:
    """Uses of secrets, kept in this process and written down at most once a minute for each secret."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._waiting: Counter[str] = Counter()
        self._written: dict[str, datetime] = {}

    def note(self, secret: str, now: datetime) -> None:
        """The secret proved an event. Never fails: the event is in, whatever becomes of this."""
        number = self._to_write(secret, now)
        if not number:
            return
        row = {"fingerprint": fingerprint(secret), "first_used_at": now, "last_used_at": now}
        try:
            with transaction.atomic():
                sql.insert(SigningSecret, [{**row, "used_count": number}], then=ADD_UP)
        except DatabaseError:
            logger.exception("the use of a signing secret was not written down")

    def forget(self) -> None:
        """As after a restart."""
        with self._lock:
            self._waiting.clear()
            self._written.clear()

    def _to_write(self, secret: str, now: datetime) -> int:
        with self._lock:
            self._waiting[secret] += 1
            last = self._written.get(secret)
            if last and now - last < WRITE_EVERY:
                return 0
            self._written[secret] = now
            return self._waiting.pop(secret)


uses = Uses()


class SecretUse(NamedTuple):
    """A secret as the page shows it. `place` counts from 1; 0 when it is not in the settings any more."""

    fingerprint: str
    place: int
    use: SigningSecret | None
    advice: str
    tone: str


def secrets_in_use(now: datetime) -> list[SecretUse]:
    """The settings' secrets in their order, then others used within 30 days. One query."""
    known = {row.fingerprint: row for row in SigningSecret.objects.order_by("-last_used_at")[:100]}
    places = {
        fingerprint(secret): place for place, secret in enumerate(settings.STRIPE_WEBHOOK_SECRETS, start=1)
    }
    newest = max((known[each].last_used_at for each in places if each in known), default=None)
    listed = [
        SecretUse(each, place, known.get(each), *_advice(known.get(each), newest, now))
        for each, place in places.items()
    ]
    gone = [
        row
        for row in known.values()
        if row.fingerprint not in places and row.last_used_at > now - timedelta(days=30)
    ]
    return listed + [SecretUse(row.fingerprint, 0, row, "No longer in the settings", "") for row in gone]


def _advice(use: SigningSecret | None, newest: datetime | None, now: datetime) -> tuple[str, str]:
    """What to do about a secret, and the tone. Only another one in use makes a quiet one superfluous."""
    if use is None:
        return "Not used yet", "warning"
    if use.last_used_at > now - UNUSED_AFTER:
        return "In use", "good"
    if newest and newest > now - UNUSED_AFTER:
        return "Unused for 7 days: safe to remove after rotation", "warning"
    return "Nothing came for 7 days, with this secret or another", "bad"
