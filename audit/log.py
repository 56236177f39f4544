"""Write the audit log."""

from contextvars import ContextVar
from datetime import datetime
from typing import Any

from django.db import models
from django.utils import timezone

from accounts.models import User
from audit.models import AuditLog

# Set by the middleware for the length of a request; empty in commands.
address: ContextVar[str | None] = ContextVar("audit_address", default=None)


def entry(
    event_type: str,
    *,
    actor: User | None = None,
    target: models.Model | None = None,
    at: datetime | None = None,
    **data: Any,
) -> AuditLog:
    """An audit row that is not saved yet, for writing many at once."""
    return AuditLog(
        at=at or timezone.now(),
        actor=actor,
        event_type=event_type,
        target_type=str(target._meta.model_name) if target is not None else "",
        target_id=str(target.pk) if target is not None else "",
        address=address.get(),
        data=data,
    )


def record(
    event_type: str, *, actor: User | None = None, target: models.Model | None = None, **data: Any
) -> AuditLog:
    """Write that `actor` did `event_type` to `target`. Call it in the transaction of the deed."""
    row = entry(event_type, actor=actor, target=target, **data)
    row.save(force_insert=True)
    return row
