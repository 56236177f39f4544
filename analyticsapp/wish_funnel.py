"""From wish to basket to purchase: each wish of a window followed to the window's end.

A wish is followed by its own product: the first time its person put that variant into their basket
after the wish, and the first time they paid an order with it after the wish. What was bought counts as
having been in a basket, though it may not be known when. Wishes taken back are followed all the same:
moving one to the basket takes it off the list.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import connection

from analyticsapp.csv_file import MOMENT, NUMBER, PERSON, TEXT, Column
from analyticsapp.evidence import Evidence, Scope
from analyticsapp.reading import Sql, moment_parameter, rows
from analyticsapp.windows import Window

# What people put into baskets, and what they paid, is read once for the window: a look for each wish would
# read all that its person ever bought. A basket after the purchase was for another one.
STEPS = """
    SELECT wish.id, wish.user_id, wish.variant_id, wish.created_at AS wished_at, wish.removed_at,
        bought.first_at AS bought_at,
        CASE WHEN bought.first_at IS NULL OR added.first_at <= bought.first_at
            THEN added.first_at END AS basket_at,
        CASE WHEN COALESCE(added.first_at, bought.first_at) IS NULL THEN 0 ELSE 1 END AS has_basket
    FROM wishlist_wishlistitem AS wish
    LEFT JOIN (
        SELECT wished.id, MIN(item.added_at) AS first_at
        FROM orders_basketitem AS item JOIN orders_basket AS basket ON basket.id = item.basket_id
            JOIN wishlist_wishlistitem AS wished ON wished.user_id = basket.user_id
                AND wished.variant_id = item.variant_id AND wished.created_at < item.added_at
        WHERE item.added_at >= %s AND item.added_at < %s AND wished.created_at >= %s
        GROUP BY wished.id
    ) AS added ON added.id = wish.id
    LEFT JOIN (
        SELECT wished.id, MIN(sold.paid_at) AS first_at
        FROM orders_order AS sold JOIN orders_orderitem AS line ON line.order_id = sold.id
            JOIN wishlist_wishlistitem AS wished ON wished.user_id = sold.user_id
                AND wished.variant_id = line.variant_id AND wished.created_at < sold.paid_at
        WHERE sold.status IN ('paid', 'fulfilled') AND sold.paid_at >= %s AND sold.paid_at < %s
            AND wished.created_at >= %s
        GROUP BY wished.id
    ) AS bought ON bought.id = wish.id
    WHERE wish.created_at >= %s AND wish.created_at < %s
"""
# The median of an even number is the mean of the two in the middle; whole seconds.
FUNNEL = """
    WITH steps AS ({steps}),
    spans AS (
        SELECT 'to_basket' AS what, {to basket} AS seconds FROM steps WHERE basket_at IS NOT NULL
        UNION ALL SELECT 'to_purchase', {to purchase} FROM steps
            WHERE basket_at IS NOT NULL AND bought_at IS NOT NULL
        UNION ALL SELECT 'in_all', {in all} FROM steps WHERE bought_at IS NOT NULL
    ),
    placed AS (
        SELECT what, seconds, ROW_NUMBER() OVER (PARTITION BY what ORDER BY seconds) AS place,
            COUNT(*) OVER (PARTITION BY what) AS number
        FROM spans
    )
    SELECT 'people', COUNT(DISTINCT user_id), COUNT(DISTINCT CASE WHEN has_basket = 1 THEN user_id END),
        COUNT(DISTINCT CASE WHEN bought_at IS NOT NULL THEN user_id END) FROM steps
    UNION ALL SELECT 'wishes', COUNT(*), COUNT(CASE WHEN has_basket = 1 THEN 1 END), COUNT(bought_at)
        FROM steps
    UNION ALL SELECT 'given_up', COUNT(*), 0, 0 FROM steps WHERE has_basket = 0 AND removed_at < %s
    UNION ALL SELECT what, AVG(seconds), 0, 0 FROM placed
        WHERE place IN ((number + 1) / 2, (number + 2) / 2) GROUP BY what
"""
PER_PERSON = """
    SELECT person.id AS row_id, MIN(steps.wished_at) AS sort_key, 0 AS amount, '' AS currency, person.email,
        COUNT(*) AS wishes, COUNT(CASE WHEN steps.has_basket = 1 THEN 1 END) AS baskets,
        COUNT(steps.bought_at) AS purchases, MIN(steps.wished_at) AS wished_at,
        MIN(steps.basket_at) AS basket_at, MIN(steps.bought_at) AS bought_at
    FROM ({steps}) AS steps JOIN accounts_user AS person ON person.id = steps.user_id
    GROUP BY person.id, person.email
"""
PER_WISH = """
    SELECT steps.id AS row_id, steps.wished_at AS sort_key, 0 AS amount, '' AS currency, person.email,
        product.name AS product, variant.sku, steps.wished_at, steps.basket_at, steps.bought_at,
        steps.removed_at
    FROM ({steps}) AS steps JOIN accounts_user AS person ON person.id = steps.user_id
        JOIN catalog_variant AS variant ON variant.id = steps.variant_id
        JOIN catalog_product AS product ON product.id = variant.product_id
"""


@dataclass(frozen=True)
class Reached:
    """How many got to each step; `baskets` never exceeds `wishes`, nor `purchases` `baskets`."""

    wishes: int = 0
    baskets: int = 0
    purchases: int = 0


@dataclass(frozen=True)
class Funnel:
    """The funnel by person and by wish; median times of the wishes whose both ends are known, else None.

    `given_up` are wishes that were taken back and never were in a basket.
    """

    people: Reached = Reached()
    wishes: Reached = Reached()
    given_up: int = 0
    to_basket: timedelta | None = None
    to_purchase: timedelta | None = None  # from the basket
    in_all: timedelta | None = None


def funnel(window: Window) -> Funnel:
    """Of the wishes made in the window. One query."""
    query = FUNNEL.replace("{steps}", STEPS)
    for name, start, end in (
        ("to basket", "wished_at", "basket_at"),
        ("to purchase", "basket_at", "bought_at"),
        ("in all", "wished_at", "bought_at"),
    ):
        query = query.replace(f"{{{name}}}", seconds_between(start, end))
    end_of_window = moment_parameter(window.bounds[1])
    # Postgres gives all numbers of the union as decimals, since one of them is a mean.
    found = {what: numbers for what, *numbers in rows((query, [*bounds(window), end_of_window]))}
    return Funnel(
        people=Reached(*map(int, found["people"])),
        wishes=Reached(*map(int, found["wishes"])),
        given_up=int(found["given_up"][0]),
        to_basket=_span(found.get("to_basket")),
        to_purchase=_span(found.get("to_purchase")),
        in_all=_span(found.get("in_all")),
    )


def seconds_between(start: str, end: str) -> str:
    """SQL for the whole seconds from one moment's column to another's."""
    if connection.vendor == "postgresql":
        return f"CAST(EXTRACT(EPOCH FROM {end} - {start}) AS bigint)"
    return f"CAST(ROUND((julianday({end}) - julianday({start})) * 86400) AS bigint)"


def bounds(window: Window) -> list[Any]:
    """Parameters of STEPS."""
    start, end = (moment_parameter(bound) for bound in window.bounds)
    return [start, end, start, start, end, start, start, end]


def of_people(scope: Scope) -> Sql:
    """A row for each person who wished, by their first wish."""
    return PER_PERSON.replace("{steps}", STEPS), bounds(scope.window)


def of_wishes(scope: Scope) -> Sql:
    """A row for each wish."""
    return PER_WISH.replace("{steps}", STEPS), bounds(scope.window)


def _span(found: list[Any] | None) -> timedelta | None:
    return timedelta(seconds=float(found[0])) if found else None


PEOPLE = Evidence(
    ("person", "people"),
    "wishers",
    (
        Column("email", PERSON, "Who wished.", "r.email"),
        Column("wishes", NUMBER, "Wishes made in the window.", "r.wishes"),
        Column("baskets", NUMBER, "Those of them that went into the basket.", "r.baskets"),
        Column("purchases", NUMBER, "Those of them that were bought.", "r.purchases"),
        Column("wished_at", MOMENT, "The first wish in the window.", "r.wished_at"),
        Column("basket_at", MOMENT, "When the first of them went into the basket.", "r.basket_at"),
        Column("bought_at", MOMENT, "When the first of them was paid.", "r.bought_at"),
    ),
    of_people,
    counted=True,
)
WISHES = Evidence(
    ("wish", "wishes"),
    "wishers",
    (
        Column("email", PERSON, "Who wished.", "r.email"),
        Column("product", TEXT, "For which product, by its name of now.", "r.product"),
        Column("sku", TEXT, "For which stock-keeping unit.", "r.sku"),
        Column("wished_at", MOMENT, "When.", "r.wished_at"),
        Column(
            "basket_at", MOMENT, "When it first went into the basket after that; empty: never.", "r.basket_at"
        ),
        Column(
            "bought_at",
            MOMENT,
            "When an order with it was first paid after that; empty: never.",
            "r.bought_at",
        ),
        Column(
            "removed_at",
            MOMENT,
            "When it was taken off the list, on whatever day; empty: it is on it.",
            "r.removed_at",
        ),
    ),
    of_wishes,
    counted=True,
)
