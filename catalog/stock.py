"""Take, promise and give back stock. Each step is one conditional UPDATE: no read-then-write.

Callers touch several variants in the order of their ids; two of them can't deadlock then.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from accounts.models import User
from audit import log
from catalog.models import StockMovement, StockReason, Variant
from purelaka import sql

TAKE = """UPDATE catalog_variant SET stock = stock - %s, reserved = reserved - %s
    WHERE id = %s AND stock - reserved + %s >= %s RETURNING id"""


class OutOfStock(Exception):
    """Less is there than was asked for. Carries the variant."""

    def __init__(self, variant: Variant) -> None:
        self.variant = variant
        super().__init__(f"{variant}: {max(variant.available, 0)} left")


def reserve(variant: Variant, quantity: int) -> int:
    """Promise `quantity` pieces and return how many are now held.

    0 is held where stock is not tracked, or where a preorder exceeds what is there. Raises
    OutOfStock when it can't be promised; nothing was written then.
    """
    if not variant.stock_tracked:
        return 0
    free = Variant.objects.filter(pk=variant.pk, stock__gte=F("reserved") + quantity)
    if free.update(reserved=F("reserved") + quantity):
        return quantity
    if variant.preorder:
        return 0
    variant.refresh_from_db()
    raise OutOfStock(variant)


def release(variant_id: int, quantity: int) -> None:
    """Give back `quantity` promised pieces."""
    if quantity:
        Variant.objects.filter(pk=variant_id).update(reserved=F("reserved") - quantity)


class Sale(NamedTuple):
    """`quantity` pieces of a variant go to an order line; `held` of them were promised to it."""

    variant_id: int
    order_item_id: int
    quantity: int
    held: int
    at: datetime


def sell(sales: Iterable[Sale]) -> set[int]:
    """Take sold goods off the shelf; returns the order lines whose goods were there.

    In the order of the variants' ids, whatever the order asked for: no two calls deadlock.
    """
    sold = [sale for sale in sorted(sales) if _take(sale)]
    sql.insert(
        StockMovement,
        [
            {
                "variant_id": sale.variant_id,
                "quantity": -sale.quantity,
                "reason": StockReason.SALE,
                "order_item_id": sale.order_item_id,
                "at": sale.at,
            }
            for sale in sold
        ],
    )
    return {sale.order_item_id for sale in sold}


def change(
    variant: Variant,
    quantity: int,
    *,
    reason: StockReason,
    actor: User | None,
    note: str = "",
    form_key: UUID | None = None,
    order_item_id: int | None = None,
) -> StockMovement:
    """Receive (+) or adjust (±) stock by `quantity` pieces, audited.

    `form_key` is of the page that asks: the second time it is an IntegrityError. `order_item_id` is
    the order's line that goods come back from. Raises OutOfStock when less would be left than is
    promised; nothing was written then.
    """
    with transaction.atomic():
        enough = Q(pk=variant.pk, stock__gte=F("reserved") - quantity)
        if not Variant.objects.filter(enough).update(stock=F("stock") + quantity):
            raise OutOfStock(variant)
        movement = StockMovement.objects.create(
            variant=variant,
            quantity=quantity,
            reason=reason,
            actor=actor,
            note=note,
            at=timezone.now(),
            form_key=form_key,
            order_item_id=order_item_id,
        )
        log.record(f"stock.{reason}", actor=actor, target=variant, quantity=quantity, note=note)
    return movement


def _take(sale: Sale) -> bool:
    return bool(sql.fetch(TAKE, [sale.quantity, sale.held, sale.variant_id, sale.held, sale.quantity]))
