"""How the audit log names people of the staff and invitations."""

from collections.abc import Sequence

from django.urls import reverse

from accounts.models import STAFF_ROLES, User
from audit import targets
from audit.targets import Target
from staff.models import Invitation


@targets.describer("user")
def people(keys: Sequence[str]) -> dict[str, Target]:
    """By primary key, as the log keeps it."""
    found = User.objects.filter(pk__in=_pks(keys), role__in=STAFF_ROLES)
    return {
        str(user.pk): Target(user.get_short_name(), reverse("staff:person", args=[user.pk]), admins_only=True)
        for user in found
    }


@targets.describer("invitation")
def sent(keys: Sequence[str]) -> dict[str, Target]:
    found = Invitation.objects.filter(pk__in=_pks(keys)).values_list("pk", "email")
    return {str(pk): Target(email, reverse("staff:list"), admins_only=True) for pk, email in found}


def _pks(keys: Sequence[str]) -> list[int]:
    return [int(key) for key in keys if key.isascii() and key.isdigit() and len(key) < 19]
