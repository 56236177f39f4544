"""How the audit log names people and invitations."""

from collections.abc import Sequence

from django.urls import reverse

from accounts.models import User, normalised
from audit import targets
from audit.targets import Target
from staff.models import Invitation


@targets.describer("user")
def people(keys: Sequence[str]) -> dict[str, Target]:
    """By primary key, as the log keeps it. Customers are shown in the administration."""
    return {
        str(user.pk): Target(user.get_short_name(), _page_of(user), admins_only=True)
        for user in User.objects.filter(pk__in=_pks(keys))
    }


def _page_of(user: User) -> str:
    return reverse("staff:person" if user.works_here else "admin:accounts_user_change", args=[user.pk])


@targets.describer("invitation")
def sent(keys: Sequence[str]) -> dict[str, Target]:
    found = Invitation.objects.filter(pk__in=_pks(keys)).values_list("pk", "email")
    return {str(pk): Target(email, reverse("staff:list"), admins_only=True) for pk, email in found}


@targets.finder
def people_of(text: str) -> list[tuple[str, str]]:
    """The person with this email, and invitations to it."""
    if "@" not in text:
        return []
    email = normalised(text)
    return targets.among(
        [
            ("user", "pk", User.objects.filter(email=email)),
            ("invitation", "pk", Invitation.objects.filter(email=email)),
        ]
    )


def _pks(keys: Sequence[str]) -> list[int]:
    return [int(key) for key in keys if key.isascii() and key.isdigit() and len(key) < 19]
