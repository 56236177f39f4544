from typing import Any

from django.apps import AppConfig
from django.contrib import messages
from django.contrib.auth.signals import user_logged_in


class OrdersConfig(AppConfig):
    name = "orders"

    def ready(self) -> None:
        from orders import audit_targets  # noqa: F401 - it registers itself

        user_logged_in.connect(_bring_basket, dispatch_uid="orders.basket")


def _bring_basket(request: Any, user: Any, **_: Any) -> None:
    """Whatever way somebody signs in, their basket comes with them."""
    from orders import basket

    if out := basket.adopt(request, user):
        text = "One order has one currency, so these went out of your basket from before: {}."
        messages.warning(request, text.format(", ".join(out)), fail_silently=True)
