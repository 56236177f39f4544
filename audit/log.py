"""Write the audit log."""

from collections.abc import Sequence
from contextvars import ContextVar
from datetime import datetime
from typing import Any

from django.db import models
from django.utils import timezone

from accounts.models import User
from audit.models import AuditLog
from purelaka import sql

ROWS_PER_STATEMENT = 1000

# Set by the middleware for the length of a request; empty in commands.
address: ContextVar[str | None] = ContextVar("audit_address", default=None)


def record(
    event_type: str, *, actor: User | None = None, target: models.Model | None = None, **data: Any
) -> None:
    """Write that `actor` did `event_type` to `target`. Call it in the transaction of the deed."""
    record_each(event_type, [target], actor=actor, data=[data])


def record_each(
    event_type: str,
    targets: Sequence[models.Model | None],
    *,
    actor: User | None,
    data: Sequence[dict[str, Any]],
    at: Sequence[datetime] | None = None,
) -> None:
    """The same deed done to many: one row a target, with its own `data`; `at` is now by default."""
    moments = at or [timezone.now()] * len(targets)
    rows = [
        {
            "at": moment,
            "actor_id": actor.pk if actor else None,
            "event_type": event_type,
            "target_type": str(target._meta.model_name) if target is not None else "",
            "target_id": str(target.pk) if target is not None else "",
            "address": address.get(),
            "data": details,
        }
        for target, details, moment in zip(targets, data, moments, strict=True)
    ]
    for start in range(0, len(rows), ROWS_PER_STATEMENT):
        sql.insert(AuditLog, rows[start : start + ROWS_PER_STATEMENT])
