"""Which order Stripe's objects belong to, by their ids, as the facts say."""

from collections.abc import Iterable
from typing import Any

from payments.matching import ORDER_FACTS


def order_numbers(ids: Iterable[str]) -> dict[str, str]:
    """Order number by Stripe id, for the payments, charges, refunds and disputes that have an order.

    Four queries, however many ids.
    """
    return _owners(ids, "order__number")


def order_pks(ids: Iterable[str]) -> dict[str, int]:
    """The same with the order's primary key."""
    return _owners(ids, "order_id")


def order_number(identifier: str) -> str:
    """The number of the order that one object belongs to; empty when there is none."""
    return order_numbers([identifier]).get(identifier, "")


def _owners(ids: Iterable[str], column: str) -> dict[str, Any]:
    wanted = {identifier for identifier in ids if identifier}
    found: dict[str, Any] = {}
    for model in ORDER_FACTS if wanted else ():
        rows = model.objects.filter(**{f"{model.key}__in": wanted}, order__isnull=False)
        found.update(rows.values_list(model.key, column))
    return found
