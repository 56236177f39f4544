"""Read the outside of an event: strict, since everything that follows relies on it."""

import json
import re
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NoReturn

MAX_ID = 255
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")  # Postgres takes no NUL, no encoding a lone surrogate
MAX_DEPTH = 100  # Stripe's objects are some ten levels deep; Python itself gives up at a thousand or so
MAX_SECONDS = 32_503_680_000  # the year 3000
THIN = "v2."
TOO_DEEP = "nested too deep"


class BadEnvelope(ValueError):
    """Not an event that can be kept; the message says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """An event's own fields, and the object it is about as plain values."""

    event_id: str
    type: str
    api_version: str
    created: datetime
    livemode: bool
    object_type: str
    object_id: str
    object: dict[str, Any]
    is_thin: bool = False


def read(text: str) -> Envelope:
    """Parse an event's JSON. Raises BadEnvelope."""
    body = _parse(text)
    if not isinstance(body, dict):
        raise BadEnvelope("an event is a JSON object")
    if _is_deep(text, body):
        raise BadEnvelope(TOO_DEEP)
    kind = body.get("object")
    if isinstance(kind, str) and kind.startswith(THIN):
        return _thin(body)
    if kind != "event":
        raise BadEnvelope("object is not 'event'")
    data = body.get("data")
    subject = data.get("object") if isinstance(data, dict) else None
    if not isinstance(subject, dict):
        raise BadEnvelope("data.object is not an object")
    return Envelope(
        event_id=_required(body, "id"),
        type=_required(body, "type"),
        api_version=_optional(body.get("api_version"), 64),
        created=moment(body.get("created")),
        livemode=body.get("livemode") is True,
        object_type=_optional(subject.get("object"), 64),
        object_id=_optional(subject.get("id"), MAX_ID),
        object=subject,
    )


def is_storable(value: str, limit: int = MAX_ID) -> bool:
    """Fits a text column of either database."""
    return len(value) <= limit and not UNSTORABLE.search(value)


def storable(value: str) -> str:
    """The text with a mark for each character that no database takes."""
    return UNSTORABLE.sub("\N{REPLACEMENT CHARACTER}", value)


def moment(value: object) -> datetime:
    """Unix seconds as an aware UTC moment. Raises BadEnvelope."""
    if not isinstance(value, int) or isinstance(value, bool) or not 0 < value < MAX_SECONDS:
        raise BadEnvelope("created is not a time in whole seconds")
    return datetime.fromtimestamp(value, UTC)


def _parse(text: str) -> object:
    try:
        return json.loads(text, parse_constant=_refuse_constant)
    except RecursionError:
        raise BadEnvelope(TOO_DEEP) from None
    except ValueError as error:
        raise BadEnvelope(f"not JSON: {error}") from None


def _is_deep(text: str, body: object) -> bool:
    """What is read now must be readable again from wherever, so the limit is ours and not the stack's."""
    if text.count("[") + text.count("{") <= MAX_DEPTH:
        return False
    level = [body]
    for _ in range(MAX_DEPTH):
        level = [inner for value in level for inner in _inside(value)]
        if not level:
            return False
    return True


def _inside(value: object) -> Iterable[object]:
    return value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _thin(body: dict[str, Any]) -> Envelope:
    """A v2 event carries no object, only where to find it."""
    related = body.get("related_object")
    related = related if isinstance(related, dict) else {}
    return Envelope(
        event_id=_required(body, "id"),
        type=_required(body, "type"),
        api_version="v2",
        created=_iso_moment(body.get("created")),
        livemode=body.get("livemode") is True,
        object_type=_optional(related.get("type"), 64),
        object_id=_optional(related.get("id"), MAX_ID),
        object={},
        is_thin=True,
    )


def _iso_moment(value: object) -> datetime:
    if isinstance(value, str):
        with suppress(ValueError):
            found = datetime.fromisoformat(value)
            seconds = (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
            if 0 < seconds < MAX_SECONDS:
                return datetime.fromtimestamp(seconds, UTC)
    raise BadEnvelope("created is not an ISO 8601 time")


def _required(body: dict[str, Any], name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str) or not value or not is_storable(value):
        raise BadEnvelope(f"{name} is not a text of 1 to {MAX_ID} characters")
    return value


def _optional(value: object, limit: int) -> str:
    return value if isinstance(value, str) and is_storable(value, limit) else ""
