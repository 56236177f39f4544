"""Tables that can only grow: triggers refuse UPDATE and DELETE, on SQLite and on Postgres.

The database keeps the promise, so that a bug, a shell or another program can't break it.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from django.db import connection
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations import RunPython
from django.db.migrations.state import StateApps

# table -> columns that must not change; none named: no column may
guarded: dict[str, tuple[str, ...]] = {}


class AppendOnly(RunPython):
    """Migration operation that guards `table`.

    Rows can't be deleted. Without `columns` they can't change either; with them, those columns
    keep their first value and the others may change.

    SQLite builds a table anew for some changes, and its guards are lost: `again` puts them back. It
    stands after such an operation, and before it for the way back.
    """

    def __init__(self, table: str, columns: Sequence[str] = (), *, again: bool = False) -> None:
        self.table, self.columns = table, tuple(columns)
        guarded[table] = self.columns
        super().__init__(self._guard, self._guard if again else self._unguard)

    def _guard(self, apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
        self._unguard(apps, editor)
        for statement in guard_statements(self.table, self.columns, editor.connection.vendor):
            editor.execute(statement, None)

    def _unguard(self, apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
        for statement in unguard_statements(self.table, editor.connection.vendor):
            editor.execute(statement, None)

    def deconstruct(self) -> tuple[str, list[str], dict[str, object]]:
        return "AppendOnly", [self.table], {"columns": self.columns}


def guard_statements(table: str, columns: Sequence[str], vendor: str) -> list[str]:
    """The SQL that makes the triggers of one table."""
    update_of = f"UPDATE OF {', '.join(columns)}" if columns else "UPDATE"
    events = [update_of, "DELETE"]
    message = f"{table} is append-only"
    if vendor == "postgresql":
        function = f"""CREATE OR REPLACE FUNCTION {table}_refuse() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN RAISE EXCEPTION '{message}' USING ERRCODE = 'integrity_constraint_violation'; END $$"""
        return [function] + [
            f"CREATE TRIGGER {table}_no_{event.split()[0].lower()} BEFORE {event} ON {table} "
            f"FOR EACH ROW EXECUTE FUNCTION {table}_refuse()"
            for event in events
        ]
    return [
        f"CREATE TRIGGER {table}_no_{event.split()[0].lower()} BEFORE {event} ON {table} "
        f"BEGIN SELECT RAISE(ABORT, '{message}'); END"
        for event in events
    ]


def unguard_statements(table: str, vendor: str) -> list[str]:
    """The SQL that takes the triggers of one table away."""
    on_table = f" ON {table}" if vendor == "postgresql" else ""
    return [f"DROP TRIGGER IF EXISTS {table}_no_{event}{on_table}" for event in ("update", "delete")]


@contextmanager
def lifted() -> Iterator[None]:
    """Take every guard away for the length of the block. For tests, which empty tables."""
    with connection.cursor() as cursor:
        for table in guarded:
            for statement in unguard_statements(table, connection.vendor):
                cursor.execute(statement)
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            for table, columns in guarded.items():
                for statement in guard_statements(table, columns, connection.vendor):
                    cursor.execute(statement)
