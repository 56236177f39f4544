"""Asking somebody to work here: a link by mail, good for seven days and for one time.

Who opens the link has the mailbox. An account with this address that never proved to have the mailbox
may be anybody's, so it gets a new password, and whatever its maker left in it ends. One that did prove it
keeps its password, and its owner signs in to accept.
"""

import hashlib
import secrets
from datetime import datetime, timedelta
from smtplib import SMTPException

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts import sessions
from accounts.models import User
from audit.log import record
from staff import letters
from staff.models import VALID_FOR, Invitation

PAUSE = timedelta(minutes=1)  # a second click within it sends no second mail


class Refused(Exception):
    """It can't be done; the message says why and what to do."""


class Over(Exception):
    """The invitation was accepted, taken back or ran out meanwhile."""


def invite(email: str, role: str, *, actor: User) -> Invitation:
    """Keep an invitation and mail its link. `mail_error` says when the mail did not go out.

    The same again within a minute is the same invitation. Raises Refused.
    """
    _refuse_known(email)
    token = secrets.token_urlsafe(32)
    try:
        with transaction.atomic():
            invitation = Invitation.objects.create(
                email=email, role=role, token_hash=hashed(token), invited_by=actor
            )
            record("staff.invited", actor=actor, target=invitation, email=email, role=role)
    except IntegrityError:
        return _just_invited(email, role, actor)
    _send(invitation, token)
    return invitation


def send_again(invitation: Invitation, *, actor: User) -> bool:
    """Another link, good for seven days from now; the one before is void. False: it was just sent.

    Raises Over.
    """
    now, token = timezone.now(), secrets.token_urlsafe(32)
    with transaction.atomic():
        row = _open(invitation.pk)
        if row.sent_at > now - PAUSE and not row.mail_error:
            return False
        row.token_hash, row.sent_at, row.expires_at = hashed(token), now, now + VALID_FOR
        row.save(update_fields=["token_hash", "sent_at", "expires_at"])
        record("staff.invitation_sent_again", actor=actor, target=row, role=row.role)
    _send(row, token)
    invitation.mail_error = row.mail_error
    return True


def revoke(invitation: Invitation, *, actor: User) -> bool:
    """Take it back: its link is void. False: so it is already."""
    with transaction.atomic():
        if not Invitation.objects.filter(Invitation.OPEN, pk=invitation.pk).update(revoked_at=timezone.now()):
            return False
        record("staff.invitation_revoked", actor=actor, target=invitation, role=invitation.role)
    return True


def usable(token: str, now: datetime) -> Invitation | None:
    """The invitation whose link this is, while it can be accepted."""
    found = Invitation.objects.filter(Invitation.OPEN, token_hash=hashed(token), expires_at__gt=now).first()
    if found is None:
        return None
    account = account_of(found)
    return found if account is None or (account.is_active and not account.works_here) else None


def account_of(invitation: Invitation) -> User | None:
    """The account with the invited address."""
    return User.objects.filter(email=invitation.email).first()


def is_proven(account: User) -> bool:
    """Whether its owner has shown that the mailbox is theirs."""
    return EmailAddress.objects.filter(user=account, email__iexact=account.email, verified=True).exists()


def join(invitation: Invitation, *, name: str, password: str) -> User:
    """Make the invited person an account, or hand an unproven one over to them. Raises Over."""
    with transaction.atomic():
        account = account_of(invitation) or User(email=invitation.email)
        if account.pk:
            Authenticator.objects.filter(user=account).delete()
            sessions.end_all(account)
            account.refresh_from_db(fields=["session_epoch"])
        account.name = name
        account.set_password(password)
        account.save()
        EmailAddress.objects.filter(user=account).exclude(email=account.email).delete()
        EmailAddress.objects.update_or_create(
            user=account, email=account.email, defaults={"verified": True, "primary": True}
        )
        _accept(invitation, account)
    return account


def confirm(invitation: Invitation, account: User) -> None:
    """The owner of a proven account, signed in to it, accepts. Raises Over."""
    with transaction.atomic():
        _accept(invitation, account)


def hashed(token: str) -> str:
    """What is kept of a token: it is random and long, so that a plain hash is enough."""
    return hashlib.sha256(token.encode()).hexdigest()


def _accept(invitation: Invitation, account: User) -> None:
    """The WHERE clause is the lock: of two, one gets it."""
    now = timezone.now()
    mine = Invitation.objects.filter(
        Invitation.OPEN, pk=invitation.pk, token_hash=invitation.token_hash, expires_at__gt=now
    )
    if not mine.update(accepted_at=now, accepted_by=account):
        raise Over
    was, account.role = account.role, invitation.role
    User.objects.filter(pk=account.pk).update(role=invitation.role)
    record(
        "staff.joined", actor=account, target=account, was=was, now=invitation.role, invitation=invitation.pk
    )


def _refuse_known(email: str) -> None:
    account = User.objects.filter(email=email).first()
    if account and account.works_here:
        raise Refused("This person is on the staff already. Open their page to change the role.")
    if account and not account.is_active:
        raise Refused("The account with this address is closed. Open it again in the administration first.")


def _just_invited(email: str, role: str, actor: User) -> Invitation:
    """The open invitation to this address, when it is the same that was sent a moment ago."""
    found = Invitation.objects.filter(Invitation.OPEN, email=email).first()
    is_same = found and found.role == role and found.invited_by_id == actor.pk
    if found and is_same and found.sent_at > timezone.now() - PAUSE:
        return found
    raise Refused("This address is invited already. Send that invitation again, or take it back first.")


def _open(pk: int) -> Invitation:
    row = Invitation.objects.select_for_update().filter(Invitation.OPEN, pk=pk).first()
    if row is None:
        raise Over
    return row


def _send(invitation: Invitation, token: str) -> None:
    """Mail it. A mail server that is away is told to the admin, who sends it again."""
    try:
        letters.invitation(invitation, token).send()
        invitation.mail_error = ""
    except (SMTPException, OSError) as error:
        invitation.mail_error = f"{type(error).__name__}: {error}"[:300]
    Invitation.objects.filter(pk=invitation.pk).update(mail_error=invitation.mail_error)
