"""Orders by weekday and hour, by country, and by the way they were paid."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import connection

from analyticsapp.exports.files import products
from analyticsapp.known import EVERYTHING, Known
from analyticsapp.reading import Sql, rows
from analyticsapp.rollups.definitions import State
from analyticsapp.windows import Window

# One row for each order and day, as the figure Orders counts them: its amounts sum to gross sales.
SOLD = """
    SELECT order_id, currency, SUM(amount) AS amount, MAX(occurred_at) AS paid_at,
        MAX(source_id) AS source_id, MIN(id) AS row_id
    FROM payments_ledgerentry
    WHERE kind = 'sale' AND currency = %s AND occurred_on BETWEEN %s AND %s AND {known}
    GROUP BY order_id, currency, occurred_on HAVING SUM(amount) <> 0
"""
GROUPED = """
    SELECT {names}, SUM(CASE WHEN named.amount > 0 THEN 1 ELSE 0 END), SUM(named.amount) AS revenue
    FROM (SELECT {what}, s.amount FROM ({sold}) AS s {joined}) AS named{only}
    GROUP BY {names} ORDER BY revenue DESC, {names}
"""
EACH: Sql = ("", [])  # `only` of the queries below: all of them
COUNTRY = "COALESCE(orders_order.country, '') AS name"
WITH_ORDER = "LEFT JOIN orders_order ON orders_order.id = s.order_id"
# The charge that the sale entry names, or else any that went through.
CHARGE = """(
    SELECT CASE WHEN paid.card_brand <> '' THEN paid.card_brand ELSE paid.method END
    FROM payments_charge AS paid WHERE paid.order_id = s.order_id AND paid.status = 'succeeded' {named}
    ORDER BY paid.id LIMIT 1
)"""
NAMED = CHARGE.replace("{named}", "AND s.source_id IN (paid.payment_intent_id, paid.charge_id)")
METHOD = f"COALESCE({NAMED}, {CHARGE.replace('{named}', '')}, '') AS name"


@dataclass(frozen=True)
class Share:
    """Orders and gross sales, in minor units, of one country or way to pay; empty: not known."""

    name: str
    orders: int
    revenue: int


@dataclass(frozen=True)
class Hour:
    """An hour of the store's clock on one weekday (1 is Monday)."""

    weekday: int
    hour: int
    orders: int
    revenue: int


def by_hour(window: Window, currency: str, past: Known = EVERYTHING, only: Sql = EACH) -> list[Hour]:
    """In the store's time zone, whatever its clocks did. One query."""
    found = _grouped(*clock(), "named.weekday, named.hour", window, currency, past, only=only)
    return [Hour(int(day), int(hour), int(orders), int(amount)) for day, hour, orders, amount in found]


def at(row: str) -> Sql:
    """`only` a weekday (`1` is Monday) or an hour of it (`1-14`); all of them of what is neither."""
    if not re.fullmatch(r"[1-7](-\d{1,2})?", row, re.ASCII):
        return EACH
    numbers = [int(number) for number in row.split("-")]
    return _where(
        {f"named.{name}": number for name, number in zip(("weekday", "hour"), numbers, strict=False)}
    )


def called(name: str | None) -> Sql:
    """`only` the country or the way to pay of this name; None: all of them."""
    return EACH if name is None else _where({"named.name": name})


def _where(values: Mapping[str, object]) -> Sql:
    return " WHERE " + " AND ".join(f"{column} = %s" for column in values), list(values.values())


def sold(past: Known) -> str:
    """SOLD, of what had been learnt by then."""
    return SOLD.replace("{known}", past.entries())


def clock() -> tuple[str, list[Any]]:
    """SQL for the `weekday` and `hour` of `s.paid_at` in the store's time zone, and its parameters."""
    parts: list[tuple[str, Any]] = [
        connection.ops.datetime_extract_sql(part, "s.paid_at", (), settings.TIME_ZONE)
        for part in ("iso_week_day", "hour")
    ]
    what = ", ".join(f"{text} AS {name}" for name, (text, _) in zip(("weekday", "hour"), parts, strict=True))
    return what, [value for _, values in parts for value in values]


@dataclass(frozen=True)
class Seller:
    """Pieces of one variant, and its lines after discount in minor units."""

    name: str
    sku: str
    units: int
    revenue: int


def by_product(window: Window, state: State, currency: str, *, only: str = "") -> list[Seller]:
    """The most revenue first, or `only` that of one SKU. One query."""
    query, parameters = products(window, state, currency=currency, sku=only)
    found = rows((query.replace("{cells}", "r.product, r.variant, r.sku, r.units, r.sales"), parameters))
    return [Seller(f"{name} {variant}".strip(), sku, int(n), int(a)) for name, variant, sku, n, a in found]


def by_country(
    window: Window, currency: str, past: Known = EVERYTHING, only: str | None = None
) -> list[Share]:
    """The most revenue first, or `only` one. One query."""
    return [
        Share(n, int(o), int(a))
        for n, o, a in _grouped(COUNTRY, [], "named.name", window, currency, past, WITH_ORDER, called(only))
    ]


def by_method(
    window: Window, currency: str, past: Known = EVERYTHING, only: str | None = None
) -> list[Share]:
    """By the brand of the card, or the other way to pay; the most revenue first, or `only` one. One query."""
    found = _grouped(METHOD, [], "named.name", window, currency, past, only=called(only))
    return [Share(name, int(orders), int(amount)) for name, orders, amount in found]


def _grouped(
    what: str,
    values: list[Any],
    names: str,
    window: Window,
    currency: str,
    past: Known,
    joined: str = "",
    only: Sql = EACH,
) -> list[tuple[Any, ...]]:
    query = GROUPED.replace("{what}", what).replace("{sold}", sold(past))
    query = query.replace("{joined}", joined).replace("{names}", names)
    where, narrowed = only
    return rows((query.replace("{only}", where), [*values, currency, window.start, window.end, *narrowed]))
