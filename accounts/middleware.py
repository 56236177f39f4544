"""What is looked after on every page: which sessions are in use, and the staff's second factor."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponseBase

from accounts import second_factor, sessions
from accounts.models import Role
from accounts.roles import to_page

Handler = Callable[[HttpRequest], HttpResponseBase]


def note_session(get_response: Handler) -> Handler:
    """Keep when a session was last used. A page that has no use for the session does not pay for it."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        if request.session.accessed:
            sessions.note(request)
        return response

    return middleware


class RequireSecondFactor:
    """Before any page of the staff, whoever works here sets up a second factor, if the store says so."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: list[Any], kwargs: dict[str, Any]
    ) -> HttpResponseBase | None:
        if second_factor.is_missing_here(request) and is_for_staff(request, view):
            return to_page(request, "accounts:second-factor")
        return None


def is_for_staff(request: HttpRequest, view: Callable[..., Any]) -> bool:
    """A view that does not let customers in, or one of Django's admin."""
    match = request.resolver_match
    is_admin = match is not None and "admin" in match.namespaces
    return is_admin or Role.CUSTOMER not in getattr(view, "roles", Role)
