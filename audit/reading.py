"""The details of a deed for people: what was, and what it became."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from audit.models import AuditLog
from purelaka.money import display

WAS = "_was"
TOO_LONG = 120
MOST_ITEMS = 5
UNSAID = ("form_key",)


class Detail(NamedTuple):
    """A part of a deed. `was` is None where only one value is known."""

    name: str
    was: str | None
    now: str


def details(deed: AuditLog) -> list[Detail]:
    """What a deed says: changes first, each with what was before."""
    return sorted(_details(deed), key=lambda each: each.was is None)


def _details(deed: AuditLog) -> Iterator[Detail]:
    data = deed.data if isinstance(deed.data, dict) else {"data": deed.data}
    code = str(data.get("currency", ""))
    for name, value in data.items():
        if name in UNSAID or (name.endswith(WAS) and name.removesuffix(WAS) in data):
            continue
        if name == "was":
            now = data.get("now", deed.event_type.rpartition(".")[2])
            yield Detail("", _said(value), _said(now))
        elif name != "now" or "was" not in data:
            was = _amount(name, data[f"{name}{WAS}"], code) if f"{name}{WAS}" in data else None
            yield Detail(name.replace("_", " "), was, _amount(name, value, code))


def _amount(name: str, value: Any, code: str) -> str:
    is_money = "amount" in name and isinstance(value, int) and len(code) == 3
    return display(value, code) if is_money else _said(value)


def _said(value: Any) -> str:
    if value is None or value == "":
        return "nothing"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, list):
        more = len(value) - MOST_ITEMS
        return ", ".join(map(_said, value[:MOST_ITEMS])) + (f" and {more:,} more" if more > 0 else "")
    if isinstance(value, dict):
        return ", ".join(f"{name} {_said(each)}" for name, each in value.items())
    text = str(value)
    return f"{text[:TOO_LONG]}…" if len(text) > TOO_LONG else text
