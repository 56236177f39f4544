"""What start.py and gates.py decide, without installing or serving anything."""

import ast
import json
import os
import socket
import stat
import sys
import tempfile
from argparse import ArgumentTypeError
from contextlib import ExitStack
from pathlib import Path
from unittest.mock import patch

from django.conf import settings
from django.test import SimpleTestCase

sys.path.insert(0, str(settings.BASE_DIR / "scripts"))

import environment
import gates
import start
from outcome import FAIL, PASS, SKIPPED, Tally, of_audit, of_command, of_tests


class OldPythonTests(SimpleTestCase):
    def test_a_python_of_long_ago_can_read_far_enough_to_be_told(self) -> None:
        for name in ("start.py", "gates.py"):
            with self.subTest(name):
                tree = ast.parse((settings.BASE_DIR / "scripts" / name).read_text(), feature_version=(3, 7))
                first = [node for node in tree.body if not isinstance(node, ast.Expr)][:2]

                self.assertEqual(ast.unparse(first[0]), "import sys")
                self.assertEqual(ast.unparse(first[1]).splitlines()[0], "if sys.version_info < (3, 11):")


class PortTests(SimpleTestCase):
    def test_a_free_port_is_fine(self) -> None:
        start.check_port("127.0.0.1", 0)

    def test_a_port_in_use_is_said_with_another_to_try(self) -> None:
        with socket.socket() as other:
            other.bind(("127.0.0.1", 0))
            other.listen()
            port = other.getsockname()[1]

            with self.assertRaisesMessage(environment.StepFailed, f"--port {port + 1}"):
                start.check_port("127.0.0.1", port)

    def test_a_number_that_is_no_port_is_said(self) -> None:
        for text in ("99999", "0", "http"):
            with self.subTest(text), self.assertRaisesMessage(ArgumentTypeError, "1 to 65535"):
                start.port_number(text)


class EnvFileTests(SimpleTestCase):
    def setUp(self) -> None:
        self.root = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.enterContext(patch.object(start, "ROOT", self.root))
        self.enterContext(patch.object(start, "print", create=True))
        self.enterContext(patch.dict(os.environ, {"ENV_FILE": ""}))

    def test_it_gets_its_own_secrets_every_time(self) -> None:
        start.write_env_file()
        first = (self.root / ".env").read_text()
        (self.root / ".env").unlink()
        start.write_env_file()

        self.assertRegex(first, r"(?m)^SECRET_KEY=\S{50,}$")
        self.assertRegex(first, r"(?m)^STRIPE_WEBHOOK_SECRET=whsec_[0-9a-f]{48}$")
        self.assertNotEqual(first, (self.root / ".env").read_text())

    def test_only_its_owner_may_read_it(self) -> None:
        start.write_env_file()

        if os.name != "nt":
            self.assertEqual(stat.S_IMODE((self.root / ".env").stat().st_mode), 0o600)

    def test_one_that_is_there_stays_as_it_is(self) -> None:
        (self.root / ".env").write_text("STORE_NAME=Mine\n")

        start.write_env_file()

        self.assertEqual((self.root / ".env").read_text(), "STORE_NAME=Mine\n")


class StepTests(SimpleTestCase):
    def test_a_step_that_fails_shows_what_it_said(self) -> None:
        with (
            patch.object(start, "print", create=True),
            patch.object(start, "run", autospec=True, return_value=(1, "no such table: order")),
            self.assertRaisesMessage(environment.StepFailed, "no such table: order"),
        ):
            start.step("Migrating", {}, "migrate")


class DemoTests(SimpleTestCase):
    def prepare(self, *answers: tuple[int, str], demo: bool = True) -> str:
        """start.prepare, with the exit code and output of each command it runs."""
        with (
            patch.object(start, "print", create=True),
            patch.object(start, "run", autospec=True, side_effect=answers),
        ):
            return start.prepare({}, demo=demo)

    def test_logins_are_those_the_demo_names(self) -> None:
        said = "60 orders.\nLogins, password x:\n    ops@example.com\n"

        self.assertEqual(
            self.prepare((0, ""), (0, said), (0, "")), "Logins, password x:\n    ops@example.com"
        )

    def test_a_store_of_its_own_has_no_demo_logins(self) -> None:
        self.assertEqual(self.prepare((0, ""), (0, "There are orders already."), (0, "")), "")

    def test_without_demo_none_is_loaded(self) -> None:
        self.assertEqual(self.prepare((0, "migrated"), (0, "built"), demo=False), "")

    def test_a_demo_that_can_not_be_loaded_says_how_to_start_without(self) -> None:
        with self.assertRaisesMessage(environment.StepFailed, "--no-demo"):
            self.prepare((0, ""), (1, "PAYMENTS_USE_STRIPE is on"))


class RunTests(SimpleTestCase):
    def test_it_gives_the_code_and_both_streams(self) -> None:
        code = "import sys; print('out', flush=True); print('err', file=sys.stderr); sys.exit(3)"

        self.assertEqual(
            environment.run([sys.executable, "-c", code]), (3, f"out{os.linesep}err{os.linesep}")
        )

    def test_a_command_that_hangs_is_ended(self) -> None:
        code, _ = environment.run([sys.executable, "-c", "import time; time.sleep(60)"], timeout=0.2)

        self.assertEqual(code, -9)
        self.assertEqual(of_command(code, "").reason, "took too long")

    def test_a_program_that_is_not_there_is_said(self) -> None:
        code, output = environment.run(["./no-such-program"])

        self.assertEqual(code, 127)
        self.assertIn("does not start", output)


class TestOutputTests(SimpleTestCase):
    def test_a_good_run_is_counted(self) -> None:
        outcome = of_tests(0, "....s\nRan 12 tests in 0.1s\n\nOK (skipped=2)\n")

        self.assertEqual((outcome.result, outcome.tests), (PASS, Tally(10, 0, 2)))

    def test_failures_and_errors_are_counted_together(self) -> None:
        output = "Ran 12 tests in 0.1s\n\nFAILED (failures=1, errors=2, skipped=3, expected failures=1)\n"
        outcome = of_tests(1, output)

        self.assertEqual((outcome.result, outcome.tests), (FAIL, Tally(6, 3, 3)))

    def test_an_unexpected_success_is_a_failure(self) -> None:
        outcome = of_tests(1, "Ran 2 tests in 0.1s\n\nFAILED (unexpected successes=1)\n")

        self.assertEqual(outcome.tests, Tally(1, 1, 0))

    def test_a_run_that_crashes_before_its_first_test_is_one_failure(self) -> None:
        outcome = of_tests(1, "ImportError: no module named orders\n")

        self.assertEqual((outcome.result, outcome.tests), (FAIL, Tally(0, 1, 0)))

    def test_a_run_that_crashes_after_good_tests_is_one_failure(self) -> None:
        outcome = of_tests(1, "Ran 5 tests in 0.1s\n\nOK\nTraceback: can't drop the database\n")

        self.assertEqual((outcome.result, outcome.tests), (FAIL, Tally(5, 1, 0)))

    def test_no_test_at_all_is_a_failure(self) -> None:
        outcome = of_tests(0, "Ran 0 tests in 0.000s\n\nOK\n")

        self.assertEqual((outcome.result, outcome.reason), (FAIL, "ran no test"))


class AuditOutputTests(SimpleTestCase):
    sound = {"name": "django", "version": "5.2", "vulns": []}
    skipped = {"name": "stripe", "skip_reason": "Dependency not found on PyPI"}
    weak = {"name": "x", "version": "1", "vulns": [{"id": "PYSEC-1", "fix_versions": ["2"]}]}

    def report(self, *packages: object) -> str:
        return (
            "a warning\n" + json.dumps({"dependencies": packages, "fixes": []}) + "\nNo known vulnerabilities"
        )

    def test_packages_that_were_looked_up_and_are_sound_pass(self) -> None:
        outcome = of_audit(0, self.report(self.sound, self.skipped))

        self.assertEqual((outcome.result, outcome.reason), (PASS, "1 of 2 packages looked up"))

    def test_an_audit_that_looked_up_nothing_is_no_pass(self) -> None:
        outcome = of_audit(0, self.report(self.skipped))

        self.assertEqual(outcome.result, SKIPPED)
        self.assertIn("0 of 1 packages", outcome.reason)

    def test_an_audit_without_a_network_is_no_pass(self) -> None:
        outcome = of_audit(1, "Traceback\nrequests.exceptions.ConnectionError: no route to host\n")

        self.assertEqual(outcome.result, SKIPPED)
        self.assertIn("ConnectionError", outcome.reason)

    def test_a_known_vulnerability_fails_with_its_id_and_cure(self) -> None:
        outcome = of_audit(1, self.report(self.sound, self.weak))

        self.assertEqual(outcome.result, FAIL)
        self.assertIn("x 1: PYSEC-1, fixed in ['2']", outcome.output)


class GateTests(SimpleTestCase):
    def test_the_slow_ones_exist(self) -> None:
        self.assertLessEqual(gates.SLOW, gates.GATES.keys())

    def test_a_developers_settings_do_not_reach_the_gates(self) -> None:
        mine = {
            "DEBUG": "0",
            "STRIPE_SECRET_KEY": "sk_live_1",
            "DATABASE_URL": "sqlite:////shop",
            "HOME": "/h",
        }
        with patch.dict(os.environ, mine), ExitStack() as stack:
            env = gates.Workplace(Path("/scratch"), stack, fast=False).env

        self.assertNotIn("DEBUG", env)
        self.assertNotIn("STRIPE_SECRET_KEY", env)
        self.assertEqual(env["HOME"], "/h")
        self.assertIn("scratch", env["DATABASE_URL"])
        self.assertIn("scratch", env["ENV_FILE"])
