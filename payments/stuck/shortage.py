"""Which goods paid orders wait for, and what could be sent in their place."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from typing import Any, NamedTuple

from django.db.models import Case, Exists, F, OuterRef, QuerySet, Value, When

from audit.models import AuditLog
from catalog.models import StockMovement, StockReason, Variant
from orders.models import Order, OrderItem, OrderStatus
from purelaka.money import display

SUBSTITUTED = "order.item_substituted"  # in the audit log
MOST_CHOICES = 20  # for one line
MOST_LOOKED_AT = 500


class Short(NamedTuple):
    """A line whose goods have not left the stock, and variants that could be sent instead."""

    item: OrderItem
    choices: list[Variant]

    @property
    def available(self) -> int:
        """Pieces of it that are free now, zero at least."""
        return max(self.item.variant.available, 0)

    @property
    def missing(self) -> int:
        return max(self.item.quantity - self.available, 0)


def short_items(order_ids: Iterable[int]) -> list[OrderItem]:
    """Lines of these paid orders whose tracked goods have not left the stock. One query."""
    sold = StockMovement.objects.filter(order_item=OuterRef("pk"), reason=StockReason.SALE)
    return list(
        OrderItem.objects.filter(
            ~Exists(sold),
            order__in=list(order_ids),
            order__status=OrderStatus.PAID,
            order__awaits_stock=True,
            variant__stock_tracked=True,
        )
        .select_related("variant__product", "order")
        .order_by("order_id", "pk")
    )


def shortages(order_ids: Collection[int]) -> dict[int, list[Short]]:
    """The same by order, with what could be sent instead. Two queries however many there are."""
    items = short_items(order_ids)
    candidates = list(_candidates(items)[:MOST_LOOKED_AT]) if items else []
    found: dict[int, list[Short]] = defaultdict(list)
    for item in items:
        fits = [variant for variant in candidates if not why_not_instead(item, variant)]
        found[item.order_id].append(Short(item, _nearest_first(item, fits)[:MOST_CHOICES]))
    return found


def why_not_instead(item: OrderItem, variant: Variant) -> str:
    """Why this variant can't be sent in the place of the line's; empty when it can."""
    currency = item.order.currency
    if variant.pk == item.variant_id:
        return f"{variant} is what was ordered."
    if variant.currency != currency:
        return (
            f"{variant} is sold in {variant.currency.upper()}, and the order was paid in {currency.upper()}."
        )
    if variant.unit_amount != item.unit_amount:
        return (
            f"{variant} costs {display(variant.unit_amount, currency)}, and the customer paid "
            f"{display(item.unit_amount, currency)} each. Choose one of the same price, or refund."
        )
    if not (variant.is_active and variant.product.is_active):
        return f"{variant} is not sold any more."
    if not variant.stock_tracked or variant.available < item.quantity:
        free = max(variant.available, 0) if variant.stock_tracked else 0
        return f"{item.quantity:,} of {variant} are needed, and {free:,} are free."
    return ""


def substituted(order: Order) -> dict[str, dict[str, Any]]:
    """What the audit log says of each line that was substituted, by the line's pk as text."""
    rows = AuditLog.objects.filter(
        event_type=SUBSTITUTED, target_type="order", target_id=str(order.pk)
    ).order_by("pk")
    return {str(row.data["item"]): row.data for row in rows}


def _candidates(items: Sequence[OrderItem]) -> "QuerySet[Variant]":
    """In stock at one of the prices; of the same categories first."""
    categories = {item.variant.product.category_id for item in items}
    near = Case(When(product__category__in=categories, then=Value(0)), default=Value(1))
    return (
        Variant.objects.filter(
            unit_amount__in={item.unit_amount for item in items},
            currency__in={item.order.currency for item in items},
            stock__gt=F("reserved"),
            stock_tracked=True,
            is_active=True,
            product__is_active=True,
        )
        .select_related("product")
        .order_by(near, "product__name", "name", "pk")
    )


def _nearest_first(item: OrderItem, variants: Sequence[Variant]) -> list[Variant]:
    """Of the same product, then of its category, then the others."""
    product = item.variant.product

    def distance(variant: Variant) -> int:
        same = variant.product_id == product.pk
        return 0 if same else 1 if variant.product.category_id == product.category_id else 2

    return sorted(variants, key=distance)
