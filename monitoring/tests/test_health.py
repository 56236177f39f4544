import os
import subprocess
import sys
import tempfile
from pathlib import Path
from unittest.mock import patch

from django.conf import settings
from django.db import OperationalError, connection
from django.test import SimpleTestCase, TestCase

URL = "/monitoring/healthz/"


class HealthTests(TestCase):
    def test_all_is_well_in_one_query_and_without_a_session(self) -> None:
        with self.assertNumQueries(1):
            response = self.client.get(URL)

        self.assertEqual((response.status_code, response.json()), (200, {"status": "ok"}))
        self.assertNotIn("sessionid", response.cookies)
        self.assertIn("no-store", response["Cache-Control"])

    def test_a_person_s_session_is_not_looked_up(self) -> None:
        self.client.cookies["sessionid"] = "x" * 32

        with self.assertNumQueries(1):
            self.client.get(URL)

    def test_a_database_that_is_away_is_503(self) -> None:
        away = patch.object(connection, "ensure_connection", side_effect=OperationalError("no route"))
        with away, self.assertLogs("django.request"):
            response = self.client.get(URL)

        self.assertContains(response, "the database does not answer", status_code=503)
        self.assertNotContains(response, "no route", status_code=503)

    def test_a_missing_migration_is_503(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM django_migrations WHERE app = 'payments'")

        with self.assertLogs("django.request"):
            self.assertContains(self.client.get(URL), "migrations are missing", status_code=503)

    def test_it_is_read_only(self) -> None:
        with self.assertLogs("django.request"):
            self.assertEqual(self.client.post(URL).status_code, 405)


class StartedProcessTests(SimpleTestCase):
    """The program as it is started, on a database that is not there."""

    ASK = (
        "import django; django.setup(); from django.test import Client; "
        "answer = Client().get('/monitoring/healthz/', headers={'host': 'localhost'}); "
        "print(answer.status_code, answer.json()['status'])"
    )

    def answer(self, url: str) -> str:
        env = {**os.environ, "DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "purelaka.settings"}
        command = [sys.executable, "-c", self.ASK]
        return subprocess.run(
            command, cwd=settings.BASE_DIR, env=env, capture_output=True, text=True, check=True
        ).stdout.strip()

    def test_no_server_answers(self) -> None:
        url = "postgresql://nobody@127.0.0.1:1/nothing"
        self.assertEqual(self.answer(url), "503 the database does not answer")

    def test_a_new_database_has_no_migrations(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            url = f"sqlite:///{Path(folder) / 'new.sqlite3'}"
            self.assertEqual(self.answer(url), "503 migrations are missing")
