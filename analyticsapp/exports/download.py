"""Send a file, and write down what was sent."""

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils import timezone

from accounts.models import User
from accounts.privacy import is_hidden
from accounts.roles import SignedInRequest
from analyticsapp.exports.csv_file import has_people
from analyticsapp.exports.files import CONTRACT_VERSION
from analyticsapp.exports.packing import CSV, Download, Form, Sent
from audit import log

COMPLETE, CLIENT_LEFT, FAILED = "complete", "client_left", "failed"


def respond(request: SignedInRequest, download: Download, form: Form = CSV) -> HttpResponseBase:
    """The file as an attachment; to HEAD only what it would be, and nothing is made or written down."""
    headers = {
        "Content-Type": form.content_type,
        "Content-Disposition": f'attachment; filename="{download.name}.{form.ending}"',
        "Cache-Control": "no-store",
        "X-Accel-Buffering": "no",  # a proxy in front should pass it on as it comes
        "X-Contract-Version": str(CONTRACT_VERSION),
        "X-Time-Zone": settings.TIME_ZONE,
    }
    if request.method == "HEAD":
        return HttpResponse(headers=headers)
    download.says.update(
        contract_version=CONTRACT_VERSION,
        time_zone=settings.TIME_ZONE,
        made_by=request.user.email,
        made_at=timezone.now().isoformat(timespec="seconds"),
        personal_data=has_people(download.columns) and not is_hidden(),
    )
    return StreamingHttpResponse(_sending(download, form, request.user, log.address.get()), headers=headers)


def _sending(download: Download, form: Form, actor: User, address: str | None) -> Iterator[bytes]:
    """The bytes. When they are out, or the client has gone, the audit row is written."""
    sent, outcome = Sent(), FAILED
    try:
        yield from form.body(download, sent)
        outcome = COMPLETE
    except GeneratorExit:
        outcome = CLIENT_LEFT
        raise
    finally:
        said = {
            **download.says,
            "file": f"{download.name}.{form.ending}",
            "rows": sent.rows,
            "bytes": sent.size,
            "sha256": sent.digest.hexdigest(),
            **sent.says,
            "outcome": outcome,
        }
        _write_down(said, actor, address)


def _write_down(said: dict[str, Any], actor: User, address: str | None) -> None:
    token = log.address.set(address)  # the request's own is gone by now
    try:
        log.record("analytics_export", actor=actor, **said)
    finally:
        log.address.reset(token)
