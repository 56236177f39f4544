"""What every page's frame shows."""

from django.conf import settings
from django.http import HttpRequest

from purelaka import navigation


def frame(request: HttpRequest) -> dict[str, object]:
    """Store name, payment mode, the store's time zone, the sidebar, and the frame of pages for any role."""
    user = getattr(request, "user", None)  # missing when an early middleware refuses the request
    role = str(getattr(user, "role", ""))
    # Set by accounts' middleware, which keeps the desk closed until there is a second factor.
    is_at_desk = getattr(user, "works_here", False) and not getattr(request, "second_factor_missing", False)
    return {
        "store_name": settings.STORE_NAME,
        "mock_payments": not settings.PAYMENTS_USE_STRIPE,
        "store_time_zone": settings.TIME_ZONE,
        "frame_template": "desk.html" if is_at_desk else "shop.html",
        # A function, so that a page without a sidebar does not pay for its counts.
        "navigation": lambda: navigation.groups(request, role),
    }
