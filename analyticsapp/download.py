"""Send a file while it is being made, and write down what was sent."""

import hashlib
from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse

from accounts.models import User
from accounts.roles import SignedInRequest
from analyticsapp import csv_file
from analyticsapp.exports import CONTRACT_VERSION
from analyticsapp.reading import one_view
from audit import log

COMPLETE, CLIENT_LEFT, FAILED = "complete", "client_left", "failed"


@dataclass(frozen=True)
class Download:
    """A file to send: its name, its head, and the lines below it. `says` goes into the audit log."""

    name: str
    head: bytes
    lines: Generator[bytes, None, None]
    says: dict[str, Any]


@dataclass
class Sent:
    """What has gone out so far."""

    rows: int = 0
    size: int = 0
    digest: Any = field(default_factory=hashlib.sha256)

    def add(self, chunk: bytes, rows: int) -> bytes:
        self.rows += rows
        self.size += len(chunk)
        self.digest.update(chunk)
        return chunk


def respond(request: SignedInRequest, download: Download) -> HttpResponseBase:
    """The file as an attachment; to HEAD only what it would be, and nothing is made or written down."""
    headers = {
        "Content-Type": "text/csv; charset=utf-8",
        "Content-Disposition": f'attachment; filename="{download.name}"',
        "Cache-Control": "no-store",
        "X-Accel-Buffering": "no",  # a proxy in front should pass it on as it comes
        "X-Contract-Version": str(CONTRACT_VERSION),
        "X-Time-Zone": settings.TIME_ZONE,
    }
    if request.method == "HEAD":
        return HttpResponse(headers=headers)
    return StreamingHttpResponse(_sending(download, request.user, log.address.get()), headers=headers)


def _sending(download: Download, actor: User, address: str | None) -> Iterator[bytes]:
    """The bytes. When they are out, or the client has gone, the audit row is written."""
    sent, outcome = Sent(), FAILED
    try:
        yield sent.add(download.head, 0)
        # Lines are closed before the transaction they are read in, should the client leave.
        with one_view(), closing(download.lines) as lines:
            for chunk, rows in csv_file.in_chunks(lines):
                yield sent.add(chunk, rows)
        outcome = COMPLETE
    except GeneratorExit:
        outcome = CLIENT_LEFT
        raise
    finally:
        _write_down(download, sent, outcome, actor, address)


def _write_down(download: Download, sent: Sent, outcome: str, actor: User, address: str | None) -> None:
    token = log.address.set(address)  # the request's own is gone by now
    try:
        log.record(
            "analytics_export",
            actor=actor,
            **download.says,
            file=download.name,
            contract_version=CONTRACT_VERSION,
            time_zone=settings.TIME_ZONE,
            rows=sent.rows,
            bytes=sent.size,
            sha256=sent.digest.hexdigest(),
            outcome=outcome,
        )
    finally:
        log.address.reset(token)
