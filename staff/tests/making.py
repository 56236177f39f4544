"""Invitations for tests."""

from typing import Any

from accounts.models import Role
from purelaka.testing import make_user, numbers
from staff.invitations import hashed
from staff.models import Invitation


def make_invitation(**fields: Any) -> Any:
    """An open invitation; `.token` is the one of its link."""
    token = f"token-{next(numbers)}"
    fields = {"email": f"{token}@example.com", "role": Role.OPS, "token_hash": hashed(token), **fields}
    invitation = Invitation.objects.create(
        invited_by=fields.pop("actor", None) or make_user(Role.ADMIN), **fields
    )
    invitation.token = token  # type: ignore[attr-defined]
    return invitation
