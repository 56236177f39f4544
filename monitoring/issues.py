"""Issues follow what the checks find: they open, reopen and resolve by themselves.

A finding without an issue opens one. A finding whose issue is resolved reopens it. An open issue
that is not found any more is resolved. A person can resolve an issue with a note:

- Of a check that compares two sources, nothing a person says makes them agree: the next run
  reopens the issue if it still finds it. The note stays with it.
- Where a person decides (`Check.person_decides`), the issue stays resolved ("accepted") while the
  check finds the very same. When what is found changes, or goes away and comes back, it reopens.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from accounts.models import User
from audit import log
from monitoring.check import Check, Finding, registry
from monitoring.models import DataQualityIssue, IssueStatus

BATCH = 1000
EVIDENCE = ["severity", "message", "expected", "found", "difference", "order", "event", "last_seen_at"]


class AlreadyResolved(Exception):
    """The issue was resolved before, by itself or by somebody else."""


@dataclass(frozen=True)
class Outcome:
    """What one run did to the issues of one check."""

    found: int
    opened: int
    resolved: int


def reconcile(check: Check, findings: Iterable[Finding], *, now: datetime) -> Outcome:
    """Make the issues of `check` agree with what it found at `now`, in one transaction."""
    with transaction.atomic():
        found = _write(check, findings, now)
        issues = DataQualityIssue.objects.filter(check_name=check.name)
        seen, gone = issues.filter(last_seen_at=now), issues.exclude(last_seen_at=now)
        _reopen(seen.resolved(), now)
        resolved = _close(gone.open(), now)
        gone.accepted().update(accepted=None)
        opened = seen.filter(opened_at=now).count()
    return Outcome(found, opened, resolved)


def retire(*, now: datetime) -> int:
    """Resolve the open issues of checks that are no more; returns how many."""
    return _close(DataQualityIssue.objects.open().exclude(check_name__in=registry), now)


def resolve(issue: DataQualityIssue, *, actor: User, note: str) -> None:
    """Close an issue because `actor` says so in `note`. Raises AlreadyResolved."""
    check = registry.get(issue.check_name)
    accepted = issue.found if check and check.person_decides else None
    with transaction.atomic():
        changed = (
            DataQualityIssue.objects.open()
            .filter(pk=issue.pk)
            .update(
                status=IssueStatus.RESOLVED,
                resolved_at=timezone.now(),
                resolved_by=actor,
                note=note,
                accepted=accepted,
            )
        )
        if not changed:
            raise AlreadyResolved(f"{issue} was resolved in the meantime.")
        log.record("issue.resolved", actor=actor, target=issue, note=note, check=issue.check_name)


def assign(issue: DataQualityIssue, *, actor: User, assignee: User | None) -> None:
    """Give an issue to a member of staff, or to nobody."""
    with transaction.atomic():
        DataQualityIssue.objects.filter(pk=issue.pk).update(assignee=assignee)
        log.record("issue.assigned", actor=actor, target=issue, to=assignee.email if assignee else "")


def snooze(issue: DataQualityIssue, *, actor: User, until: datetime | None, note: str = "") -> None:
    """Put an open issue off until a moment, or take that back. Raises AlreadyResolved."""
    with transaction.atomic():
        if not DataQualityIssue.objects.open().filter(pk=issue.pk).update(snoozed_until=until):
            raise AlreadyResolved(f"{issue} was resolved in the meantime.")
        told = until.isoformat() if until else ""
        log.record(
            "issue.snoozed" if until else "issue.woken", actor=actor, target=issue, until=told, note=note
        )


def annotate(issue: DataQualityIssue, *, actor: User, note: str) -> None:
    """Keep what somebody found out about an issue, in its history."""
    log.record("issue.noted", actor=actor, target=issue, note=note)


def _write(check: Check, findings: Iterable[Finding], now: datetime) -> int:
    """Insert new issues and renew the evidence of known ones, a batch at a time; returns how many."""
    remaining, found = iter(findings), 0
    while batch := {finding.subject: finding for finding in islice(remaining, BATCH)}:
        DataQualityIssue.objects.bulk_create(
            (_issue(check, finding, now) for finding in batch.values()),
            update_conflicts=True,
            unique_fields=["check_name", "subject"],
            update_fields=EVIDENCE,
        )
        found += len(batch)
    return found


def _issue(check: Check, finding: Finding, now: datetime) -> DataQualityIssue:
    return DataQualityIssue(
        check_name=check.name,
        subject=finding.subject,
        severity=check.severity,
        message=finding.message,
        expected=finding.expected[:255],
        found=finding.found[:255],
        difference=finding.difference[:64],
        order_id=finding.order_id,
        event_id=finding.event_id,
        first_seen_at=now,
        opened_at=now,
        last_seen_at=now,
    )


def _reopen(resolved: QuerySet[DataQualityIssue], now: datetime) -> None:
    """Open again what is found again, unless a person accepted just that."""
    resolved.filter(Q(accepted=None) | ~Q(accepted=F("found"))).update(
        status=IssueStatus.OPEN,
        opened_at=now,
        times_opened=F("times_opened") + 1,
        resolved_at=None,
        resolved_by=None,
        accepted=None,
        snoozed_until=None,
    )


def _close(issues: QuerySet[DataQualityIssue], now: datetime) -> int:
    return issues.update(status=IssueStatus.RESOLVED, resolved_at=now, resolved_by=None)
