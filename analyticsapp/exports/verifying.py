"""Compare a file with its manifest: is it, byte for byte, what was exported?"""

import csv
import hashlib
import json
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import InvalidOperation
from pathlib import Path
from typing import IO, Any

from analyticsapp.exports.packing import AT_ONCE, MANIFEST, Counter
from audit.models import AuditLog


class Unreadable(Exception):
    """A file or a manifest that is none; the message says what is wrong with it."""


def verify(file: Path, manifest: Path | None) -> list[str]:
    """What does not agree, each in a sentence; empty when all does.

    Without a manifest `file` is the ZIP that has both. Raises Unreadable.
    """
    try:
        with _opened(file, manifest) as (content, text):
            told = json.loads(text)
            found = _count(content, told)
    except (OSError, zipfile.BadZipFile, KeyError, ValueError) as problem:
        raise Unreadable(f"{type(problem).__name__}: {problem}") from problem
    names = {"bytes": "size in bytes", "sha256": "SHA-256", "rows": "number of rows", "sums": "sums of money"}
    return [
        f"The {words} should be {told[name]}, and is {found[name]}."
        for name, words in names.items()
        if told[name] != found[name]
    ]


def known_to_the_audit_log(file: Path, manifest: Path | None) -> AuditLog | None:
    """The entry of the audit log about the export that this manifest is of, if there is one."""
    with _opened(file, manifest) as (_, text):
        digest = hashlib.sha256(text).hexdigest()
    return AuditLog.objects.filter(event_type="analytics_export", data__manifest_sha256=digest).first()


@contextmanager
def _opened(file: Path, manifest: Path | None) -> Iterator[tuple[IO[bytes], bytes]]:
    """The file's content and the bytes of its manifest."""
    if manifest:
        with file.open("rb") as content:
            yield content, manifest.read_bytes()
        return
    with zipfile.ZipFile(file) as archive:
        text = archive.read(MANIFEST)
        with archive.open(json.loads(text)["file"]) as content:
            yield content, text


def _count(content: IO[bytes], told: dict[str, Any]) -> dict[str, Any]:
    money = sorted({name for sums in told["sums"].values() for name in sums})
    counter = Counter(money)
    try:
        for record in _records(content):
            counter.add(record)
    except (csv.Error, InvalidOperation, ValueError, KeyError):
        return {**_raw(content), "rows": "not to be counted", "sums": "not to be counted"}
    return counter.tally()


def _records(content: IO[bytes]) -> Iterator[bytes]:
    """Whole records: a line break within quotes ends none."""
    record = b""
    for line in content:
        record += line
        if record.count(b'"') % 2 == 0:
            yield record
            record = b""
    if record:
        yield record


def _raw(content: IO[bytes]) -> dict[str, Any]:
    content.seek(0)
    digest, size = hashlib.sha256(), 0
    while chunk := content.read(AT_ONCE):
        digest.update(chunk)
        size += len(chunk)
    return {"bytes": size, "sha256": digest.hexdigest()}
