"""What the objects of the audit log are called, and where they are shown.

The log knows only a type and a key. The app that owns the type says more, in a file that its `ready()`
imports:

    @targets.describer("order")
    def orders(keys: Sequence[str]) -> dict[str, Target]:
        ...
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from django.db.models import CharField, QuerySet, Value
from django.db.models.functions import Cast

from audit.models import AuditLog


class Target(NamedTuple):
    """An object by its name, and the address of its page. `admins_only`: for others there is no such page."""

    label: str
    url: str
    admins_only: bool = False


# From keys to what they are; a key that is not known is left out.
Describer = Callable[[Sequence[str]], dict[str, Target]]
_describers: dict[str, Describer] = {}
# From what a person types to the objects of that name, by type and key.
Finder = Callable[[str], Iterable[tuple[str, str]]]
_finders: list[Finder] = []
MOST_FOUND = 100


def describer(target_type: str) -> Callable[[Describer], Describer]:
    """Register the decorated function for objects of this type; it is one query for a page."""

    def register(describe: Describer) -> Describer:
        _describers[target_type] = describe
        return describe

    return register


def describe(keys: Iterable[tuple[str, str]]) -> dict[tuple[str, str], Target]:
    """The targets that an app can describe, by type and key."""
    by_type: dict[str, list[str]] = defaultdict(list)
    for target_type, key in dict.fromkeys(keys):
        by_type[target_type].append(key)
    return {
        (target_type, key): target
        for target_type, keys_of_type in by_type.items()
        if target_type in _describers
        for key, target in _describers[target_type](keys_of_type).items()
    }


def finder(find: Finder) -> Finder:
    """Register the decorated function for the search of the log: `PL-1`, a SKU, `evt_…`."""
    _finders.append(find)
    return find


def find(text: str) -> list[tuple[str, str]]:
    """The objects of this name that an app knows, at most MOST_FOUND."""
    found = dict.fromkeys(each for search in _finders for each in search(text.strip()))
    return list(found)[:MOST_FOUND]


def among(searched: Iterable[tuple[str, str, QuerySet[Any, Any]]]) -> list[tuple[str, str]]:
    """For finders: the type and key, from a column of several tables' rows. One query, at most MOST_FOUND."""
    parts = [
        rows.order_by().annotate(kind=Value(kind), key=Cast(column, CharField())).values_list("kind", "key")
        for kind, column, rows in searched
    ]
    return list(parts[0].union(*parts[1:], all=True)[:MOST_FOUND])


def targets_of(rows: Iterable[AuditLog]) -> dict[tuple[str, str], Target]:
    """The same for the objects of these rows."""
    return describe((row.target_type, row.target_id) for row in rows)
