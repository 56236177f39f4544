"""How the audit log names an order."""

from collections.abc import Sequence

from django.urls import reverse

from audit import targets
from audit.targets import Target
from orders import saved_views
from orders.models import Order, SavedView


@targets.describer("order")
def orders(keys: Sequence[str]) -> dict[str, Target]:
    """By primary key, as the log keeps it."""
    return {
        str(pk): Target(number, reverse("orders:order-detail", args=[number]))
        for pk, number in Order.objects.filter(pk__in=_pks(keys)).values_list("pk", "number")
    }


@targets.describer("savedview")
def views(keys: Sequence[str]) -> dict[str, Target]:
    """Those that are shared; what people keep for themselves has no page for others."""
    shared = SavedView.objects.filter(pk__in=_pks(keys), is_shared=True)
    return {str(view.pk): Target(f"view “{view.name}”", saved_views.address(view)) for view in shared}


def _pks(keys: Sequence[str]) -> list[int]:
    return [int(key) for key in keys if key.isascii() and key.isdigit() and len(key) < 19]
