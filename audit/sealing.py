"""Seal the audit log, and find what was changed or removed since, also by someone with the database.

Each sealed row gets a link in a chain: HMAC-SHA-256, under a key that is not in the database, of the
digest before it and the row's own content. Who can write to the database but does not know the key
can't make a link that fits. Taking away the newest rows together with their links leaves a chain
that fits: that shows only against a head written down elsewhere, such as in the log file of `tick`
(`audit_verify --head`).
"""

import hmac
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef

from audit.models import AuditLog, AuditSeal

CHUNK = 2000
START = "0" * 64  # what stands before the first link


class NoKey(Exception):
    """`AUDIT_SEAL_KEY` is not set: nothing can be sealed or verified."""


class Busy(Exception):
    """Another process seals at this moment."""


@dataclass(frozen=True)
class Head:
    """The newest link: as long as it is in the chain, nothing before it was taken away."""

    position: int
    digest: str

    def __str__(self) -> str:
        return f"{self.position}:{self.digest}"

    @classmethod
    def read(cls, text: str) -> "Head":
        """The inverse of `str`. Raises ValueError."""
        position, _, digest = text.strip().partition(":")
        if len(digest) != len(START):
            raise ValueError(f"{text!r} is no head: copy it as audit_seal printed it, 12:3fa9…")
        return cls(int(position), digest)


@dataclass(frozen=True)
class Broken:
    """A place where log and chain do not agree: `entry_id` is the row, 0 where a link is missing."""

    position: int
    entry_id: int
    problem: str


def seal(now: datetime) -> int:
    """Seal the rows that have no seal yet, in the order of their ids; returns how many.

    A row that was committed late is sealed the next time. Raises NoKey, Busy.
    """
    key, sealed = _key(), 0
    waiting = AuditLog.objects.filter(~Exists(AuditSeal.objects.filter(entry_id=OuterRef("pk"))))
    try:
        with transaction.atomic():
            last = head()
            for entries in _chunks(waiting.order_by("pk")):
                links = _links(entries, last, key, now)
                AuditSeal.objects.bulk_create(links)
                last, sealed = Head(links[-1].position, links[-1].digest), sealed + len(links)
    except IntegrityError as error:
        raise Busy("Another process seals the audit log at this moment.") from error
    return sealed


def head() -> Head:
    """The newest link; position 0 while nothing is sealed."""
    newest = AuditSeal.objects.order_by("-position").first()
    return Head(newest.position, newest.digest) if newest else Head(0, START)


def verify(first: int = 1, last: int | None = None) -> Iterator[Broken]:
    """Compare the links `first` to `last` (by default all) with their rows; yields what does not fit.

    Each row is judged by itself, so one that was changed does not spoil those after it. Raises NoKey.
    """
    key = _key()
    before = AuditSeal.objects.filter(position=first - 1).values_list("digest", flat=True).first()
    expected, digest = first, before or START
    links = AuditSeal.objects.filter(position__gte=first).order_by("position")
    for chunk in _chunks(links.filter(position__lte=last) if last else links):
        entries = AuditLog.objects.in_bulk([link.entry_id for link in chunk])
        for link in chunk:
            if link.position != expected:
                yield Broken(expected, 0, f"links {expected} to {link.position - 1} are missing")
            problem = _problem(link, entries.get(link.entry_id), digest, key)
            if problem and link.position == expected:
                yield Broken(link.position, link.entry_id, problem)
            expected, digest = link.position + 1, link.digest


def holds(known: Head) -> bool:
    """Whether a head that was written down is still in the chain."""
    if known.position == 0:
        return known.digest == START
    return AuditSeal.objects.filter(position=known.position, digest=known.digest).exists()


def _problem(link: AuditSeal, entry: AuditLog | None, before: str, key: bytes) -> str:
    if entry is None:
        return f"row {link.entry_id} was removed"
    if not hmac.compare_digest(link.digest, _digest(entry, before, key)):
        return f"row {link.entry_id} was changed, or its link was"
    return ""


def _links(entries: Sequence[AuditLog], last: Head, key: bytes, now: datetime) -> list[AuditSeal]:
    links, digest = [], last.digest
    for position, entry in enumerate(entries, last.position + 1):
        digest = _digest(entry, digest, key)
        links.append(AuditSeal(position=position, entry_id=entry.pk, digest=digest, sealed_at=now))
    return links


def _digest(entry: AuditLog, before: str, key: bytes) -> str:
    content: list[Any] = [
        entry.pk,
        entry.at.astimezone(UTC).isoformat(timespec="microseconds"),
        entry.actor_id,
        entry.event_type,
        entry.target_type,
        entry.target_id,
        entry.address,
        entry.data,
    ]
    text = before + json.dumps(content, sort_keys=True, separators=(",", ":"))
    return hmac.digest(key, text.encode(), "sha256").hex()


def _chunks(rows: Any) -> Iterator[list[Any]]:
    chunk = []
    for row in rows.iterator(chunk_size=CHUNK):
        chunk.append(row)
        if len(chunk) == CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def _key() -> bytes:
    if not settings.AUDIT_SEAL_KEY:
        raise NoKey("AUDIT_SEAL_KEY is not set: without it the audit log can't be sealed or verified.")
    return str(settings.AUDIT_SEAL_KEY).encode()
