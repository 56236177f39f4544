"""Take, promise and give back stock. Each step is one conditional UPDATE: no read-then-write.

Callers touch several variants in the order of their ids; two of them can't deadlock then.
"""

from datetime import datetime

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from accounts.models import User
from audit import log
from catalog.models import StockMovement, StockReason, Variant


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


def sell(variant_id: int, quantity: int, *, held: int, order_item_id: int, at: datetime) -> bool:
    """Turn a promise of `held` pieces into a sale of `quantity`; False when they are not there."""
    free = Variant.objects.filter(pk=variant_id, stock__gte=F("reserved") - held + quantity)
    if not free.update(stock=F("stock") - quantity, reserved=F("reserved") - held):
        return False
    StockMovement.objects.create(
        variant_id=variant_id,
        quantity=-quantity,
        reason=StockReason.SALE,
        order_item_id=order_item_id,
        at=at,
    )
    return True


def change(
    variant: Variant, quantity: int, *, reason: StockReason, actor: User | None, note: str = ""
) -> StockMovement:
    """Receive (+) or adjust (±) stock by `quantity` pieces, audited.

    Raises OutOfStock when less would be left than is promised; nothing was written then.
    """
    with transaction.atomic():
        enough = Q(pk=variant.pk, stock__gte=F("reserved") - quantity)
        if not Variant.objects.filter(enough).update(stock=F("stock") + quantity):
            raise OutOfStock(variant)
        movement = StockMovement.objects.create(
            variant=variant, quantity=quantity, reason=reason, actor=actor, note=note, at=timezone.now()
        )
        log.record(f"stock.{reason}", actor=actor, target=variant, quantity=quantity, note=note)
    return movement
