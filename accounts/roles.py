"""Who may open a page: anonymous people go to the login, the wrong role finds nothing there."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponseBase

from accounts.models import Role, User

View = Callable[..., HttpResponseBase]


class SignedInRequest(HttpRequest):
    """A request whose user is known to be one of ours."""

    user: User


def role_required(*roles: Role) -> Callable[[View], View]:
    """Let only these roles in. Anonymous: redirect to the login. Any other role: 404."""

    def decorate(view: View) -> View:
        @wraps(view)
        def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not request.user.is_authenticated:
                return redirect_to_login(request.get_full_path())
            if request.user.role not in roles:
                raise Http404
            return view(request, *args, **kwargs)

        return checked

    return decorate


# The three circles that pages are shared with; docs/rbac_matrix.md says which page is in which.
ops_required = role_required(Role.OPS, Role.ADMIN)
analyst_required = role_required(Role.ANALYST, Role.ADMIN)
staff_required = role_required(Role.ANALYST, Role.OPS, Role.ADMIN)
