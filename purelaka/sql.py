"""Plain SQL for the few places where the ORM's own work would cost more than the database's.

The same text runs on SQLite and Postgres, with `%s` for parameters.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any, TypeVar

from django.db import connection, models
from psycopg import Cursor

M = TypeVar("M", bound=models.Model)
Row = dict[str, Any]
Value = Any


def fetch(statement: str, parameters: Sequence[Value] = ()) -> list[tuple[Value, ...]]:
    """The rows a statement returns. Postgres plans it once a connection, not once a call."""
    if connection.vendor == "postgresql":
        return _fetch_prepared(statement, parameters)
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return list(cursor.fetchall())


def lock(model: type[M], condition: str, parameters: Sequence[Value]) -> list[M]:
    """The rows with this condition as model instances, locked until the transaction ends.

    SQLite has locked its whole file by then. An ORDER BY may follow the condition.
    """
    fields = model._meta.concrete_fields
    for_update = "FOR UPDATE" if connection.features.has_select_for_update else ""
    columns = ", ".join(str(field.column) for field in fields)
    rows = fetch(f"SELECT {columns} FROM {model._meta.db_table} WHERE {condition} {for_update}", parameters)
    names = [field.attname for field in fields]
    return [model.from_db(connection.alias, names, _converted(model, row)) for row in rows]


def insert(
    model: type[models.Model], rows: Sequence[Row], *, then: str = "", returning: Sequence[str] = ()
) -> list[tuple[Value, ...]]:
    """Insert `rows` (values by column, the field's default where one is missing) in one statement.

    `then` is what follows the values, such as ON CONFLICT. Returns the columns in `returning`.
    """
    if not rows:
        return []
    table, fields = model._meta.db_table, [(field, field.get_default()) for field in _columns(model)]
    parameters = [
        field.get_db_prep_save(row.get(field.attname, default), connection)
        for row in rows
        for field, default in fields
    ]
    names = ", ".join(str(field.column) for field, _ in fields)
    groups = ", ".join([f"({', '.join(['%s'] * len(fields))})"] * len(rows))
    given = ", ".join(f"{table}.{column}" for column in (returning or ["id"]))
    return fetch(f"INSERT INTO {table} ({names}) VALUES {groups} {then} RETURNING {given}", parameters)


def moment(value: Value) -> datetime:
    """A moment as a plain statement gives it: SQLite gives UTC without saying so, or as text."""
    found: datetime = datetime.fromisoformat(value) if isinstance(value, str) else value
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _fetch_prepared(statement: str, parameters: Sequence[Value]) -> list[tuple[Value, ...]]:
    connection.ensure_connection()
    with connection.wrap_database_errors, Cursor(connection.connection) as cursor:
        cursor.execute(statement, parameters, prepare=True)
        return cursor.fetchall()


@cache
def _columns(model: type[models.Model]) -> "list[models.Field[Any, Any]]":
    return [field for field in model._meta.concrete_fields if not field.primary_key]


def _converted(model: type[models.Model], row: tuple[Value, ...]) -> list[Value]:
    """As the fields give values to Python: SQLite has no moments and no booleans."""
    if connection.vendor == "postgresql":
        return list(row)
    values = list(row)
    for index, (column, converters) in enumerate(_converters(model)):
        for convert in converters:
            values[index] = convert(values[index], column, connection)
    return values


@cache
def _converters(model: type[models.Model]) -> "list[tuple[Any, list[Any]]]":
    columns = [field.get_col(model._meta.db_table) for field in model._meta.concrete_fields]
    return [(column, connection.ops.get_db_converters(column)) for column in columns]
