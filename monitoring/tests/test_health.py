from unittest.mock import patch

from django.db import OperationalError, connection
from django.test import TestCase


class HealthTests(TestCase):
    url = "/monitoring/healthz/"

    def test_all_is_well_in_one_query_and_without_a_session(self) -> None:
        with self.assertNumQueries(1):
            response = self.client.get(self.url)

        self.assertEqual(response.status_code, 200)
        self.assertNotIn("sessionid", response.cookies)

    def test_a_database_that_is_away_is_503(self) -> None:
        with patch.object(connection, "ensure_connection", side_effect=OperationalError("no route")):
            response = self.client.get(self.url)

        self.assertContains(response, "the database does not answer", status_code=503)

    def test_a_missing_migration_is_503(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM django_migrations WHERE app = 'payments'")

        self.assertContains(self.client.get(self.url), "migrations are missing", status_code=503)
