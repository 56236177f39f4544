"""Try something out in the database and take it back."""

from collections.abc import Callable
from typing import TypeVar

from django.db import transaction

T = TypeVar("T")


class _Undone(Exception):
    """Carries what was found out of a transaction that is taken back."""


def outcome_of(happens: Callable[[], T]) -> T:
    """What `happens` returns; nothing it wrote stays."""
    try:
        with transaction.atomic():
            raise _Undone(happens())
    except _Undone as undone:
        found: T = undone.args[0]
        return found
