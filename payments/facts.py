"""Write facts: one statement, any number of rows, the newer snapshot wins.

The same SQL on SQLite and Postgres. Two writers of one fact wait for each other at its row, and
whoever comes second merges; so duplicates and late arrivals need no further care.
"""

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import TypeVar

from django.utils import timezone

from payments.models import Fact, Provider
from purelaka import sql

F = TypeVar("F", bound=Fact)
ROWS_PER_STATEMENT = 500


def upsert(
    model: type[F],
    rows: Sequence[sql.Row],
    *,
    as_of: datetime | None = None,
    event_id: str = "",
    known_at: datetime | None = None,
    provider: Provider = Provider.STRIPE,
) -> list[sql.Row]:
    """Merge `rows` (values by column) into the table of `model`.

    Returns what stands there now, per row: status, and the columns that tie a fact to its order. `as_of` is
    when Stripe said so, by default the row's own `created`; `known_at` is when we learnt of it, by default
    now. A row's own `as_of`, `as_of_event` and `known_at` go first. Ids must differ within one call. A
    fact keeps the order it was first given.
    """
    version = {"as_of_event": event_id, "provider": provider, "known_at": known_at or timezone.now()}
    stored: list[sql.Row] = []
    for start in range(0, len(rows), ROWS_PER_STATEMENT):
        chunk = [
            {"as_of": as_of or row["created"], **version, **row}
            for row in rows[start : start + ROWS_PER_STATEMENT]
        ]
        stored += _merge(model, chunk)
    return stored


def _merge(model: type[F], rows: list[sql.Row]) -> list[sql.Row]:
    then, returning = _conflict(model)
    told = [{**row, "status_known_at": row["known_at"]} for row in rows]
    stored = sql.insert(model, told, then=then, returning=returning)
    return [dict(zip(returning, values, strict=True)) for values in stored]


@cache
def _conflict(model: type[F]) -> tuple[str, list[str]]:
    """What to do with a row that is there already, and the columns to give back."""
    table = model._meta.db_table
    columns = [str(field.column) for field in model._meta.concrete_fields if not field.primary_key]
    version = ("as_of", "as_of_rank", "as_of_event")
    newer = (
        f"({', '.join(f'excluded.{c}' for c in version)}) >= ({', '.join(f'{table}.{c}' for c in version)})"
    )
    updates = ", ".join(
        f"{c} = {_merged(model, table, c, newer)}" for c in columns if c not in (model.key, "provider")
    )
    wanted = dict.fromkeys(
        [model.key, "order_id", "payment_intent_id", "charge_id", "claimed_order", "status"]
    )
    return f"ON CONFLICT ({model.key}) DO UPDATE SET {updates}", [c for c in wanted if c in columns]


def _merged(model: type[F], table: str, column: str, newer: str) -> str:
    old, new = f"{table}.{column}", f"excluded.{column}"
    if column == "order_id":
        return f"COALESCE({old}, {new})"
    if column == "status_known_at":  # the same status told again is no news
        return f"CASE WHEN {newer} AND excluded.status <> {table}.status THEN {new} ELSE {old} END"
    if column in model.earliest:
        return f"CASE WHEN {old} IS NULL OR {new} < {old} THEN {new} ELSE {old} END"
    if column in model.set_once:
        return f"CASE WHEN {old} = '' THEN {new} ELSE {old} END"
    return f"CASE WHEN {newer} THEN {new} ELSE {old} END"
