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

from analyticsapp.exports.csv_file import MOMENT, NUMBER, PERSON, TEXT, Column
from analyticsapp.known import EVERYTHING, Known
from analyticsapp.proof.evidence import Evidence, Scope
from analyticsapp.reading import Sql, moment_parameter, rows
from analyticsapp.windows import Window
from analyticsapp.wishes.known import as_known

# What people put into baskets, and what they paid, is read once for the window: a look for each wish would
# read all that its person ever bought. A basket after the purchase was for another one. {only} narrows to the
# wishes of one variant or one person.
STEPS = """
    SELECT wish.id, wish.user_id, wish.variant_id, wish.created_at AS wished_at, wish.removed_at,
        bought.first_at AS bought_at,
        CASE WHEN bought.first_at IS NULL OR added.first_at <= bought.first_at
            THEN added.first_at END AS basket_at,
        CASE WHEN COALESCE(added.first_at, bought.first_at) IS NULL THEN 0 ELSE 1 END AS has_basket
    FROM {wishes} AS wish
    LEFT JOIN (
        SELECT wish.id, MIN(item.added_at) AS first_at
        FROM {basket items} AS item JOIN orders_basket AS basket ON basket.id = item.basket_id
            JOIN {wishes} AS wish ON wish.user_id = basket.user_id
                AND wish.variant_id = item.variant_id AND wish.created_at < item.added_at
        WHERE item.added_at >= %s AND item.added_at < %s AND wish.created_at >= %s{only}
        GROUP BY wish.id
    ) AS added ON added.id = wish.id
    LEFT JOIN (
        SELECT wish.id, MIN(sold.paid_at) AS first_at
        FROM {orders} AS sold JOIN orders_orderitem AS line ON line.order_id = sold.id
            JOIN {wishes} AS wish ON wish.user_id = sold.user_id
                AND wish.variant_id = line.variant_id AND wish.created_at < sold.paid_at
        WHERE sold.status IN ('paid', 'fulfilled') AND sold.paid_at >= %s AND sold.paid_at < %s
            AND wish.created_at >= %s{only}
        GROUP BY wish.id
    ) AS bought ON bought.id = wish.id
    WHERE wish.created_at >= %s AND wish.created_at < %s{only}
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
        COUNT(DISTINCT CASE WHEN bought_at IS NOT NULL THEN user_id END), '', '' FROM steps
    UNION ALL SELECT 'wishes', COUNT(*), COUNT(CASE WHEN has_basket = 1 THEN 1 END), COUNT(bought_at), '', ''
        FROM steps
    UNION ALL SELECT 'given_up', COUNT(*), 0, 0, '', '' FROM steps WHERE has_basket = 0 AND removed_at < %s
    UNION ALL SELECT what, AVG(seconds), MAX(number), 0, '', '' FROM placed
        WHERE place IN ((number + 1) / 2, (number + 2) / 2) GROUP BY what
"""
PRODUCTS_SHOWN = 20
# The variants most wished for, and how many there are in all.
PRODUCTS = f"""
    UNION ALL SELECT 'variants', COUNT(DISTINCT variant_id), 0, 0, '', '' FROM steps
    UNION ALL SELECT * FROM (
        SELECT 'variant', COUNT(*) AS wishes, COUNT(CASE WHEN has_basket = 1 THEN 1 END) AS baskets,
            COUNT(bought_at) AS purchases, variant.sku, product.name
        FROM steps JOIN catalog_variant AS variant ON variant.id = steps.variant_id
            JOIN catalog_product AS product ON product.id = variant.product_id
        GROUP BY variant.id, variant.sku, product.name
        ORDER BY wishes DESC, purchases DESC, variant.id LIMIT {PRODUCTS_SHOWN}
    ) AS most_wished
"""
PER_PERSON = """
    SELECT person.id AS row_id, MIN(steps.wished_at) AS sort_key, 0 AS amount, '' AS currency, person.email,
        COUNT(*) AS wishes, COUNT(CASE WHEN steps.has_basket = 1 THEN 1 END) AS baskets,
        COUNT(steps.bought_at) AS purchases, MIN(steps.wished_at) AS wished_at,
        MIN(steps.basket_at) AS basket_at, MIN(steps.bought_at) AS bought_at
    FROM ({steps}) AS steps JOIN accounts_user AS person ON person.id = steps.user_id
    GROUP BY person.id, person.email HAVING {condition}
"""
PER_WISH = """
    SELECT steps.id AS row_id, {sort key} AS sort_key, 0 AS amount, '' AS currency, person.email,
        product.name AS product, variant.sku, steps.wished_at, steps.basket_at, steps.bought_at,
        steps.removed_at, {seconds} AS seconds, (
            SELECT MIN(sold.number) FROM orders_order AS sold
                JOIN orders_orderitem AS line ON line.order_id = sold.id
            WHERE sold.user_id = steps.user_id AND line.variant_id = steps.variant_id
                AND sold.paid_at = steps.bought_at AND sold.status IN ('paid', 'fulfilled')
        ) AS bought_order
    FROM ({steps}) AS steps JOIN accounts_user AS person ON person.id = steps.user_id
        JOIN catalog_variant AS variant ON variant.id = steps.variant_id
        JOIN catalog_product AS product ON product.id = variant.product_id
    WHERE {condition}
"""


@dataclass(frozen=True)
class Only:
    """The wishes for one variant, or of one person, by their keys; by default all."""

    variant: int | None = None
    person: int | None = None

    @property
    def condition(self) -> str:
        """To be put after another, on `wish`."""
        named = (("variant_id", self.variant), ("user_id", self.person))
        return "".join(f" AND wish.{name} = {int(key)}" for name, key in named if key is not None)


ALL = Only()
SPANS = {
    "to basket": ("wished_at", "basket_at"),
    "to purchase": ("basket_at", "bought_at"),
    "in all": ("wished_at", "bought_at"),
}


@dataclass(frozen=True)
class Reached:
    """How many got to each step; `baskets` never exceeds `wishes`, nor `purchases` `baskets`."""

    wishes: int = 0
    baskets: int = 0
    purchases: int = 0


@dataclass(frozen=True)
class Timed:
    """The median time of the wishes whose both ends are known, and how many these are."""

    median: timedelta | None = None
    wishes: int = 0


@dataclass(frozen=True)
class OfVariant:
    """The wishes for one variant."""

    sku: str
    product: str
    wishes: Reached


@dataclass(frozen=True)
class Funnel:
    """The funnel by person and by wish, and the times from step to step.

    `given_up` are wishes that were taken back and never were in a basket. `products` are the variants most
    wished for, where they were asked for, of `product_count`.
    """

    people: Reached = Reached()
    wishes: Reached = Reached()
    given_up: int = 0
    to_basket: Timed = Timed()
    to_purchase: Timed = Timed()  # from the basket
    in_all: Timed = Timed()
    products: tuple[OfVariant, ...] = ()
    product_count: int = 0


def funnel(
    window: Window, only: Only = ALL, past: Known = EVERYTHING, *, with_products: bool = False
) -> Funnel:
    """Of the wishes made in the window, as they were known by then. One query."""
    found: dict[str, list[Any]] = {}
    products = []
    for what, *cells in rows(funnel_query(window, only, past, with_products=with_products)):
        if what == "variant":
            products.append(OfVariant(cells[3], cells[4], _reached(cells)))
        else:
            found[what] = cells
    return Funnel(
        people=_reached(found["people"]),
        wishes=_reached(found["wishes"]),
        given_up=int(found["given_up"][0]),
        to_basket=_timed(found.get("to_basket")),
        to_purchase=_timed(found.get("to_purchase")),
        in_all=_timed(found.get("in_all")),
        products=tuple(products),
        product_count=int(found["variants"][0]) if with_products else 0,
    )


def funnel_query(
    window: Window, only: Only = ALL, past: Known = EVERYTHING, *, with_products: bool = False
) -> Sql:
    """The one that gives the whole funnel."""
    query = (FUNNEL + PRODUCTS if with_products else FUNNEL).replace("{steps}", steps(only, past))
    for name, span in SPANS.items():
        query = query.replace(f"{{{name}}}", seconds_between(*span))
    return query, [*bounds(window), moment_parameter(window.bounds[1])]


def steps(only: Only = ALL, past: Known = EVERYTHING) -> str:
    """A row for each wish with the moments of its steps; `bounds` are its parameters."""
    return as_known(STEPS.replace("{only}", only.condition), past)


def seconds_between(start: str, end: str) -> str:
    """SQL for the whole seconds from one moment's column to another's."""
    if connection.vendor == "postgresql":
        return f"CAST(EXTRACT(EPOCH FROM {end} - {start}) AS bigint)"
    return f"CAST(ROUND((julianday({end}) - julianday({start})) * 86400) AS bigint)"


def bounds(window: Window) -> list[Any]:
    """Parameters of STEPS."""
    start, end = (moment_parameter(bound) for bound in window.bounds)
    return [start, end, start, start, end, start, start, end]


def people(condition: str = "1 = 1", only: Only = ALL) -> Evidence:
    """The people whose wishes meet a condition on all `steps` of each, by their first wish."""

    def makes(scope: Scope) -> Sql:
        text = PER_PERSON.replace("{steps}", steps(only, scope.state.past)).replace("{condition}", condition)
        return text, bounds(scope.window)

    return Evidence(("person", "people"), "wishers", PERSON_COLUMNS, makes, counted=True)


def wishes(condition: str = "1 = 1", only: Only = ALL, *, span: str = "") -> Evidence:
    """The wishes that meet a condition on their `steps`, the latest first; of a span, the longest first.

    `{end}` in the condition stands for the end of the window.
    """
    ends = [f"steps.{column}" for column in SPANS[span]] if span else []
    seconds = seconds_between(*ends) if ends else "NULL"
    text = PER_WISH.replace("{seconds}", seconds).replace(
        "{sort key}", seconds if span else "steps.wished_at"
    )
    text = text.replace("{condition}", condition.replace("{end}", "%s"))

    def makes(scope: Scope) -> Sql:
        end = [moment_parameter(scope.window.bounds[1])] * condition.count("{end}")
        return text.replace("{steps}", steps(only, scope.state.past)), [*bounds(scope.window), *end]

    columns = (*WISH_COLUMNS, SECONDS) if span else WISH_COLUMNS
    return Evidence(("wish", "wishes"), "wished", columns, makes, counted=True, sorted_by_moment=not span)


def _reached(cells: list[Any]) -> Reached:
    # Postgres gives all numbers of the union as decimals, since one of them is a mean.
    return Reached(*map(int, cells[:3]))


def _timed(cells: list[Any] | None) -> Timed:
    return Timed(timedelta(seconds=float(cells[0])), int(cells[1])) if cells else Timed()


PERSON_COLUMNS = (
    Column("email", PERSON, "Who wished.", "r.email"),
    Column("wishes", NUMBER, "Wishes made in the window.", "r.wishes"),
    Column("baskets", NUMBER, "Those of them that went into the basket.", "r.baskets"),
    Column("purchases", NUMBER, "Those of them that were bought.", "r.purchases"),
    Column("wished_at", MOMENT, "The first wish in the window.", "r.wished_at"),
    Column("basket_at", MOMENT, "When the first of them went into the basket.", "r.basket_at"),
    Column("bought_at", MOMENT, "When the first of them was paid.", "r.bought_at"),
    Column("person", NUMBER, "The number of their account.", "r.row_id"),
)
WISH_COLUMNS = (
    Column("email", PERSON, "Who wished.", "r.email"),
    Column("product", TEXT, "For which product, by its name of now.", "r.product"),
    Column("sku", TEXT, "For which stock-keeping unit.", "r.sku"),
    Column("wished_at", MOMENT, "When.", "r.wished_at"),
    Column(
        "basket_at", MOMENT, "When it first went into the basket after that; empty: never.", "r.basket_at"
    ),
    Column(
        "bought_at", MOMENT, "When an order with it was first paid after that; empty: never.", "r.bought_at"
    ),
    Column(
        "removed_at",
        MOMENT,
        "When it was taken off the list, on whatever day; empty: it is on it.",
        "r.removed_at",
    ),
    Column("bought_order", TEXT, "The number of that order.", "r.bought_order"),
)
SECONDS = Column("seconds", NUMBER, "Whole seconds from one step to the other.", "r.seconds")
PEOPLE = people()
WISHES = wishes()
