"""How the checks stand: the last run of each, and what the gate would say."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Max, Q
from django.utils import timezone

from monitoring.check import Check, by_arrow
from monitoring.models import CheckRun, DataQualityIssue, IssueStatus, RunStatus

OLD_AFTER = timedelta(minutes=30)  # ticks run the checks every few minutes


@dataclass(frozen=True)
class Row:
    """A check with its last run and its open issues. `accepted` are those a person said are right."""

    check: Check
    run: CheckRun | None
    open: int
    accepted: int

    @property
    def state(self) -> str:
        """The badge's colour."""
        if self.run is None or self.run.proves:
            return "open" if self.open else "ok" if self.run else "never"
        return "stale" if self.run.status == RunStatus.STALE else "failed"

    @property
    def label(self) -> str:
        """The badge's word."""
        if self.run and not self.run.proves:
            return self.run.get_status_display()
        if self.open:
            return "1 issue" if self.open == 1 else f"{self.open:,} issues"
        return "Agrees" if self.run else "Never ran"

    @property
    def compared(self) -> int | None:
        """How many things it looked at; None for a check that never ran."""
        return self.run.compared if self.run else None

    @property
    def took(self) -> str:
        """`412 ms` or `3.1 s`; empty for a check that never ran."""
        return self.run.took if self.run else ""


@dataclass(frozen=True)
class Standing:
    """All checks. `proves` is False when a check has not run, or proved nothing when it last did."""

    rows: list[Row]
    last_run_at: datetime | None
    seconds: float
    now: datetime

    @property
    def open(self) -> int:
        return sum(row.open for row in self.rows)

    @property
    def unproven(self) -> list[Row]:
        return [row for row in self.rows if row.run is None or not row.run.proves]

    @property
    def is_old(self) -> bool:
        """No check ran for so long that the tick seems to have stopped."""
        return self.last_run_at is None or self.last_run_at < self.now - OLD_AFTER

    @property
    def exit_code(self) -> int:
        """What `run_checks --fail-on-issues` said, or would have said, last time."""
        return 2 if self.unproven else 1 if self.open else 0


def standing() -> Standing:
    """Read it, in two queries."""
    newest = CheckRun.objects.values("check_name").annotate(newest=Max("pk")).values("newest")
    runs = {run.check_name: run for run in CheckRun.objects.filter(pk__in=newest)}
    counts = {
        name: (opened, accepted)
        for name, opened, accepted in DataQualityIssue.objects.filter(
            Q(status=IssueStatus.OPEN) | Q(accepted__isnull=False)
        )
        .values_list("check_name")
        .annotate(
            opened=Count("pk", Q(status=IssueStatus.OPEN)), kept=Count("pk", ~Q(status=IssueStatus.OPEN))
        )
    }
    rows = [Row(check, runs.get(check.name), *counts.get(check.name, (0, 0))) for check in by_arrow()]
    last = [row.run for row in rows if row.run]
    return Standing(
        rows=rows,
        last_run_at=max((run.started_at for run in last), default=None),
        seconds=sum(run.seconds for run in last),
        now=timezone.now(),
    )
