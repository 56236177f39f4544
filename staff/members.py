"""What admins do to the people who work here. Nobody does it to themselves, and one admin always stays.

Each function locks the admins first, in one order: of two who demote each other at once, the second is
no admin any more when their turn comes, and is refused.
"""

from allauth.mfa.models import Authenticator
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from accounts import sessions
from accounts.models import Role, User
from audit.log import record, record_each
from staff.models import Invitation


class Refused(Exception):
    """It may not be done; the message says why and what to do. Nothing was written."""


def change_role(person: User, role: Role, *, actor: User | None) -> bool:
    """Give another role, and end this person's sessions. False: they had it already. Raises Refused."""
    with transaction.atomic():
        now = _locked(person, actor)
        if now.role == role:
            return False
        if role != Role.ADMIN:
            _keep_an_admin(now)
            _take_invitations_back(now, actor)
        User.objects.filter(pk=now.pk).update(role=role)
        record("staff.role_changed", actor=actor, target=now, was=now.role, now=role.value)
        sessions.end_all(now)
    return True


def deactivate(person: User, *, actor: User | None) -> bool:
    """Let this person sign in no more, and end their sessions. False: so it is already. Raises Refused."""
    with transaction.atomic():
        now = _locked(person, actor)
        if not now.is_active:
            return False
        _keep_an_admin(now)
        _take_invitations_back(now, actor)
        User.objects.filter(pk=now.pk).update(is_active=False)
        record("staff.deactivated", actor=actor, target=now, role=now.role)
        sessions.end_all(now)
    return True


def reactivate(person: User, *, actor: User | None) -> bool:
    """Let this person sign in again, in the role they had. False: they can already. Raises Refused."""
    with transaction.atomic():
        now = _locked(person, actor)
        if now.is_active:
            return False
        User.objects.filter(pk=now.pk).update(is_active=True)
        record("staff.reactivated", actor=actor, target=now, role=now.role)
    return True


def end_sessions(person: User, *, actor: User | None) -> int:
    """Sign this person out everywhere; returns of how many open sessions we knew. Raises Refused."""
    with transaction.atomic():
        now = _locked(person, actor)
        number = sessions.end_all(now)
        if number:
            record("staff.sessions_ended", actor=actor, target=now, sessions=number)
    return number


def end_session(person: User, key: int, *, actor: User | None) -> str:
    """Sign one device of this person out; returns what it is called, empty when it had ended already.

    Raises Refused.
    """
    with transaction.atomic():
        now = _locked(person, actor)
        session = sessions.open_sessions(now).filter(pk=key).first()
        if session is None:
            return ""
        sessions.end(session)
        record("staff.session_ended", actor=actor, target=now, device=session.device)
    return session.device


def reset_second_factor(person: User, *, actor: User | None) -> bool:
    """Take this person's app, passkeys and recovery codes away, and end their sessions.

    False: there was nothing to take. Raises Refused.
    """
    with transaction.atomic():
        now = _locked(person, actor)
        had = sorted(Authenticator.objects.filter(user=now).values_list("type", flat=True))
        if not had:
            return False
        Authenticator.objects.filter(user=now).delete()
        record("staff.second_factor_reset", actor=actor, target=now, had=", ".join(had))
        sessions.end_all(now)
    return True


def _locked(person: User, actor: User | None) -> User:
    """The person as they are now, nobody else changing them or any admin meanwhile."""
    admins = Q(role=Role.ADMIN, is_active=True)
    rows = User.objects.select_for_update().filter(admins | Q(pk=person.pk)).order_by("pk")
    people = {row.pk: row for row in rows}
    if actor is not None:
        if actor.pk == person.pk:
            raise Refused("Nobody does this to their own account: ask another admin.")
        if actor.pk not in people:
            raise Refused("You are not an admin any more.")
    return people[person.pk]


def _keep_an_admin(person: User) -> None:
    others = User.objects.filter(role=Role.ADMIN, is_active=True).exclude(pk=person.pk)
    if person.role == Role.ADMIN and person.is_active and not others.exists():
        raise Refused("This is the last active admin. Make somebody else an admin first.")


def _take_invitations_back(person: User, actor: User | None) -> None:
    """Who is an admin no more leaves no link behind that lets somebody in."""
    rows = list(Invitation.objects.select_for_update().filter(Invitation.OPEN, invited_by=person))
    Invitation.objects.filter(pk__in=[row.pk for row in rows]).update(revoked_at=timezone.now())
    said = [{"role": row.role} for row in rows]
    record_each("staff.invitation_revoked", rows, actor=actor, data=said)
