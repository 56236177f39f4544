"""Knows from which address a request came."""

from collections.abc import Callable

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_ipv46_address
from django.http import HttpRequest, HttpResponseBase

from audit import log

Handler = Callable[[HttpRequest], HttpResponseBase]


def client_address(get_response: Handler) -> Handler:
    """Middleware that makes the client's address known to `audit.log` during a request."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        token = log.address.set(address_of(request))
        try:
            return get_response(request)
        finally:
            log.address.reset(token)

    return middleware


def address_of(request: HttpRequest) -> str | None:
    """The client's IP address: of the peer, or as many hops back as proxies are trusted."""
    hops = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
    trusted = settings.TRUSTED_PROXIES
    found = hops[-trusted].strip() if 0 < trusted <= len(hops) else request.META.get("REMOTE_ADDR", "")
    try:
        validate_ipv46_address(found)
    except ValidationError:
        return None
    return str(found)
