"""Rows of several tables in one statement, for a page that shows a little of many.

found = together(notes=order.notes.all(), mails=order.mails.all())
found["notes"]  # a list of OrderNote
"""

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from django.db import connection, models
from django.db.models import Count, F, QuerySet, TextField, Value
from django.db.models.functions import Cast, JSONObject


def together(**parts: QuerySet[Any, Any]) -> dict[str, list[Any]]:
    """The rows of each part as instances of its model, by key; related objects are not among them.

    For tables of fewer than 50 columns: a row travels as one JSON object.
    """
    branches = [_as_json(name, rows) for name, rows in parts.items()]
    found: dict[str, list[Any]] = {name: [] for name in parts}
    for name, row in branches[0].union(*branches[1:], all=True):
        found[name].append(_instance(parts[name].model, json.loads(row)))
    for rows in found.values():
        rows.sort(key=lambda row: row.pk)
    return found


def count_each(*parts: QuerySet[Any, Any]) -> list[int]:
    """How many rows each part has."""
    # rows and not their keys, which a partial index does not hold: so it is enough to read that
    counted = [
        rows.order_by().values(place=Value(place)).annotate(number=Count("*"))
        for place, rows in enumerate(parts)
    ]
    numbers = {row["place"]: row["number"] for row in counted[0].union(*counted[1:], all=True)}
    return [numbers.get(place, 0) for place in range(len(parts))]


def give(rows: Iterable[Any], name: str, others: Iterable[Any]) -> None:
    """Set the related object `name` of each row to the one of `others` that it names, if it is there."""
    by_key = {other.pk: other for other in others}
    for row in rows:
        key = getattr(row, row._meta.get_field(name).attname)
        if key in by_key:
            setattr(row, name, by_key[key])


def _as_json(name: str, rows: QuerySet[Any, Any]) -> QuerySet[Any, Any]:
    fields = {field.attname: _told(field) for field in rows.model._meta.concrete_fields}
    told = {"together_name": Value(name), "together_row": Cast(JSONObject(**fields), TextField())}
    annotated: QuerySet[Any, Any] = rows.order_by().annotate(**told)
    return annotated.values_list("together_name", "together_row")


def _told(field: "models.Field[Any, Any]") -> F | Cast:
    """SQLite's JSON is text to its JSON functions, so both databases say it as text."""
    is_json = isinstance(field, models.JSONField)
    return Cast(field.attname, TextField()) if is_json else F(field.attname)


def _instance(model: type[models.Model], row: dict[str, Any]) -> models.Model:
    fields = model._meta.concrete_fields
    values = [_read(field, row[field.attname]) for field in fields]
    return model.from_db(connection.alias, [field.attname for field in fields], values)


def _read(field: "models.Field[Any, Any]", value: Any) -> Any:
    if isinstance(value, str) and isinstance(field, models.DateTimeField):
        at = datetime.fromisoformat(value)
        return at if at.tzinfo else at.replace(tzinfo=UTC)  # SQLite keeps UTC and does not say so
    if isinstance(value, str) and isinstance(field, models.JSONField):
        return json.loads(value)
    return field.to_python(value)
