"""The audit log against its seal."""

from collections.abc import Iterator
from datetime import datetime

from django.conf import settings

from audit import sealing
from audit.models import AuditSeal
from monitoring.check import Finding, check

SLICE = 50_000  # links looked at in one run: the newest, and one older slice after the other
RUNS_APART = 300  # seconds


@check(
    ("Audit log", "Its seal"),
    "No row of the audit log was changed or removed",
    compares=AuditSeal.objects.all,
)
def audit_sealed(now: datetime) -> Iterator[Finding]:
    """Each sealed row against its link in the chain that `audit_seal` makes.

    Somebody changed or removed a row past the application, with direct access to the database: the
    triggers of the table do not allow it otherwise. Find out who had that access, and compare with
    a backup. A log of more than 50,000 rows is verified in slices, run by run, the newest rows each
    time; `manage.py audit_verify` verifies all at once. Nothing is sealed without `AUDIT_SEAL_KEY`.
    """
    if not settings.AUDIT_SEAL_KEY:
        return
    newest = sealing.head().position
    for first, last in sorted({_newest_slice(newest), _slice_of(now, newest)}):
        for broken in sealing.verify(first, last):
            yield Finding(
                f"audit {broken.entry_id or f'link {broken.position}'}",
                f"In the audit log {broken.problem}",
                expected="as it was sealed",
                found="not as it was sealed",
            )


def _newest_slice(newest: int) -> tuple[int, int]:
    return max(1, newest - SLICE + 1), max(1, newest)


def _slice_of(now: datetime, newest: int) -> tuple[int, int]:
    """All slices take their turn: which one follows from the clock."""
    slices = max(1, -(-newest // SLICE))
    turn = int(now.timestamp()) // RUNS_APART % slices
    return turn * SLICE + 1, min((turn + 1) * SLICE, max(1, newest))
