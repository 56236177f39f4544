"""Counts that are not sums of days: people and orders, each once in a window."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from analyticsapp.reading import Sql, as_day, moment_parameter, rows
from analyticsapp.rollups import CUSTOMER_ROLLUP, REFUND_ROLLUP, State, relation
from analyticsapp.windows import Window

# A wish counts in a window when it was made in it and not taken back in it. What goes into the basket
# and what is bought may be anything; it comes after the wish, in the same window.
WISHED = """
    FROM wishlist_wishlistitem AS wish
    WHERE wish.created_at >= %s AND wish.created_at < %s
        AND (wish.removed_at IS NULL OR wish.removed_at >= %s)
"""
BOUGHT_AFTERWARDS = """
        AND EXISTS (
            SELECT 1 FROM orders_order AS bought
            WHERE bought.user_id = wish.user_id AND bought.status IN ('paid', 'fulfilled')
                AND bought.paid_at > wish.created_at AND bought.paid_at < %s
        )
"""
# Who bought had it in a basket, whether that basket is known or not.
BASKET_AFTERWARDS = """
        AND (
            EXISTS (
                SELECT 1 FROM orders_basketitem AS item
                    JOIN orders_basket AS basket ON basket.id = item.basket_id
                WHERE basket.user_id = wish.user_id AND item.added_at > wish.created_at AND item.added_at < %s
            )
            OR EXISTS (
                SELECT 1 FROM orders_order AS bought
                WHERE bought.user_id = wish.user_id AND bought.status IN ('paid', 'fulfilled')
                    AND bought.paid_at > wish.created_at AND bought.paid_at < %s
            )
        )
"""
# {customers} and {refunds} are relations over both windows; each %s is the first day of the later one.
COUNTS = """
    WITH customer_days AS ({customers}),
    bought AS (
        SELECT currency, email, SUM(CASE WHEN day >= %s THEN orders ELSE 0 END) AS now,
            SUM(CASE WHEN day < %s THEN orders ELSE 0 END) AS before
        FROM customer_days GROUP BY currency, email
    ),
    returned AS (
        SELECT currency, order_id, SUM(CASE WHEN day >= %s THEN refunds ELSE 0 END) AS now,
            SUM(CASE WHEN day < %s THEN refunds ELSE 0 END) AS before
        FROM ({refunds}) AS refund_days GROUP BY currency, order_id
    )
    SELECT 'customers_of_day', currency, day, COUNT(*), 0
        FROM customer_days WHERE orders > 0 GROUP BY currency, day
    UNION ALL SELECT 'unique_customers', currency, NULL, COUNT(CASE WHEN now > 0 THEN 1 END),
        COUNT(CASE WHEN before > 0 THEN 1 END) FROM bought GROUP BY currency
    UNION ALL SELECT 'repeat_customers', currency, NULL, COUNT(CASE WHEN now > 1 THEN 1 END),
        COUNT(CASE WHEN before > 1 THEN 1 END) FROM bought GROUP BY currency
    UNION ALL SELECT 'refunded_orders', currency, NULL, COUNT(CASE WHEN now < 0 THEN 1 END),
        COUNT(CASE WHEN before < 0 THEN 1 END) FROM returned GROUP BY currency
    UNION ALL SELECT 'wishlisted_users', NULL, NULL,
        (SELECT COUNT(DISTINCT wish.user_id) {wished}), (SELECT COUNT(DISTINCT wish.user_id) {wished})
    UNION ALL SELECT 'basket_users', NULL, NULL,
        (SELECT COUNT(DISTINCT wish.user_id) {wished} {in a basket}),
        (SELECT COUNT(DISTINCT wish.user_id) {wished} {in a basket})
    UNION ALL SELECT 'purchased_users', NULL, NULL,
        (SELECT COUNT(DISTINCT wish.user_id) {wished} {afterwards}),
        (SELECT COUNT(DISTINCT wish.user_id) {wished} {afterwards})
"""


@dataclass
class Counts:
    """Counts of a window and of the one before it. People with a wish have no currency: it is empty."""

    pairs: dict[tuple[str, str], tuple[int, int]] = field(default_factory=dict)
    customers_of_day: dict[tuple[str, date], int] = field(default_factory=dict)

    def of(self, what: str, currency: str = "") -> tuple[int, int]:
        """How many in the window, and in the one before."""
        return self.pairs.get((what, currency), (0, 0))

    def beside(self, earlier: "Counts") -> "Counts":
        """These, with the counts of another window as the earlier ones."""
        keys = self.pairs.keys() | earlier.pairs.keys()
        pairs = {key: (self.of(*key)[0], earlier.of(*key)[0]) for key in keys}
        return Counts(pairs, earlier.customers_of_day | self.customers_of_day)


def counts(window: Window, state: State, *, before: Window | None = None) -> Counts:
    """Customers, refunded orders and people with a wish, each counted once over the whole window.

    One query. `before` must end the day before the window starts; without it, its counts are 0.
    """
    found = Counts()
    for what, currency, day, now, earlier in rows(_query(window, state, before)):
        moved = as_day(day)
        if moved:
            found.customers_of_day[currency, moved] = now
        else:
            found.pairs[what, currency or ""] = (now, earlier)
    return found


def _query(window: Window, state: State, before: Window | None) -> Sql:
    both = Window(before.start if before else window.start, window.end)
    customers, of_customers = relation(CUSTOMER_ROLLUP, both, state)
    refunds, of_refunds = relation(REFUND_ROLLUP, both, state)
    query = COUNTS.replace("{customers}", customers).replace("{refunds}", refunds)
    query = query.replace("{wished}", WISHED).replace("{afterwards}", BOUGHT_AFTERWARDS)
    query = query.replace("{in a basket}", BASKET_AFTERWARDS)
    first_day: list[Any] = [window.start, window.start]
    # wished, in a basket, bought: each for both windows
    people = [bound for ends in (0, 2, 1) for one in (window, before) for bound in wish_bounds(one, ends)]
    # In the order of the text: the relations come where they are named.
    return query, [*of_customers, *first_day, *first_day, *of_refunds, *people]


def moments_of(window: Window) -> list[Any]:
    """The window's two moments, `[from, to)`, as parameters."""
    return [moment_parameter(bound) for bound in window.bounds]


def wish_bounds(window: Window | None, ends: int = 0) -> list[Any]:
    """Parameters of WISHED, and of as many further `ends`. Of no window: bounds of nothing.

    BOUGHT_AFTERWARDS asks for one end more, BASKET_AFTERWARDS for two.
    """
    start, end = window.bounds if window else (Window(date(1970, 1, 1), date(1970, 1, 1)).bounds[0],) * 2
    return [moment_parameter(moment) for moment in (start, end, end, *[end] * ends)]
