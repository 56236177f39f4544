"""The audit log as CSV, streamed; that it was taken is written into the log itself."""

import hashlib
import json
from collections.abc import Iterator

from django.db.models import QuerySet

from accounts.models import User
from audit import log
from audit.models import AuditLog
from audit.targets import targets_of
from purelaka.csv_text import line, text_cell

COLUMNS = ("at_utc", "email", "deed", "object_type", "object_key", "object", "address", "details_json")
CHUNK = 1000


def lines(rows: QuerySet[AuditLog, AuditLog], *, actor: User, query: str) -> Iterator[bytes]:
    """The header and a line for each row, the newest first. `query` is the filter, for the log.

    However it ends, the log says who took it, with how many rows and the SHA-256 of what was sent.
    """
    return _told(_lines(rows), actor=actor, query=query, address=log.address.get())


def _told(written: Iterator[bytes], *, actor: User, query: str, address: str | None) -> Iterator[bytes]:
    digest, sent, is_whole = hashlib.sha256(), 0, False
    try:
        for number, text in enumerate(written):
            digest.update(text)
            sent = number
            yield text
        is_whole = True
    finally:
        token = log.address.set(address)  # the request is over by now
        log.record(
            "audit.exported",
            actor=actor,
            query=query,
            rows=sent,
            sha256=digest.hexdigest(),
            is_complete=is_whole,
        )
        log.address.reset(token)


def _lines(rows: QuerySet[AuditLog, AuditLog]) -> Iterator[bytes]:
    yield line(COLUMNS)
    last = None
    while chunk := list((rows.filter(pk__lt=last) if last else rows).order_by("-pk")[:CHUNK]):
        targets = targets_of(chunk)
        for deed in chunk:
            target = targets.get((deed.target_type, deed.target_id))
            yield line(
                (
                    deed.at.isoformat(),
                    text_cell(deed.actor.email if deed.actor else ""),
                    text_cell(deed.event_type),
                    deed.target_type,
                    text_cell(deed.target_id),
                    text_cell(target.label if target else ""),
                    deed.address or "",
                    json.dumps(deed.data, sort_keys=True),
                )
            )
        last = chunk[-1].pk
