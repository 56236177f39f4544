"""Wishes, baskets and purchases of people with an account, as they were known at an earlier moment.

A guest's wishes and basket are known to be somebody's only when they sign in, and a guest's order when it
comes into an account; a payment may be learnt of late.
"""

from analyticsapp.known import Known, moment_literal
from analyticsapp.windows import Window
from orders.models import BasketItem
from wishlist.models import WishlistItem

# What each name in braces stands for: now, and as of {moment}.
NOW = {
    "{wishes}": "wishlist_wishlistitem",
    "{basket items}": "orders_basketitem",
    "{orders}": "orders_order",
}
THEN = {
    "{wishes}": """(
        SELECT id, user_id, variant_id, created_at,
            CASE WHEN removed_at < {moment} THEN removed_at END AS removed_at
        FROM wishlist_wishlistitem WHERE COALESCE(known_at, created_at) < {moment}
    )""",
    "{basket items}": """(
        SELECT basket_id, variant_id, added_at
        FROM orders_basketitem WHERE COALESCE(known_at, added_at) < {moment}
    )""",
    # Without an entry nobody paid for it: it was known when it was marked as paid.
    "{orders}": """(
        SELECT paid.id, paid.user_id, paid.status, paid.paid_at, paid.number FROM orders_order AS paid
        WHERE COALESCE((
            SELECT MIN(entry.posted_at) FROM payments_ledgerentry AS entry
            WHERE entry.order_id = paid.id AND entry.kind = 'sale'
        ), paid.paid_at) < {moment} AND CAST(paid.id AS varchar(64)) NOT IN (
            SELECT attached.target_id FROM audit_auditlog AS attached
            WHERE attached.event_type = 'order.attached' AND attached.at >= {moment}
        )
    )""",
}
NOT_KEPT = (
    "Some wishes or baskets of this window are older than the record of when guests signed in. A guest's "
    "among them count from the moment they were made."
)


def as_known(query: str, past: Known) -> str:
    """A query with the tables that it names in braces, as they were known by then."""
    for name, table in NOW.items():
        then = THEN[name].replace("{moment}", moment_literal(past.before)) if past.before else table
        query = query.replace(name, then)
    return query


def not_kept(window: Window) -> str:
    """What to say where a part of a window's past is not stored; or empty. Two queries at most."""
    start, end = window.bounds
    wishes = WishlistItem.objects.filter(known_at=None, created_at__gte=start, created_at__lt=end)
    items = BasketItem.objects.filter(
        basket__user__isnull=False, known_at=None, added_at__gte=start, added_at__lt=end
    )
    return NOT_KEPT if wishes.exists() or items.exists() else ""
