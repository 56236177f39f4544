"""Who may open a page: anonymous people go to the login, the wrong role finds nothing there."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse

from accounts.models import Role, User

View = Callable[..., HttpResponseBase]


class SignedInRequest(HttpRequest):
    """A request whose user is known to be one of ours."""

    user: User


def role_required(*roles: Role) -> Callable[[View], View]:
    """Let only these roles in. Anonymous: redirect to the login. Any other role: 404.

    The view says its `roles`, from which the sidebar knows whom to show it.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not request.user.is_authenticated:
                return to_login(request)
            if request.user.role not in roles:
                raise Http404
            return view(request, *args, **kwargs)

        checked.roles = frozenset(roles)  # type: ignore[attr-defined]
        return checked

    return decorate


def to_login(request: HttpRequest) -> HttpResponse:
    """To the login and back again."""
    return to_page(request, settings.LOGIN_URL)


def to_page(request: HttpRequest, name: str) -> HttpResponse:
    """To a page that leads back again. When a part of a page was asked for, the whole page goes there."""
    htmx = getattr(request, "htmx", None)
    if not htmx:
        return redirect_to_login(request.get_full_path(), reverse(name))
    login = redirect_to_login(htmx.current_url_abs_path or request.get_full_path(), reverse(name))
    return HttpResponse(headers={"HX-Redirect": login.url})


# A page of one's own, whatever one's role.
signed_in_required = role_required(*Role)
# The circles that pages are shared with; docs/rbac_matrix.md says which page is in which.
ops_required = role_required(Role.OPS, Role.ADMIN)
analyst_required = role_required(Role.ANALYST, Role.ADMIN)
admin_required = role_required(Role.ADMIN)
staff_required = role_required(Role.ANALYST, Role.OPS, Role.ADMIN)
