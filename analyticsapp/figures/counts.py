"""Counts that are not sums of days: people and orders, each once in a window."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from operator import add
from typing import Any

from analyticsapp.reading import Sql, as_day, moment_parameter, rows
from analyticsapp.rollups.definitions import CUSTOMER_ROLLUP, FRESH, REFUND_ROLLUP, State, relation
from analyticsapp.windows import Window
from analyticsapp.wishes.known import as_known

# A wish counts in a window when it was made in it and not taken back in it. What goes into the basket
# and what is bought may be anything; it comes after the wish, in the same window. What comes after one of a
# person's wishes comes after the first: so each person is looked up once, and not each wish in all that its
# person ever bought.
WISHED = """
    FROM (
        SELECT wish.user_id, MIN(wish.created_at) AS first_at
        FROM {wishes} AS wish
        WHERE wish.created_at >= %s AND wish.created_at < %s
            AND (wish.removed_at IS NULL OR wish.removed_at >= %s)
        GROUP BY wish.user_id
    ) AS wisher WHERE 1 = 1
"""
BOUGHT_AFTERWARDS = """
        AND EXISTS (
            SELECT 1 FROM {orders} AS bought
            WHERE bought.user_id = wisher.user_id AND bought.status IN ('paid', 'fulfilled')
                AND bought.paid_at > wisher.first_at AND bought.paid_at < %s
        )
"""
# Who bought had it in a basket, whether that basket is known or not.
BASKET_AFTERWARDS = """
        AND (
            EXISTS (
                SELECT 1 FROM {basket items} AS item
                    JOIN orders_basket AS basket ON basket.id = item.basket_id
                WHERE basket.user_id = wisher.user_id
                    AND item.added_at > wisher.first_at AND item.added_at < %s
            )
            OR EXISTS (
                SELECT 1 FROM {orders} AS bought
                WHERE bought.user_id = wisher.user_id AND bought.status IN ('paid', 'fulfilled')
                    AND bought.paid_at > wisher.first_at AND bought.paid_at < %s
            )
        )
"""
# {customers} has the customers' figures as PEOPLE or PEOPLE_BY_DAY gives them, {refunded} the orders
# refunded, as REFUNDED or REFUNDED_BY_DAY does.
COUNTS = """
    WITH customers AS ({customers}), refunded AS ({refunded})
    SELECT what, currency, day, now, before, '' AS email FROM customers
    UNION ALL SELECT 'refunded_orders', currency, NULL, now, before, '' FROM refunded
    UNION ALL SELECT 'wishlisted_users', NULL, NULL,
        (SELECT COUNT(*) {wished}), (SELECT COUNT(*) {wished}), ''
    UNION ALL SELECT 'basket_users', NULL, NULL,
        (SELECT COUNT(*) {wished} {in a basket}),
        (SELECT COUNT(*) {wished} {in a basket}), ''
    UNION ALL SELECT 'purchased_users', NULL, NULL,
        (SELECT COUNT(*) {wished} {afterwards}),
        (SELECT COUNT(*) {wished} {afterwards}), ''
"""
# From each customer's days, one by one. {days} is a relation over both windows; each %s is the first day of
# the later one.
PEOPLE = """
    WITH customer_days AS ({days}),
    bought AS (
        SELECT currency, email, SUM(CASE WHEN day >= %s THEN orders ELSE 0 END) AS now,
            SUM(CASE WHEN day < %s THEN orders ELSE 0 END) AS before
        FROM customer_days GROUP BY currency, email
    )
    SELECT 'customers_of_day' AS what, currency, day, COUNT(*) AS now, 0 AS before
        FROM customer_days WHERE orders > 0 GROUP BY currency, day
    UNION ALL SELECT 'unique_customers', currency, NULL, COUNT(CASE WHEN now > 0 THEN 1 END),
        COUNT(CASE WHEN before > 0 THEN 1 END) FROM bought GROUP BY currency
    UNION ALL SELECT 'repeat_customers', currency, NULL, COUNT(CASE WHEN now > 1 THEN 1 END),
        COUNT(CASE WHEN before > 1 THEN 1 END) FROM bought GROUP BY currency
"""
# The same from a few pairs of days, however many customers there are: of each day the pair at which its
# window begins. A window's customers are its orders that are their customers' first in it.
FIRST_PAIR = """
            (SELECT {figure} FROM analyticsapp_customerreturn AS pair
            WHERE pair.day = moved.day AND pair.currency = moved.currency
                AND pair.earlier >= CASE WHEN moved.day >= %s THEN %s ELSE %s END
            ORDER BY pair.earlier LIMIT 1)"""
PEOPLE_BY_DAY = f"""
    WITH per_day AS (
        SELECT moved.currency, moved.day, moved.day >= %s AS is_now, own.firsts_from AS customers,
            {FIRST_PAIR.replace("{figure}", "firsts_from")} AS firsts,
            {FIRST_PAIR.replace("{figure}", "seconds_from")} AS seconds
        FROM analyticsapp_analyticssnapshotdaily AS moved JOIN analyticsapp_customerreturn AS own
            ON own.day = moved.day AND own.currency = moved.currency AND own.earlier = moved.day
        WHERE moved.day BETWEEN %s AND %s
    )
    SELECT 'customers_of_day' AS what, currency, day, CAST(customers AS bigint) AS now, 0 AS before
        FROM per_day
    UNION ALL SELECT 'unique_customers', currency, NULL,
        CAST(SUM(CASE WHEN is_now THEN firsts ELSE 0 END) AS bigint),
        CAST(SUM(CASE WHEN is_now THEN 0 ELSE firsts END) AS bigint) FROM per_day GROUP BY currency
    UNION ALL SELECT 'repeat_customers', currency, NULL,
        CAST(SUM(CASE WHEN is_now THEN seconds ELSE 0 END) AS bigint),
        CAST(SUM(CASE WHEN is_now THEN 0 ELSE seconds END) AS bigint) FROM per_day GROUP BY currency
"""
# Orders refunded, from each one's days. {refunds} is a relation over both windows; each %s is the first day
# of the later one.
REFUNDED = """
    SELECT currency, COUNT(CASE WHEN now < 0 THEN 1 END) AS now,
        COUNT(CASE WHEN before < 0 THEN 1 END) AS before
    FROM (
        SELECT currency, order_id, SUM(CASE WHEN day >= %s THEN refunds ELSE 0 END) AS now,
            SUM(CASE WHEN day < %s THEN refunds ELSE 0 END) AS before
        FROM ({refunds}) AS refund_days GROUP BY currency, order_id
    ) AS returned GROUP BY currency
"""
# The same from pairs of days, however many orders there are.
REFUNDED_BY_DAY = """
    SELECT currency, CAST(SUM(CASE WHEN earlier >= %s THEN orders ELSE 0 END) AS bigint) AS now,
        CAST(SUM(CASE WHEN day < %s THEN orders ELSE 0 END) AS bigint) AS before
    FROM analyticsapp_refundpair WHERE day BETWEEN %s AND %s AND earlier >= %s GROUP BY currency
"""
# The days of the customers whose sales changed since the last build, as they are and as they were built.
CHANGED = f"""
    UNION ALL SELECT 'changed', currency, day, now, built, email FROM (
    WITH changed AS (
        SELECT DISTINCT entry.occurred_on AS day, entry.currency, buyer.email
        FROM ({FRESH}) AS entry JOIN orders_order AS buyer ON buyer.id = entry.order_id
        WHERE entry.kind = 'sale' AND entry.occurred_on BETWEEN %s AND %s
    ),
    sold AS (
        SELECT changed.day, changed.currency, changed.email, entry.order_id
        FROM changed JOIN orders_order AS buyer ON buyer.email = changed.email
            JOIN payments_ledgerentry AS entry ON entry.order_id = buyer.id AND entry.kind = 'sale'
                AND entry.occurred_on = changed.day AND entry.currency = changed.currency
        GROUP BY changed.day, changed.currency, changed.email, entry.order_id HAVING SUM(entry.amount) > 0
    ),
    stored AS (
        SELECT customer.day, customer.currency, customer.email, customer.orders
        FROM analyticsapp_customerday AS customer
            JOIN (SELECT DISTINCT currency, email FROM changed) AS who
                ON who.email = customer.email AND who.currency = customer.currency
        WHERE customer.day BETWEEN %s AND %s
    )
    SELECT currency, email, day, orders AS now, orders AS built FROM stored
        WHERE NOT EXISTS (SELECT 1 FROM changed WHERE changed.day = stored.day
            AND changed.currency = stored.currency AND changed.email = stored.email)
    UNION ALL SELECT currency, email, day, 0, orders FROM stored
        WHERE EXISTS (SELECT 1 FROM changed WHERE changed.day = stored.day
            AND changed.currency = stored.currency AND changed.email = stored.email)
    UNION ALL SELECT currency, email, day, COUNT(*), 0 FROM sold GROUP BY currency, email, day
    ) AS changed_days
"""
# By how much the orders refunded differ from those built, for the orders with entries since.
REFUNDED_SINCE = f"""
    UNION ALL SELECT 'refunded_since', currency, NULL, now, before, '' FROM (
    WITH changed AS (
        SELECT DISTINCT entry.currency, entry.order_id FROM ({FRESH}) AS entry
        WHERE entry.kind IN ('refund', 'refund_reversal') AND entry.occurred_on BETWEEN %s AND %s
            AND entry.order_id IS NOT NULL
    ),
    went_back AS (
        SELECT kept.currency, kept.order_id, kept.day, kept.refunds AS built, 0 AS posted
        FROM changed JOIN analyticsapp_refundday AS kept
            ON kept.order_id = changed.order_id AND kept.currency = changed.currency
        UNION ALL
        SELECT entry.currency, entry.order_id, entry.occurred_on, 0, entry.amount
        FROM changed JOIN payments_ledgerentry AS entry ON entry.order_id = changed.order_id
            AND entry.currency = changed.currency AND entry.kind IN ('refund', 'refund_reversal')
    ),
    summed AS (
        SELECT currency, order_id, day >= %s AS is_now, SUM(built) AS built, SUM(posted) AS posted
        FROM went_back WHERE day BETWEEN %s AND %s GROUP BY currency, order_id, day >= %s
    )
    SELECT currency, COUNT(CASE WHEN is_now AND posted < 0 THEN 1 END)
            - COUNT(CASE WHEN is_now AND built < 0 THEN 1 END) AS now,
        COUNT(CASE WHEN NOT is_now AND posted < 0 THEN 1 END)
            - COUNT(CASE WHEN NOT is_now AND built < 0 THEN 1 END) AS before
    FROM summed GROUP BY currency
    ) AS refunded_since
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

    def correct(self, what: str, currency: str, now: int, before: int) -> None:
        """Correct a pair."""
        known_now, known_before = self.of(what, currency)
        self.pairs[what, currency] = (known_now + now, known_before + before)


def counts(window: Window, state: State, *, before: Window | None = None) -> Counts:
    """Customers, refunded orders and people with a wish, each counted once over the whole window.

    One query. `before` must end the day before the window starts; without it, its counts are 0.
    """
    found = Counts()
    changed: list[tuple[str, str, date, int, int]] = []
    for what, currency, on, now, earlier, email in rows(query(window, state, before)):
        day = as_day(on)
        if day and what == "changed":
            changed.append((currency, email, day, now, earlier))
        elif day:
            found.customers_of_day[currency, day] = now
        elif what == "refunded_since":
            found.correct("refunded_orders", currency, now, earlier)
        else:
            found.pairs[what, currency or ""] = (now, earlier)
    _correct(found, window.start, changed)
    return found


def _correct(found: Counts, start: date, days: Iterable[tuple[str, str, date, int, int]]) -> None:
    """Take off what the rollup says of these customers' days, and add what they are."""
    totals: dict[tuple[str, str, bool], list[int]] = defaultdict(lambda: [0, 0])
    of_days: dict[tuple[str, str, date], list[int]] = defaultdict(lambda: [0, 0])
    for currency, email, day, *orders in days:
        for sums in (totals[currency, email, day >= start], of_days[currency, email, day]):
            sums[:] = map(add, sums, orders)
    for (currency, _, day), (now, was) in of_days.items():
        more = (now > 0) - (was > 0)
        found.customers_of_day[currency, day] = found.customers_of_day.get((currency, day), 0) + more
    for (currency, _, is_now), (now, was) in totals.items():
        for what, least in (("unique_customers", 1), ("repeat_customers", 2)):
            more = (now >= least) - (was >= least)
            found.correct(what, currency, *((more, 0) if is_now else (0, more)))


def _both(window: Window, before: Window | None) -> Window:
    return Window(before.start if before else window.start, window.end)


def query(window: Window, state: State, before: Window | None) -> Sql:
    """The one that gives all counts."""
    both = _both(window, before)
    customers, of_customers = _people(window, both, state)
    refunded, of_refunded = _refunded(window, both, state)
    text = COUNTS.replace("{customers}", customers).replace("{refunded}", refunded)
    text = text.replace("{wished}", WISHED).replace("{afterwards}", BOUGHT_AFTERWARDS)
    text = as_known(text.replace("{in a basket}", BASKET_AFTERWARDS), state.past)
    # wished, in a basket, bought: each for both windows
    people = [bound for ends in (0, 2, 1) for one in (window, before) for bound in wish_bounds(one, ends)]
    # In the order of the text: the relations come where they are named.
    parameters = [*of_customers, *of_refunded, *people]
    if state.known or not any(day in both for day in state.live):
        return text, parameters
    ends = [both.start, both.end]
    since = [*ends * 2, *ends, window.start, *ends, window.start]
    return text + CHANGED + REFUNDED_SINCE, [*parameters, *since]


def _people(window: Window, both: Window, state: State) -> Sql:
    """Customers as of the last build; as they were known at an earlier moment, from the ledger."""
    start = window.start
    if state.known:
        days, of_days = relation(CUSTOMER_ROLLUP, both, state)
        return PEOPLE.replace("{days}", days), [*of_days, start, start]
    begins = [start, start, both.start]
    return PEOPLE_BY_DAY, [start, *begins * 2, both.start, both.end]


def _refunded(window: Window, both: Window, state: State) -> Sql:
    start = window.start
    if state.known:
        refunds, of_refunds = relation(REFUND_ROLLUP, both, state)
        return REFUNDED.replace("{refunds}", refunds), [start, start, *of_refunds]
    return REFUNDED_BY_DAY, [start, start, both.start, both.end, both.start]


def moments_of(window: Window) -> list[Any]:
    """The window's two moments, `[from, to)`, as parameters."""
    return [moment_parameter(bound) for bound in window.bounds]


def wish_bounds(window: Window | None, ends: int = 0) -> list[Any]:
    """Parameters of WISHED, and of as many further `ends`. Of no window: bounds of nothing.

    BOUGHT_AFTERWARDS asks for one end more, BASKET_AFTERWARDS for two.
    """
    start, end = window.bounds if window else (Window(date(1970, 1, 1), date(1970, 1, 1)).bounds[0],) * 2
    return [moment_parameter(moment) for moment in (start, end, end, *[end] * ends)]
