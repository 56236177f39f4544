"""Stripe.js in the browser: the one outside script, on the one page that takes payments.

docs.stripe.com/security/guide#content-security-policy
"""

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlsplit

from csp.decorators import csp_update
from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

View = Callable[..., HttpResponseBase]

SCRIPTS = ["https://js.stripe.com", "https://*.js.stripe.com"]
SOURCES = {
    "script-src": SCRIPTS,
    "frame-src": [*SCRIPTS, "https://hooks.stripe.com"],
    "connect-src": ["https://api.stripe.com"],
}


def allow_stripe_js(view: View) -> View:
    """In Stripe mode, the browser policy of this view's pages lets Stripe.js work."""

    @wraps(view)
    def allowing(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not settings.PAYMENTS_USE_STRIPE:
            return view(request, *args, **kwargs)
        response = csp_update(sources())(view)(request, *args, **kwargs)
        # Wallets open a window of their own and answer from there.
        response.headers["Cross-Origin-Opener-Policy"] = "same-origin-allow-popups"
        return response

    return allowing


def sources() -> dict[str, list[str]]:
    """What the policy must allow for STRIPE_JS_URL: Stripe's own list, or the server of a fake one."""
    address = urlsplit(settings.STRIPE_JS_URL)
    origin = f"{address.scheme}://{address.netloc}"
    if origin in SCRIPTS:
        return SOURCES
    return {"script-src": [origin], "connect-src": [origin]}
