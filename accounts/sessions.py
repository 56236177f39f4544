"""Where a person is signed in, and how that ends.

Django's sessions do not say whose they are. A row of ours does, written when somebody signs in and
touched every few minutes. What ends a session is the person's `session_epoch`, so one that has no row
ends too; the rows, and Django's, are then deleted for the lists to be right.
"""

from datetime import datetime, timedelta

from allauth.account.adapter import get_adapter
from django.contrib.auth import SESSION_KEY, update_session_auth_hash
from django.contrib.sessions.models import Session
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Exists, F, OuterRef, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from accounts import devices
from accounts.models import User, UserSession
from accounts.roles import SignedInRequest

SEEN_EVERY = timedelta(minutes=5)
MARK = "noted"  # in the session: under which key it was noted, and when (seconds)


def note(request: HttpRequest, now: datetime | None = None) -> None:
    """Keep that this session is in use, at most every five minutes. Costs nothing in between."""
    session, now = request.session, now or timezone.now()
    if not session.get(SESSION_KEY):
        return
    if not session.session_key:
        session.create()
    key, (noted_key, noted_at) = session.session_key, session.get(MARK, ("", 0))
    if key == noted_key and now.timestamp() - noted_at < SEEN_EVERY.total_seconds():
        return
    session[MARK] = (key, int(now.timestamp()))
    known = UserSession.objects.filter(user=session[SESSION_KEY], session_key__in=[key, noted_key])
    if not known.update(session_key=key, seen_at=now, address=_address(request)):
        UserSession.objects.get_or_create(session_key=key, defaults=_fresh(request, now))


def open_sessions(user: User) -> QuerySet[UserSession, UserSession]:
    """Those that can still be used, the last used first."""
    return UserSession.objects.filter(is_open(timezone.now()), user=user).order_by("-seen_at", "-pk")


def is_open(now: datetime) -> Exists:
    """A condition on rows: Django still has this session."""
    return Exists(Session.objects.filter(session_key=OuterRef("session_key"), expire_date__gt=now))


def end(session: UserSession) -> None:
    """Sign one device out, at once."""
    _delete(UserSession.objects.filter(pk=session.pk))


def end_all(user: User) -> int:
    """Sign a person out everywhere, at once; returns of how many open sessions we knew."""
    with transaction.atomic():
        User.objects.filter(pk=user.pk).update(session_epoch=F("session_epoch") + 1)
        return _delete(UserSession.objects.filter(user=user))


def end_others(request: SignedInRequest) -> int:
    """Sign the person of this request out everywhere else; returns of how many open sessions we knew."""
    with transaction.atomic():
        User.objects.filter(pk=request.user.pk).update(session_epoch=F("session_epoch") + 1)
        request.user.refresh_from_db(fields=["session_epoch"])
        number = forget_others(request, request.user)
        update_session_auth_hash(request, request.user)
        note(request)
    return number


def forget_others(request: HttpRequest, user: User) -> int:
    """Delete the rows of sessions that something else has ended, but for the one of this request."""
    own = {request.session.session_key, request.session.get(MARK, ("",))[0]}
    return _delete(UserSession.objects.filter(user=user).exclude(session_key__in=own - {None}))


def forget_ended() -> int:
    """Forget sessions that have run out or were left; returns how many rows went."""
    Session.objects.filter(expire_date__lt=timezone.now()).delete()
    gone = ~Exists(Session.objects.filter(session_key=OuterRef("session_key")))
    return UserSession.objects.filter(gone).delete()[0]


def _delete(rows: QuerySet[UserSession, UserSession]) -> int:
    """Delete them together with Django's; returns how many were open."""
    number = rows.filter(is_open(timezone.now())).count()
    with transaction.atomic():
        Session.objects.filter(session_key__in=rows.values("session_key")).delete()
        rows.delete()
    return number


def _fresh(request: HttpRequest, now: datetime) -> dict[str, object]:
    return {
        "user_id": int(request.session[SESSION_KEY]),
        "address": _address(request),
        "device": devices.spoken(request.META.get("HTTP_USER_AGENT", "")),
        "began_at": now,
        "seen_at": now,
    }


def _address(request: HttpRequest) -> str | None:
    try:
        return get_adapter().get_client_ip(request)
    except PermissionDenied:  # so it says that it does not know
        return None
