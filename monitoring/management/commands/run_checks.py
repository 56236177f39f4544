"""`manage.py run_checks`: is everything proven? The exit code is the answer."""

import json
from argparse import ArgumentParser
from dataclasses import dataclass, field
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from monitoring import running
from monitoring.check import registry
from monitoring.models import CheckRun, DataQualityIssue, RunStatus

FINE, OPEN_ISSUES, UNPROVEN = 0, 1, 2
SHOWN = 5  # open issues told per check

MARKS = {
    RunStatus.PASSED: "agrees",
    RunStatus.FOUND: "issues",
    RunStatus.STALE: "STALE",
    RunStatus.CRASHED: "CRASHED",
    RunStatus.SKIPPED: "SKIPPED",
}


@dataclass
class Tally:
    """What came of all runs. `open` counts the issues now open of the checks that ran."""

    runs: list[CheckRun] = field(default_factory=list)
    open: int = 0
    accepted: int = 0

    @property
    def resolved(self) -> int:
        return sum(run.resolved for run in self.runs)

    @property
    def all_proven(self) -> bool:
        return bool(self.runs) and all(run.proves for run in self.runs)

    def exit_code(self, *, fail_on_issues: bool) -> int:
        """2 when a check proved nothing, 1 for open issues if they count, else 0."""
        if not self.all_proven:
            return UNPROVEN
        return OPEN_ISSUES if self.open and fail_on_issues else FINE


class Command(BaseCommand):
    help = (
        "Run the checks, open and resolve issues. Exit code 0: fine; 1: issues are open (with "
        "--fail-on-issues); 2: a check crashed, was skipped or ran on stale data, so nothing is proven."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--fail-on-issues", action="store_true", help="exit 1 while issues are open")
        parser.add_argument("--json", action="store_true", help="print one JSON object instead of lines")
        parser.add_argument("--only", nargs="+", default=[], metavar="NAME", help="only these checks")
        parser.add_argument(
            "--wait",
            type=float,
            default=running.PATIENCE,
            metavar="SECONDS",
            help="how long to wait for another run to end (default: %(default)s)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        tally = Tally()
        try:
            for run in running.run(options["only"], wait=options["wait"]):
                tally.runs.append(run)
                if not options["json"]:
                    self._tell(run)
            self._count(tally)
        except running.UnknownCheck as unknown:
            raise CommandError(str(unknown), returncode=UNPROVEN) from None
        except Exception as error:  # the gate fails closed, whatever it is
            raise CommandError(f"The checks broke off: {error}", returncode=UNPROVEN) from error
        code = tally.exit_code(fail_on_issues=options["fail_on_issues"])
        self.stdout.write(self._json(tally, code) if options["json"] else self._closing_line(tally))
        if code:
            raise SystemExit(code)

    def _count(self, tally: Tally) -> None:
        issues = DataQualityIssue.objects.filter(check_name__in=[run.check_name for run in tally.runs])
        tally.open, tally.accepted = issues.open().count(), issues.accepted().count()

    def _tell(self, run: CheckRun) -> None:
        mark = MARKS[RunStatus(run.status)]
        count = f"{run.found:,} found" if run.found else ""
        line = f"{run.check_name:<24} {mark:<8} {run.compared:>11,} compared {run.seconds:>7.2f} s  {count}"
        self.stdout.write(line.rstrip())
        if run.error:
            self.stdout.write(f"    {run.error}")
        if run.found:
            self._tell_issues(run)
        self.stdout.flush()

    def _tell_issues(self, run: CheckRun) -> None:
        issues = DataQualityIssue.objects.open().filter(check_name=run.check_name).order_by("id")
        for issue in issues[:SHOWN]:
            evidence = f" (expected {issue.expected}, found {issue.found})" if issue.expected else ""
            self.stdout.write(f"    {issue.message}{evidence}")
        if (rest := issues.count() - SHOWN) > 0:
            self.stdout.write(f"    and {rest:,} more: see the monitoring page")

    def _closing_line(self, tally: Tally) -> str:
        parts = [f"open={tally.open}", f"resolved={tally.resolved}"]
        parts += [f"accepted={tally.accepted}"] if tally.accepted else []
        unproven = sum(not run.proves for run in tally.runs)
        parts += [f"unproven={unproven}"] if unproven else []
        return ", ".join(parts)

    def _json(self, tally: Tally, code: int) -> str:
        return json.dumps(
            {
                "open": tally.open,
                "resolved": tally.resolved,
                "accepted": tally.accepted,
                "exit_code": code,
                "checks": [self._as_dict(run) for run in tally.runs],
            },
            indent=2,
        )

    def _as_dict(self, run: CheckRun) -> dict[str, Any]:
        issues = DataQualityIssue.objects.open().filter(check_name=run.check_name).order_by("id")
        return {
            "name": run.check_name,
            "severity": registry[run.check_name].severity.value,
            "status": run.status,
            "compared": run.compared,
            "found": run.found,
            "opened": run.opened,
            "resolved": run.resolved,
            "seconds": round(run.seconds, 3),
            "error": run.error,
            "issues": list(issues.values("subject", "message", "expected", "found", "difference")[:SHOWN]),
        }
