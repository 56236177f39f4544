"""What every page's frame shows."""

from django.conf import settings
from django.http import HttpRequest


def frame(request: HttpRequest) -> dict[str, object]:
    """Store name, payment mode and the store's time zone, for `base.html`."""
    return {
        "store_name": settings.STORE_NAME,
        "mock_payments": not settings.PAYMENTS_USE_STRIPE,
        "store_time_zone": settings.TIME_ZONE,
    }
