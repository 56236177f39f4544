"""The whole state that events lead to, as plain values that can be compared."""

from typing import Any

from django.db.models import Model, Sum

from catalog.models import StockMovement, Variant
from orders.models import Order
from payments.matching import ORDER_FACTS
from payments.models import BalanceTransaction, LedgerEntry, Payout

LEARNT = ("known_at", "status_known_at", "paid_known_at")
FACTS = (*ORDER_FACTS, Payout, BalanceTransaction)


def everything() -> dict[str, Any]:
    """Orders, facts, ledger net per day, stock: what must not depend on the order of events."""
    return {
        "orders": _rows(Order, "number"),
        "facts": {model.__name__: _rows(model, model.key) for model in FACTS},
        "ledger": ledger_per_day(),
        "stock": list(Variant.objects.order_by("sku").values_list("sku", "stock", "reserved")),
        "movements": sorted(
            StockMovement.objects.exclude(order_item=None).values_list(
                "variant__sku", "quantity", "reason", "at"
            )
        ),
    }


def ledger_per_day() -> list[tuple[Any, ...]]:
    """Non-zero sums of the ledger by kind, source, order, currency and day."""
    keys = ("occurred_on", "kind", "source_id", "order__number", "currency")
    sums = LedgerEntry.objects.values_list(*keys).annotate(net=Sum("amount")).order_by(*keys)
    return [row for row in sums if row[-1]]


def _rows(model: type[Model], key: str) -> list[dict[str, Any]]:
    """Without database ids: a sequence does not count back when a transaction is undone. And without
    when we learnt of it: that is about the order in which events come.
    """
    names = [f.attname for f in model._meta.concrete_fields if not f.primary_key and f.name not in LEARNT]
    told = ["order__number" if name == "order_id" else name for name in names]
    return list(model._default_manager.order_by(key).values(*told))
