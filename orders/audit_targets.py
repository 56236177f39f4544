"""How the audit log names an order."""

from collections.abc import Sequence

from django.urls import reverse

from audit import targets
from audit.targets import Target
from orders.models import Order


@targets.describer("order")
def orders(keys: Sequence[str]) -> dict[str, Target]:
    """By primary key, as the log keeps it."""
    pks = [int(key) for key in keys if key.isascii() and key.isdigit() and len(key) < 19]
    return {
        str(pk): Target(number, reverse("orders:order-detail", args=[number]))
        for pk, number in Order.objects.filter(pk__in=pks).values_list("pk", "number")
    }
