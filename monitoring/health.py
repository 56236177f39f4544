"""Can this process serve? Cheap enough to be asked every few seconds."""

from functools import cache

from django.db import DatabaseError, InterfaceError, connection
from django.db.migrations.loader import MigrationLoader

OK, NO_DATABASE, NO_MIGRATIONS = "ok", "the database does not answer", "migrations are missing"


def health() -> str:
    """OK, or what is wrong. One query."""
    try:
        connection.ensure_connection()
    except (DatabaseError, InterfaceError):
        return NO_DATABASE
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT app, name FROM django_migrations")
            applied = {(app, name) for app, name in cursor.fetchall()}
    except InterfaceError:
        return NO_DATABASE
    except DatabaseError:  # no such table, or a connection that broke just now
        return NO_MIGRATIONS if _answers() else NO_DATABASE
    return OK if _needed() <= applied else NO_MIGRATIONS


def _answers() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except (DatabaseError, InterfaceError):
        return False
    return True


@cache
def _needed() -> frozenset[tuple[str, str]]:
    """The migrations this code has on disk; read once."""
    return frozenset(MigrationLoader(None).disk_migrations)
