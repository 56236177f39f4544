"""Write facts: one statement, any number of rows, the newer snapshot wins.

The same SQL on SQLite and Postgres. Two writers of one fact wait for each other at its row, and
whoever comes second merges; so duplicates and late arrivals need no further care.
"""

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any, TypeVar

from django.db import connection, models

from payments.models import Fact, Provider

F = TypeVar("F", bound=Fact)
ROWS_PER_STATEMENT = 500


def upsert(
    model: type[F],
    rows: Sequence[dict[str, Any]],
    *,
    as_of: datetime | None = None,
    event_id: str = "",
    provider: Provider = Provider.STRIPE,
) -> list[dict[str, Any]]:
    """Merge `rows` (values by column) into the table of `model`.

    Returns what stands there now, per row: the columns that tie a fact to its order. `as_of` is
    when Stripe said so, by default the row's own `created`; a row's own `as_of` and `as_of_event`
    go first. Ids must differ within one call. A fact keeps the order it was first given.
    """
    version = {"as_of_event": event_id, "provider": provider}
    stored: list[dict[str, Any]] = []
    for start in range(0, len(rows), ROWS_PER_STATEMENT):
        chunk = [
            {"as_of": as_of or row["created"], **version, **row}
            for row in rows[start : start + ROWS_PER_STATEMENT]
        ]
        stored += _merge(model, chunk)
    return stored


def _merge(model: type[F], rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    fields = _fields(model)
    head, tail, returned = _statement(model)
    group = f"({', '.join(['%s'] * len(fields))})"
    parameters = [
        field.get_db_prep_save(row.get(field.attname, field.get_default()), connection)
        for row in rows
        for field in fields
    ]
    with connection.cursor() as cursor:
        cursor.execute(f"{head} {', '.join([group] * len(rows))} {tail}", parameters)
        return [dict(zip(returned, values, strict=True)) for values in cursor.fetchall()]


@cache
def _fields(model: type[F]) -> list["models.Field[Any, Any]"]:
    return [field for field in model._meta.concrete_fields if not field.primary_key]


@cache
def _statement(model: type[F]) -> tuple[str, str, list[str]]:
    """The text before and after the VALUES, and the names of what it returns."""
    table = model._meta.db_table
    columns = [str(field.column) for field in _fields(model)]
    version = ("as_of", "as_of_rank", "as_of_event")
    newer = (
        f"({', '.join(f'excluded.{c}' for c in version)}) >= ({', '.join(f'{table}.{c}' for c in version)})"
    )
    updates = ", ".join(
        f"{c} = {_merged(model, table, c, newer)}" for c in columns if c not in (model.key, "provider")
    )
    known = set(columns)
    returned = [
        c for c in (model.key, "order_id", "payment_intent_id", "charge_id", "claimed_order") if c in known
    ]
    returned = list(dict.fromkeys(returned))
    head = f"INSERT INTO {table} ({', '.join(columns)}) VALUES"
    tail = (
        f"ON CONFLICT ({model.key}) DO UPDATE SET {updates} "
        f"RETURNING {', '.join(f'{table}.{c}' for c in returned)}"
    )
    return head, tail, returned


def _merged(model: type[F], table: str, column: str, newer: str) -> str:
    old, new = f"{table}.{column}", f"excluded.{column}"
    if column == "order_id":
        return f"COALESCE({old}, {new})"
    if column in model.earliest:
        return f"CASE WHEN {old} IS NULL OR {new} < {old} THEN {new} ELSE {old} END"
    if column in model.set_once:
        return f"CASE WHEN {old} = '' THEN {new} ELSE {old} END"
    return f"CASE WHEN {newer} THEN {new} ELSE {old} END"
