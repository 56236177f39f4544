"""Keyset pages of a list: a page starts where its neighbour ended, so the last is as quick as the first.

    page = keyset(Order.objects.filter(…), by=("-created_at", "-id"), at=request.GET.get("page", ""))

`page.before` and `page.after` name the pages beside it. They hold the key of a row, not a number of
rows to skip: what comes in meanwhile moves nothing, and no row is shown twice or left out.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Generic, TypeVar
from urllib.parse import quote, unquote

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q, QuerySet, Value
from django.utils import timezone

PAGE_SIZE = 50
AFTER, BEFORE = "after", "before"

M = TypeVar("M", bound=models.Model)


class BadMarker(ValueError):
    """A text that names no page of this list."""


@dataclass(frozen=True)
class Page(Generic[M]):
    """The rows of one page in the list's order; an empty marker means that end is reached."""

    rows: list[M]
    before: str = ""
    after: str = ""


def keyset(rows: QuerySet[M, M], *, by: Sequence[str], at: str = "", size: int = PAGE_SIZE) -> Page[M]:
    """The page of `rows` that the marker `at` names; the first for an empty or unreadable one.

    `by` are columns or annotations that are never null and together tell any two rows apart, with
    `-` in front for falling order. An index on them, in this order, makes every page cheap.
    """
    try:
        direction, key = _read(rows, by, at) if at else (AFTER, [])
    except BadMarker:
        direction, key, at = AFTER, [], ""
    page = _page(rows, by, direction, key, size)
    return page if page.rows or not at else _page(rows, by, AFTER, [], size)


def _page(
    rows: QuerySet[M, M], by: Sequence[str], direction: str, key: Sequence[object], size: int
) -> Page[M]:
    forward = direction == AFTER
    order = by if forward else [_reversed(name) for name in by]
    wanted = rows.filter(_beyond(rows, order, key)) if key else rows
    found = list(wanted.order_by(*order)[: size + 1])
    has_more, found = len(found) > size, found[:size]
    if not forward:
        found.reverse()
    return Page(
        rows=found,
        before=_marker(BEFORE, by, found[0]) if found and (bool(key) if forward else has_more) else "",
        after=_marker(AFTER, by, found[-1]) if found and (has_more if forward else True) else "",
    )


def _beyond(rows: QuerySet[M, M], order: Sequence[str], key: Sequence[object]) -> Q:
    """What comes after `key`: (a, b) beyond (x, y) is a beyond x, or a = x and b beyond y."""
    if len({name.startswith("-") for name in order}) == 1:
        return Q(RowBeyond(rows, order, key))
    beyond, same = Q(), Q()
    for name, value in zip(order, key, strict=True):
        column, comparison = name.removeprefix("-"), "lt" if name.startswith("-") else "gt"
        beyond |= same & Q(**{f"{column}__{comparison}": value})
        same &= Q(**{column: value})
    # The bound on the first column alone says nothing new, but it is what an index can start from.
    first = order[0]
    bound = f"{first.removeprefix('-')}__{'lte' if first.startswith('-') else 'gte'}"
    return Q(**{bound: key[0]}) & beyond


class RowBeyond(models.Func):
    """`(a, b, c) > (x, y, z)`: an index on these columns is entered at just this place.

    With the comparison spelled out, all rows with the same `a` would be read and thrown away.
    """

    output_field = models.BooleanField()
    conditional = True

    def __init__(self, rows: QuerySet[M, M], order: Sequence[str], key: Sequence[object]) -> None:
        names = [name.removeprefix("-") for name in order]
        values = [
            Value(value, output_field=_field(rows, name)) for name, value in zip(names, key, strict=True)
        ]
        super().__init__(*names, *values)
        self.comparison = "<" if order[0].startswith("-") else ">"

    def as_sql(self, compiler: Any, connection: Any, **_: Any) -> tuple[str, list[Any]]:  # type: ignore[override]
        compiled = [compiler.compile(expression) for expression in self.source_expressions]
        texts, half = [sql for sql, _ in compiled], len(compiled) // 2
        left, right = ", ".join(texts[:half]), ", ".join(texts[half:])
        parameters = [parameter for _, own in compiled for parameter in own]
        return f"({left}) {self.comparison} ({right})", parameters


def _reversed(name: str) -> str:
    return name[1:] if name.startswith("-") else f"-{name}"


# --- markers --------------------------------------------------------------------------------------


def _marker(direction: str, by: Sequence[str], row: models.Model) -> str:
    """`after,2026-11-24T14:24:59.120000Z,512`."""
    values = [getattr(row, name.removeprefix("-")) for name in by]
    return ",".join([direction, *(quote(_text(value), safe=":") for value in values)])


def _text(value: object) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return value.isoformat() if isinstance(value, date) else str(value)


def _read(rows: QuerySet[M, M], by: Sequence[str], marker: str) -> tuple[str, list[object]]:
    direction, *texts = marker.split(",")
    if direction not in (AFTER, BEFORE) or len(texts) != len(by):
        raise BadMarker(marker)
    return direction, [_value(rows, name, unquote(text)) for name, text in zip(by, texts, strict=True)]


def _value(rows: QuerySet[M, M], name: str, text: str) -> object:
    try:
        value = _field(rows, name.removeprefix("-")).to_python(text)
        if isinstance(value, datetime):
            value = None if timezone.is_naive(value) else value.astimezone(UTC)
    except (ValidationError, ValueError, OverflowError):
        raise BadMarker(text) from None
    is_huge = isinstance(value, int) and abs(value) >= 2**63
    if value is None or is_huge or "\x00" in text:
        raise BadMarker(text)
    return value


def _field(rows: QuerySet[M, M], name: str) -> "models.Field[Any, Any]":
    annotation = rows.query.annotations.get(name)
    if annotation is not None:
        return annotation.output_field
    field: models.Field[Any, Any] = rows.model._meta.get_field(name)  # type: ignore[assignment]
    return field
