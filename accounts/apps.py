from typing import Any

from allauth.account.signals import password_changed, password_reset, password_set
from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_in
from django.core import checks


class AccountsConfig(AppConfig):
    name = "accounts"

    def ready(self) -> None:
        from accounts import privacy

        checks.register(privacy.check_salt)
        user_logged_in.connect(_note_session, dispatch_uid="accounts.session")
        for signal in (password_changed, password_set, password_reset):
            signal.connect(_forget_other_sessions, dispatch_uid="accounts.other_sessions")


def _note_session(request: Any, **_: Any) -> None:
    from accounts import sessions

    sessions.note(request)


def _forget_other_sessions(request: Any, user: Any, **_: Any) -> None:
    """With another password Django ends all sessions but the one it was changed in."""
    from accounts import sessions

    sessions.forget_others(request, user)
