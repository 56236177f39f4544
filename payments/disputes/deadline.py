"""How much time is left to answer a dispute."""

from datetime import datetime, timedelta
from typing import NamedTuple

from payments.filters import NEEDS_RESPONSE
from payments.models import Dispute

URGENT_WITHIN = timedelta(days=3)


class Deadline(NamedTuple):
    """`text` is `5 days left`, `late by 2 days`, or empty where nobody waits for us or no day is known."""

    is_waiting: bool
    is_late: bool
    is_urgent: bool
    text: str


def deadline(dispute: Dispute, now: datetime) -> Deadline:
    """Whether we must answer, and how soon."""
    if dispute.status not in NEEDS_RESPONSE:
        return Deadline(False, False, False, "")
    if dispute.due_by is None:
        return Deadline(True, False, False, "")
    left = dispute.due_by - now
    is_late = left < timedelta(0)
    text = f"late by {_spoken(-left)}" if is_late else f"{_spoken(left)} left"
    return Deadline(True, is_late, left < URGENT_WITHIN, text)


def _spoken(time: timedelta) -> str:
    hours = time.seconds // 3600
    if time.days >= 3:
        return _count(time.days, "day")
    if time.days:
        return f"{_count(time.days, 'day')} {_count(hours, 'hour')}" if hours else _count(time.days, "day")
    return _count(hours, "hour") if hours else _count(time.seconds // 60, "minute")


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
