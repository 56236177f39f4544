"""What a gate found, and reading it off the output of the tools. Standard library only."""

import json
import re
from dataclasses import dataclass
from typing import Any, NamedTuple

PASS, FAIL, SKIPPED = "PASS", "FAIL", "SKIPPED"


class Tally(NamedTuple):
    """How many tests passed, failed and were skipped."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0

    def __str__(self) -> str:
        return f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped"


NO_TESTS = Tally()


@dataclass(frozen=True)
class Outcome:
    """One gate's result. `reason` is for the table, `output` is shown when the gate failed."""

    result: str
    reason: str = ""
    output: str = ""
    tests: Tally = NO_TESTS


def of_command(code: int, output: str) -> Outcome:
    """A tool that exits 0 when all is well."""
    if code == 0:
        return Outcome(PASS)
    reason = "took too long" if code == -9 else f"exit code {code}"
    return Outcome(FAIL, reason, output)


def of_tests(code: int, output: str) -> Outcome:
    """Django's test runner. A run that crashed before its first test, or ran none, counts as one failed."""
    tests = tally(output)
    if code == 0 and tests.passed:
        return Outcome(PASS, str(tests), tests=tests)
    if code == 0:
        return Outcome(FAIL, "ran no test", output, Tally(0, 1, tests.skipped))
    reason = str(tests) if tests.failed else of_command(code, output).reason
    return Outcome(FAIL, reason, output, tests._replace(failed=max(tests.failed, 1)))


def tally(output: str) -> Tally:
    """Read `Ran 12 tests` and `FAILED (failures=1, errors=2, skipped=3)` or `OK (skipped=3)`.

    A test with several failing parts has a failure for each, so `passed` is a floor.
    """
    ran = re.findall(r"^Ran (\d+) tests? in ", output, re.MULTILINE)
    summary = re.findall(r"^(?:OK|FAILED) \((.*)\)\s*$", output, re.MULTILINE)
    if not ran:
        return NO_TESTS
    counts = {name: int(n) for name, n in re.findall(r"([a-z][a-z ]*)=(\d+)", (summary or [""])[-1])}
    failed = sum(counts.get(name, 0) for name in ("failures", "errors", "unexpected successes"))
    skipped = counts.get("skipped", 0)
    return Tally(max(int(ran[-1]) - failed - skipped, 0), failed, skipped)


def of_audit(code: int, output: str) -> Outcome:
    """pip-audit's JSON. It exits 0, too, when it could look up nothing: then nothing was checked."""
    report = audit_report(output)
    if report is None:
        last = output.strip().splitlines()[-1:] or ["no output"]
        return Outcome(SKIPPED, f"pip-audit gave no report (exit code {code}): {last[0][:120]}")
    audited = [package for package in report if "skip_reason" not in package]
    weak = [package for package in audited if package["vulns"]]
    if weak:
        return Outcome(FAIL, f"{len(weak)} vulnerable packages", "\n".join(map(weakness, weak)))
    if not audited:
        return Outcome(SKIPPED, f"no advisory database reached: 0 of {len(report)} packages looked up")
    if code:
        return Outcome(FAIL, f"exit code {code}", output)
    return Outcome(PASS, f"{len(audited)} of {len(report)} packages looked up")


def audit_report(output: str) -> list[dict[str, Any]] | None:
    """The packages in pip-audit's JSON line, or None when there is no such line."""
    for line in output.splitlines():
        if line.startswith("{"):
            try:
                packages: list[dict[str, Any]] = json.loads(line)["dependencies"]
            except (ValueError, KeyError):
                continue
            return packages
    return None


def weakness(package: dict[str, Any]) -> str:
    """One line on one vulnerable package."""
    found = (f"{vuln['id']}, fixed in {vuln['fix_versions'] or 'no version'}" for vuln in package["vulns"])
    return f"{package['name']} {package['version']}: {'; '.join(found)}"
