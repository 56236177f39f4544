"""System checks of what mails to customers need: `manage.py check` tells of a wrong deployment."""

import re
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register


@register
def site_address(app_configs: Sequence[Any] | None = None, **kwargs: Any) -> list[CheckMessage]:
    """Links in mails are made of SITE_URL."""
    if re.fullmatch(r"https?://[^/\s]+", settings.SITE_URL):
        return []
    return [
        Error(
            f"SITE_URL is {settings.SITE_URL!r}: links in mails would lead nowhere.",
            hint="Write scheme and host only, such as https://shop.example.com.",
            id="orders.E001",
        )
    ]
