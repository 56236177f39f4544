from typing import Any

from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_in


class WishlistConfig(AppConfig):
    name = "wishlist"

    def ready(self) -> None:
        user_logged_in.connect(_bring_wishes, dispatch_uid="wishlist.wishes")


def _bring_wishes(request: Any, user: Any, **_: Any) -> None:
    """Whatever way somebody signs in or up, what they wished for comes with them."""
    from wishlist import wishes

    wishes.adopt(request, user)
