"""The very commands of Dockerfile and docker-compose.yml, run in their order in a copy of the image's files.

There is no container engine in a test, so this proves the commands, not the images they run on.
"""

import fnmatch
import json
import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import unittest
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from django.conf import settings
from django.test import SimpleTestCase

ROOT = settings.BASE_DIR


class Step(NamedTuple):
    """One instruction of a Dockerfile: its word, and the rest of its line."""

    word: str
    rest: str


def steps() -> list[Step]:
    """The Dockerfile's instructions, without comments and with continued lines joined."""
    lines = [line for line in (ROOT / "Dockerfile").read_text().splitlines() if not line.startswith("#")]
    joined = re.sub(r"\\\n\s*", "", "\n".join(lines))
    return [Step(*line.split(maxsplit=1)) for line in joined.splitlines() if line.strip()]


def of(word: str) -> list[str]:
    return [step.rest for step in steps() if step.word == word]


def command_in(text: str) -> list[str]:
    """The JSON form of a command, as CMD has it and HEALTHCHECK after its options."""
    command: list[str] = json.loads(text[text.index("[") :])
    return command


def image_environment() -> dict[str, str]:
    return dict(pair.split("=", 1) for rest in of("ENV") for pair in shlex.split(rest))


def compose() -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    return document


def left_out() -> Callable[[str, list[str]], set[str]]:
    """What `.dockerignore` keeps out of the image, for shutil.copytree."""
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    patterns = [line for line in lines if line and not line.startswith("#")]

    def ignored(folder: str, names: list[str]) -> set[str]:
        where = Path(folder).relative_to(ROOT)
        return {n for n in names if any(matches((where / n).as_posix(), pattern) for pattern in patterns)}

    return ignored


def matches(path: str, pattern: str) -> bool:
    """Docker's rule for the patterns we use: from the top, or anywhere after `**/`."""
    if pattern.startswith("**/"):
        return fnmatch.fnmatch(path.rsplit("/", 1)[-1], pattern[3:])
    return "/" not in path and fnmatch.fnmatch(path, pattern)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


class DockerfileTests(SimpleTestCase):
    def test_every_package_is_installed_with_its_hash_checked(self) -> None:
        installs = [rest for rest in of("RUN") if "pip install" in rest]

        self.assertEqual(len(installs), 1)
        self.assertIn("--require-hashes -r requirements.txt", installs[0])

    def test_it_does_not_run_as_root(self) -> None:
        user = of("USER")[-1]

        self.assertRegex(user, r"^[1-9]\d*:[1-9]\d*$")
        words = [step.word for step in steps()]
        self.assertGreater(words.index("USER"), len(words) - words[::-1].index("RUN") - 1)

    def test_no_secret_stays_in_the_environment(self) -> None:
        self.assertEqual([name for name in image_environment() if re.search("SECRET|KEY|PASSWORD", name)], [])


class ComposeTests(SimpleTestCase):
    def test_the_web_waits_for_the_migration_and_the_migration_for_the_database(self) -> None:
        services = compose()["services"]

        self.assertEqual(services["migrate"]["depends_on"], {"db": {"condition": "service_healthy"}})
        condition = services["web"]["depends_on"]["migrate"]["condition"]
        self.assertEqual(condition, "service_completed_successfully")
        self.assertEqual(services["migrate"]["restart"], "no")

    def test_the_site_is_published_on_the_port_the_image_serves(self) -> None:
        published = compose()["services"]["web"]["ports"]

        self.assertEqual(published, [f"127.0.0.1:8000:{image_environment()['PORT']}"])
        self.assertEqual(of("EXPOSE"), [image_environment()["PORT"]])

    def test_no_password_is_written_in_it(self) -> None:
        for name, service in compose()["services"].items():
            for variable, value in service["environment"].items():
                if re.search("PASSWORD|SECRET|URL", variable):
                    self.assertIn("${POSTGRES_PASSWORD:?", value, f"{name}.{variable}")


@unittest.skipIf(os.name == "nt", "the image runs gunicorn, which needs a Unix")
class CommandTests(SimpleTestCase):
    """A copy of the tree as the image holds it, with the image's environment and nothing else."""

    def setUp(self) -> None:
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.app = self.folder / "app"
        shutil.copytree(ROOT, self.app, ignore=left_out())
        self.port = free_port()
        self.build = {
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "PYTHONDONTWRITEBYTECODE": "1",
            **image_environment(),
            "PORT": str(self.port),
        }
        self.live = {
            **self.build,
            "SECRET_KEY": "k" * 60,
            "ALLOWED_HOSTS": ".shop.example.com",
            "DATABASE_URL": f"sqlite:///{self.folder / 'image.sqlite3'}",
            "STRIPE_WEBHOOK_SECRET": "whsec_test",
            "AUDIT_SEAL_KEY": "test",
            "SITE_URL": "https://shop.example.com",
            "ALLOW_MOCK_PAYMENTS": "1",
        }

    def run_in_image(self, command: str | list[str], env: Mapping[str, str]) -> str:
        """Run it as Docker would: a text through the shell, a list as it is. It must succeed."""
        words = ["/bin/sh", "-c", command] if isinstance(command, str) else command
        process = subprocess.run(
            words, cwd=self.app, env=env, capture_output=True, text=True, timeout=120, check=False
        )
        self.assertEqual(process.returncode, 0, f"{words}\n{process.stdout}{process.stderr}")
        return process.stdout

    def test_they_work_one_after_the_other(self) -> None:
        for command in of("RUN"):
            if "pip install" not in command:  # its packages are the ones this test runs with
                self.run_in_image(command, self.build)
        self.assertTrue((self.app / "staticfiles" / "staticfiles.json").exists())
        self.run_in_image(compose()["services"]["migrate"]["command"], self.live)
        serve = command_in(of("CMD")[-1])
        self.run_in_image([*serve, "--check-config"], self.live)
        self.assert_it_gets_healthy(serve, command_in(of("HEALTHCHECK")[-1]))

    def assert_it_gets_healthy(self, serve: list[str], probe: list[str]) -> None:
        """Start the server; the image's own probe must succeed within a quarter of a minute."""
        log = self.enterContext(tempfile.TemporaryFile("w+"))
        with subprocess.Popen(serve, cwd=self.app, env=self.live, stdout=log, stderr=log) as server:
            try:
                answer = self.probed(probe)
            finally:
                server.terminate()
        log.seek(0)
        self.assertEqual(answer, "200", log.read()[-2000:])
        self.assertEqual(server.returncode, 0)

    def probed(self, probe: list[str]) -> str:
        """The probe's last word: 200, or why it failed each time."""
        deadline = time.monotonic() + 15
        while True:
            result = subprocess.run(probe, cwd=self.app, env=self.live, capture_output=True, text=True)
            if result.returncode == 0 or time.monotonic() > deadline:
                return (result.stdout + result.stderr).strip()
            time.sleep(0.2)

    def test_secrets_and_developers_files_stay_out(self) -> None:
        present = {path.name for path in self.app.iterdir()}

        self.assertEqual(present & {".env", ".git", ".venv", "db.sqlite3", "requirements-dev.txt"}, set())
        self.assertLessEqual({"manage.py", "gunicorn.conf.py", "purelaka", "static", "templates"}, present)
