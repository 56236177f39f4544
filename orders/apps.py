from typing import Any

from allauth.account.signals import email_confirmed
from django.apps import AppConfig
from django.contrib import messages
from django.contrib.auth.signals import user_logged_in


class OrdersConfig(AppConfig):
    name = "orders"

    def ready(self) -> None:
        from orders import audit_targets, checks  # noqa: F401 - they register themselves

        user_logged_in.connect(_bring_basket, dispatch_uid="orders.basket")
        user_logged_in.connect(_bring_orders, dispatch_uid="orders.attach")
        email_confirmed.connect(_bring_confirmed, dispatch_uid="orders.attach")


def _bring_basket(request: Any, user: Any, **_: Any) -> None:
    """Whatever way somebody signs in, their basket comes with them."""
    from orders import basket

    if out := basket.adopt(request, user):
        text = "One order has one currency, so these went out of your basket from before: {}."
        messages.warning(request, text.format(", ".join(out)), fail_silently=True)


def _bring_orders(request: Any, user: Any, **_: Any) -> None:
    """What somebody ordered as a guest with an address that they have confirmed is theirs."""
    from orders.attaching import attach_guest_orders

    if number := attach_guest_orders(user):
        orders = "order that you placed" if number == 1 else "orders that you placed"
        messages.info(
            request, f"{number} {orders} without signing in: now in your account.", fail_silently=True
        )


def _bring_confirmed(request: Any, email_address: Any, **_: Any) -> None:
    """The same when an address is confirmed."""
    _bring_orders(request, email_address.user)
