"""Whether somebody on the staff still has to set up a second step of signing in."""

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.http import HttpRequest

from accounts.models import User

KINDS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)


def is_missing(user: User) -> bool:
    """The store asks its staff for one (`REQUIRE_STAFF_MFA`), and this person has none."""
    if not (settings.REQUIRE_STAFF_MFA and user.works_here):
        return False
    return not Authenticator.objects.filter(user=user, type__in=KINDS).exists()


def is_missing_here(request: HttpRequest) -> bool:
    """The same of the person of this request, asked once a request. Costs nothing without a session."""
    if not settings.REQUIRE_STAFF_MFA or settings.SESSION_COOKIE_NAME not in request.COOKIES:
        return False
    if not hasattr(request, "second_factor_missing"):
        user = request.user
        request.second_factor_missing = user.is_authenticated and is_missing(user)  # type: ignore[attr-defined]
    return bool(getattr(request, "second_factor_missing", False))
