"""The gate fails closed: exit code 2 unless every check looked at fresh data to its end."""

import json
import os
import subprocess
import sys
import tempfile
from io import StringIO
from pathlib import Path
from unittest.mock import patch

from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import OperationalError
from django.test import SimpleTestCase, TestCase

from catalog.models import Variant
from monitoring.check import registry
from monitoring.locks import exclusive
from monitoring.models import CheckRun, RunStatus
from purelaka.testing import make_variant


def run_checks(*options: str) -> tuple[int, str]:
    """The exit code, and what was printed."""
    out, code = StringIO(), 0
    try:
        call_command("run_checks", *options, stdout=out)
    except CommandError as error:
        code = error.returncode
        out.write(str(error))
    except SystemExit as ended:
        code = int(str(ended.code))
    return code, out.getvalue()


class ExitCodeTests(TestCase):
    def setUp(self) -> None:
        make_variant(sku="CREAM", stock=5)

    def test_an_empty_store_is_fine(self) -> None:
        self.assertEqual(run_checks("--fail-on-issues")[0], 0)

    def test_an_open_issue_fails_the_gate_and_is_told(self) -> None:
        Variant.objects.update(stock=4)

        code, said = run_checks("--fail-on-issues")

        self.assertEqual(code, 1)
        self.assertIn("The stock of CREAM is not what its movements say (expected 5 pieces, found 4", said)
        self.assertTrue(said.rstrip().endswith("open=1, resolved=0"))

    def test_a_line_for_each_check_with_its_time(self) -> None:
        _, said = run_checks()

        for name in registry:
            self.assertRegex(said, rf"(?m)^{name} +agrees +[\d,]+ compared +\d+\.\d\d s")

    def test_each_run_is_kept(self) -> None:
        run_checks("--only", "stock_moved")

        run = CheckRun.objects.get()
        self.assertEqual((run.check_name, run.status, run.compared), ("stock_moved", RunStatus.PASSED, 1))

    def test_an_unknown_name_is_2_and_the_names_are_told(self) -> None:
        code, said = run_checks("--only", "stock_moved", "moon")

        self.assertEqual(code, 2)
        self.assertIn("No check is called moon. There are: events_failed", said)
        self.assertFalse(CheckRun.objects.exists())

    def test_a_crash_amid_what_is_found_is_2_and_the_others_run(self) -> None:
        make_variant(sku="SOAP", stock=5)
        Variant.objects.update(stock=4)
        with (
            patch("monitoring.checks.stock.Finding", side_effect=ValueError("odd")),
            self.assertLogs("monitoring.running"),
        ):
            code, said = run_checks("--only", "stock_moved", "stock_reserved")

        self.assertEqual(code, 2)
        self.assertRegex(said, "stock_moved +CRASHED")
        self.assertRegex(said, "stock_reserved +agrees")

    def test_a_crash_is_2_even_without_fail_on_issues_and_the_others_run(self) -> None:
        with (
            patch("monitoring.checks.stock.STOCK_AND_MOVEMENTS", "SELECT * FROM no_such_table"),
            self.assertLogs("monitoring.running"),
        ):
            code, said = run_checks("--only", "stock_moved", "stock_reserved")

        self.assertEqual(code, 2)
        self.assertRegex(said, "stock_moved +CRASHED")
        self.assertRegex(said, "stock_reserved +agrees")
        self.assertIn("unproven=1", said)
        self.assertIn("no_such_table", CheckRun.objects.get(status=RunStatus.CRASHED).error)

    def test_a_crash_closes_no_issue(self) -> None:
        Variant.objects.update(stock=4)
        run_checks("--only", "stock_moved")

        with (
            patch("monitoring.checks.stock.STOCK_AND_MOVEMENTS", "SELECT * FROM no_such_table"),
            self.assertLogs("monitoring.running"),
        ):
            _, said = run_checks("--only", "stock_moved")

        self.assertIn("open=1, resolved=0", said)

    def test_checks_that_another_process_runs_are_skipped(self) -> None:
        with exclusive("checks"):
            code, said = run_checks("--only", "stock_moved", "--wait", "0")

        self.assertEqual(code, 2)
        self.assertRegex(said, "stock_moved +SKIPPED")

    def test_a_database_that_goes_away_is_2(self) -> None:
        with patch("monitoring.running.exclusive", side_effect=OperationalError("gone")):
            code, said = run_checks()

        self.assertEqual(code, 2)
        self.assertIn("The checks broke off: gone", said)

    def test_json_says_the_same(self) -> None:
        Variant.objects.update(stock=4)

        code, said = run_checks("--json", "--fail-on-issues", "--only", "stock_moved", "stock_reserved")

        told = json.loads(said)
        self.assertEqual((code, told["exit_code"], told["open"], told["resolved"]), (1, 1, 1, 0))
        moved, reserved = told["checks"]
        self.assertEqual((moved["name"], moved["status"], moved["found"]), ("stock_moved", "found", 1))
        self.assertEqual(moved["issues"][0]["difference"], "−1 piece")
        self.assertEqual((reserved["status"], reserved["issues"]), ("passed", []))


class WithoutDatabaseTests(SimpleTestCase):
    """The program as it is started, on a database that is not there."""

    def exit_code(self, url: str, *, expected: str) -> int:
        env = {**os.environ, "DATABASE_URL": url}
        command = [sys.executable, "manage.py", "run_checks", "--fail-on-issues"]
        ended = subprocess.run(
            command, cwd=settings.BASE_DIR, env=env, capture_output=True, text=True, check=False
        )
        self.assertIn(expected, ended.stderr)
        return ended.returncode

    def test_no_migrations_prove_nothing(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            url = f"sqlite:///{Path(folder) / 'empty.sqlite3'}"
            self.assertEqual(self.exit_code(url, expected="no such table"), 2)

    def test_no_database_proves_nothing(self) -> None:
        url = "postgresql://nobody@127.0.0.1:1/nothing"
        self.assertEqual(self.exit_code(url, expected="The checks broke off"), 2)
