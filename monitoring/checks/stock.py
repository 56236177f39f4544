"""Stock → stock movements: what lies on the shelf is what came and went."""

from collections.abc import Iterator
from datetime import datetime

from catalog.models import Variant
from monitoring.check import Evidence, Finding, check, counts, rows
from orders.models import OrderItem

ARROW = ("Stock", "Stock movements")


@check(ARROW, "Each variant's stock is the sum of its movements", compares=Variant.objects.all)
def stock_moved(now: datetime) -> Iterator[Finding]:
    """`stock` of each variant against the sum of its movements.

    A difference means that the figure was changed without a movement. Count the shelf, and record
    an adjustment so that the two agree with it.
    """
    for sku, moved, stock in rows(STOCK_AND_MOVEMENTS):
        yield Finding(sku, f"The stock of {sku} is not what its movements say", **_pieces(moved, stock))


STOCK_AND_MOVEMENTS = """
    SELECT v.sku, COALESCE(m.quantity, 0), v.stock
    FROM catalog_variant v LEFT JOIN (
            SELECT variant_id, SUM(quantity) AS quantity FROM catalog_stockmovement GROUP BY variant_id
        ) m ON m.variant_id = v.id
    WHERE v.stock <> COALESCE(m.quantity, 0)
"""


@check(("Stock", "Orders"), "What is reserved is promised to a pending order", compares=Variant.objects.all)
def stock_reserved(now: datetime) -> Iterator[Finding]:
    """`reserved` of each variant against the pieces its pending orders hold.

    Too much keeps goods from being sold, too little sells them twice. A difference means that an
    order ended without giving its pieces back, or was changed by hand.
    """
    for sku, held, reserved in rows(RESERVED_AND_HELD):
        yield Finding(
            sku, f"What is reserved of {sku} is not what pending orders hold", **_pieces(held, reserved)
        )


RESERVED_AND_HELD = """
    SELECT v.sku, COALESCE(h.held, 0), v.reserved
    FROM catalog_variant v LEFT JOIN (
            SELECT i.variant_id, SUM(i.reserved) AS held
            FROM orders_orderitem i JOIN orders_order o ON o.id = i.order_id
            WHERE i.reserved > 0 AND o.status = 'pending' GROUP BY i.variant_id
        ) h ON h.variant_id = v.id
    WHERE v.reserved <> COALESCE(h.held, 0)
"""


@check(
    ("Orders", "Stock movements"), "Each piece sold has left the stock once", compares=OrderItem.objects.all
)
def items_moved(now: datetime) -> Iterator[Finding]:
    """Each line of a paid order against its sale movement; a line of any other order has none.

    Left out are goods whose stock is not tracked, orders that wait for stock, and those refunded in
    full before their goods came. A difference means that an order was changed by hand: send its
    payment's event again, or adjust the stock.
    """
    for item_id, order_id, number, sku, sold, moved in rows(ITEMS_AND_MOVEMENTS):
        yield Finding(
            f"{number} item {item_id}",
            f"{sku} of {number} has not left the stock as it was sold",
            **_pieces(sold, moved),
            order_id=order_id,
        )


ITEMS_AND_MOVEMENTS = """
    WITH both_ends AS (
        SELECT i.id, i.order_id, o.number, i.sku, COALESCE(-m.quantity, 0) AS moved,
            (o.awaits_stock OR o.refund_status = 'full') AS may_not_have_moved,
            CASE WHEN o.status IN ('paid', 'fulfilled') THEN i.quantity ELSE 0 END AS sold
        FROM orders_orderitem i
            JOIN orders_order o ON o.id = i.order_id
            JOIN catalog_variant v ON v.id = i.variant_id
            LEFT JOIN catalog_stockmovement m ON m.order_item_id = i.id AND m.reason = 'sale'
        WHERE v.stock_tracked
    )
    SELECT id, order_id, number, sku, sold, moved FROM both_ends
    WHERE sold <> moved AND NOT (may_not_have_moved AND moved = 0)
"""


def _pieces(expected: int, found: int) -> Evidence:
    return counts(int(expected), int(found), "piece", "pieces")
