#!/usr/bin/env python3
"""Everything that must hold before a change goes in: python3 scripts/gates.py

One line per gate while it runs, a table at the end, exit code 1 when one fails. A gate that could
not check says SKIPPED and why. The last line counts the tests of both databases. Neither the
developer's .env nor his databases take part. Standard library only.
"""

import sys

if sys.version_info < (3, 11):  # noqa: UP036 - an older Python must get this far to be told
    sys.exit("The gates need Python 3.11 or newer, and this is {}.{}.".format(*sys.version_info))

import argparse
import os
import re
import secrets
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from environment import BIN, MANAGE, PYTHON, ROOT, WINDOWS, StepFailed, ready, run, tail
from outcome import FAIL, PASS, SKIPPED, Outcome, Tally, of_audit, of_command, of_tests

LIMIT = 15 * 60  # seconds for one command; the slowest, the tests, take a few minutes
LOGS = ROOT / "var" / "gates"
POSTGRES = str(ROOT / "scripts" / "postgres.py")


@dataclass
class Workplace:
    """What the gates share: a scratch folder, an environment without the developer's settings, and
    a Postgres that starts when the first gate asks for it."""

    folder: Path
    stack: ExitStack
    fast: bool
    env: dict[str, str] = field(init=False)
    postgres_url: str = ""

    def __post_init__(self) -> None:
        ours = documented_variables()
        self.env = {name: value for name, value in os.environ.items() if name not in ours}
        self.env["ENV_FILE"] = str(self.folder / "no.env")
        self.env["DATABASE_URL"] = f"sqlite:///{self.folder / 'gates.sqlite3'}"
        self.env["STRIPE_WEBHOOK_SECRET"] = f"whsec_{secrets.token_hex(24)}"

    def postgres(self) -> str:
        """URL of the server to test on: `DATABASE_URL` when it names one, else our own."""
        if not self.postgres_url:
            given = os.environ.get("DATABASE_URL", "")
            own = given.startswith("postgres")
            self.postgres_url = given if own else self.stack.enter_context(temporary_server(self.folder))
        return self.postgres_url

    def python(self, *arguments: str, **variables: str) -> tuple[int, str]:
        """Run the virtual environment's Python; `variables` go into its environment."""
        return run([PYTHON, *arguments], env={**self.env, **variables}, timeout=LIMIT)

    def manage(self, *arguments: str, **variables: str) -> tuple[int, str]:
        return self.python(MANAGE, *arguments, **variables)


def documented_variables() -> set[str]:
    """The names in `.env.example`: every variable the settings read."""
    text = (ROOT / ".env.example").read_text(encoding="utf-8")
    return set(re.findall(r"^(?:# ?)?([A-Z][A-Z0-9_]*)=", text, re.MULTILINE)) | {"DJANGO_SETTINGS_MODULE"}


@contextmanager
def temporary_server(folder: Path) -> Iterator[str]:
    """A Postgres of our own; its URL. Raises StepFailed when it does not start."""
    with open(folder / "postgres.log", "w+", encoding="utf-8") as log:
        server = subprocess.Popen(
            [PYTHON, POSTGRES, "serve", str(folder / "pg")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            start_new_session=not WINDOWS,  # Ctrl-C is for us: we stop it when its users have gone
        )
        assert server.stdin is not None and server.stdout is not None
        try:
            url = server.stdout.readline().strip()
            if not url:
                log.seek(0)
                raise StepFailed(f"Postgres did not start: {log.read()[-500:]}")
            yield url
        finally:
            server.stdin.close()
            server.wait(60)
            server.stdout.close()


@contextmanager
def fresh_postgres(place: Workplace) -> Iterator[str]:
    """URL of a new, empty database, dropped afterwards. Raises StepFailed."""
    server, name = place.postgres(), f"purelaka_gates_{secrets.token_hex(4)}"
    code, output = place.python(POSTGRES, "create", server, name)
    if code:
        raise StepFailed(f"can't make a database on Postgres: {output.strip()[-300:]}")
    try:
        yield urlunsplit(urlsplit(server)._replace(path=f"/{name}"))
    finally:
        place.python(POSTGRES, "drop", server, name)


# --- the gates ------------------------------------------------------------------------------------


def check(place: Workplace) -> Outcome:
    return of_command(*place.manage("check", "--fail-level", "WARNING"))


def migrations(place: Workplace) -> Outcome:
    return of_command(*place.manage("makemigrations", "--check", "--dry-run"))


def lint(place: Workplace) -> Outcome:
    return of_command(*place.python("-m", "ruff", "check", "."))


def layout(place: Workplace) -> Outcome:
    return of_command(*place.python("-m", "ruff", "format", "--check", "."))


def types(place: Workplace) -> Outcome:
    return of_command(*place.python("-m", "mypy"))


def imports(place: Workplace) -> Outcome:
    lint_imports = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports())"
    return of_command(*place.python("-c", lint_imports))


def containers(place: Workplace) -> Outcome:
    """The Dockerfile by hadolint, the compose file and the CI workflow by their official schemas."""
    if WINDOWS:
        return Outcome(SKIPPED, "hadolint has no package for Windows")
    code, output = run([str(BIN / "hadolint"), "Dockerfile"], timeout=LIMIT)
    for schema, file in (
        ("vendor.compose-spec", "docker-compose.yml"),
        ("vendor.github-workflows", ".github/workflows/ci.yml"),
    ):
        one, text = place.python("-m", "check_jsonschema", "--builtin-schema", schema, file)
        code, output = code or one, output + text
    return of_command(code, output)


def tests_sqlite(place: Workplace) -> Outcome:
    return run_tests(place, place.env["DATABASE_URL"])


def tests_postgres(place: Workplace) -> Outcome:
    return run_tests(place, place.postgres())


def run_tests(place: Workplace, database_url: str) -> Outcome:
    """All tests, with every warning an error."""
    command = ["-W", "error", MANAGE, "test", "--parallel", "auto", "--no-input"]
    command += ["--exclude-tag", "browser"] if place.fast else []
    # CI=true makes hypothesis try the same examples everywhere, without a time limit for each.
    return of_tests(*place.python(*command, DATABASE_URL=database_url, CI="true"))


def demo_sqlite(place: Workplace) -> Outcome:
    return demo(place, f"sqlite:///{place.folder / 'demo.sqlite3'}")


def demo_postgres(place: Workplace) -> Outcome:
    with fresh_postgres(place) as url:
        return demo(place, url)


def demo(place: Workplace, database_url: str) -> Outcome:
    """The whole way from an empty database to proven figures."""
    for command in (["migrate"], ["seed_demo"], ["build_snapshots"], ["run_checks", "--fail-on-issues"]):
        code, output = place.manage(*command, DATABASE_URL=database_url)
        if code:
            return Outcome(FAIL, f"{command[0]}: exit code {code}", output)
    return Outcome(PASS, output.strip().splitlines()[-1][:80] if output.strip() else "")


def deploy(place: Workplace) -> Outcome:
    """Production settings with throwaway secrets: no warning is let through."""
    return of_command(
        *place.manage(
            *("check", "--deploy", "--fail-level", "WARNING"),
            DJANGO_SETTINGS_MODULE="purelaka.settings_prod",
            SECRET_KEY=secrets.token_urlsafe(50),
            ALLOWED_HOSTS="shop.example.com",
            AUDIT_SEAL_KEY=secrets.token_urlsafe(32),
            SITE_URL="https://shop.example.com",
            PAYMENTS_USE_STRIPE="1",
            STRIPE_SECRET_KEY=f"sk_test_{secrets.token_hex(16)}",
            STRIPE_PUBLISHABLE_KEY=f"pk_test_{secrets.token_hex(16)}",
        )
    )


def audit(place: Workplace) -> Outcome:
    """Known vulnerabilities in the pinned packages, by PyPI's advisories."""
    command = ["-m", "pip_audit", "--progress-spinner", "off", "--format", "json"]
    command += ["--disable-pip", "--require-hashes", "-r", "requirements-dev.txt"]
    return of_audit(*place.python(*command))


Gate = Callable[[Workplace], Outcome]
GATES: dict[str, Gate] = {
    "check": check,
    "migrations": migrations,
    "lint": lint,
    "format": layout,
    "types": types,
    "imports": imports,
    "containers": containers,
    "deploy": deploy,
    "audit": audit,
    "tests-sqlite": tests_sqlite,
    "tests-postgres": tests_postgres,
    "demo-sqlite": demo_sqlite,
    "demo-postgres": demo_postgres,
}
SLOW = {"audit", "tests-postgres", "demo-sqlite", "demo-postgres"}


# --- running them ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Row:
    """One line of the table; `seconds` is how long the gate took."""

    name: str
    outcome: Outcome
    seconds: float

    def __str__(self) -> str:
        result, reason = self.outcome.result, self.outcome.reason
        return f"{self.name:<16}{result:<9}{self.seconds:>7.1f} s  {reason}".rstrip()


def main() -> None:
    options = parse_options()
    try:
        ready("requirements-dev.txt")
    except StepFailed as error:
        sys.exit(str(error))
    # A server just stopped, or Windows, may hold a file a moment longer than we do.
    scratch = tempfile.TemporaryDirectory(prefix="purelaka-gates-", ignore_cleanup_errors=True)
    with scratch as folder, ExitStack() as stack:
        place = Workplace(Path(folder), stack, options.fast)
        rows = [attempt(name, place, only=options.only) for name in options.only or GATES]
    report(rows)
    sys.exit(any(row.outcome.result == FAIL for row in rows))


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Run every gate, or some of them.")
    parser.add_argument("--only", action="append", choices=GATES, default=[], help="this gate; repeatable")
    parser.add_argument("--fast", action="store_true", help="no Postgres, demo data, browser tests, audit")
    return parser.parse_args()


def attempt(name: str, place: Workplace, *, only: list[str]) -> Row:
    """Run one gate, say how it went, and show the end of its output when it failed."""
    print(f"{name:<16}", end="", flush=True)
    began = time.monotonic()
    try:
        skip = place.fast and name in SLOW and name not in only
        outcome = Outcome(SKIPPED, "--fast") if skip else GATES[name](place)
    except StepFailed as error:
        outcome = Outcome(FAIL, str(error).splitlines()[0][:120], str(error))
    row = Row(name, outcome, time.monotonic() - began)
    print(str(row)[16:], flush=True)
    if outcome.result == FAIL:
        show(name, outcome.output)
    return row


def show(name: str, output: str) -> None:
    """Print the end of a failed gate's output, and keep the whole."""
    LOGS.mkdir(parents=True, exist_ok=True)
    log = LOGS / f"{name}.log"
    log.write_text(output, encoding="utf-8")
    print(f"{tail(output)}\n    (all of it: {log.relative_to(ROOT)})", flush=True)


def report(rows: list[Row]) -> None:
    """The table, and the tests of all databases in one last line."""
    width = max(len(str(row)) for row in rows)
    print(f"\n{'gate':<16}{'result':<9}{'time':>9}\n{'-' * width}")
    for row in rows:
        print(row)
    tests = [row.outcome.tests for row in rows]
    total = Tally(*(sum(column) for column in zip(*tests, strict=True)))
    results = [row.outcome.result for row in rows]
    print(f"{'-' * width}\n{'all':<25}{sum(row.seconds for row in rows):>7.1f} s")
    print("\ngates: " + ", ".join(f"{results.count(word)} {word}" for word in (PASS, FAIL, SKIPPED)))
    print(total, flush=True)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # else tests and Postgres would go on alone
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
