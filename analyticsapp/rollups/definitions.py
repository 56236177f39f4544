"""What is kept per day, and how it follows from the ledger.

Each rollup has one SELECT that makes its rows of some days from the ledger. `analyticsapp.rollups.build`
stores them; for days that changed since, `relation` runs the same SELECT.
"""

from dataclasses import dataclass, field, replace
from datetime import date, datetime

from django.db import models

from analyticsapp.known import EVERYTHING, Known
from analyticsapp.models import AnalyticsSnapshotDaily, CustomerDay, ProductDay, RefundDay
from analyticsapp.reading import Sql, as_day, as_moment, in_list, rows
from analyticsapp.windows import Window

# {days} stands for a condition on occurred_on. Sums are cast, since Postgres makes numerics of them.
# An order is sold on the day its sale entries sum to more than zero: what corrects an entry is a
# further one of the same day with the opposite sign.
SOLD = """
    SELECT occurred_on AS day, currency, order_id, SUM(amount) AS sales
    FROM payments_ledgerentry WHERE kind = 'sale' AND {days}
    GROUP BY occurred_on, currency, order_id
"""
DAILY = """
    SELECT moved.day, moved.currency, moved.sales, COALESCE(counted.orders, 0) AS orders, moved.refunds,
        moved.disputes, moved.fees, moved.unapplied, moved.adjustments, moved.payouts
    FROM (
        SELECT occurred_on AS day, currency,
            CAST(SUM(CASE WHEN kind = 'sale' THEN amount ELSE 0 END) AS bigint) AS sales,
            CAST(SUM(CASE WHEN kind IN ('refund', 'refund_reversal')
                THEN amount ELSE 0 END) AS bigint) AS refunds,
            CAST(SUM(CASE WHEN kind IN ('dispute_withdrawal', 'dispute_reinstatement')
                THEN amount ELSE 0 END) AS bigint) AS disputes,
            CAST(SUM(CASE WHEN kind IN ('fee', 'fee_credit') THEN amount ELSE 0 END) AS bigint) AS fees,
            CAST(SUM(CASE WHEN kind = 'unapplied' THEN amount ELSE 0 END) AS bigint) AS unapplied,
            CAST(SUM(CASE WHEN kind = 'adjustment' THEN amount ELSE 0 END) AS bigint) AS adjustments,
            CAST(SUM(CASE WHEN kind IN ('payout', 'payout_reversal')
                THEN amount ELSE 0 END) AS bigint) AS payouts
        FROM payments_ledgerentry WHERE {days} GROUP BY occurred_on, currency
    ) AS moved
    LEFT JOIN (
        SELECT day, currency, COUNT(*) AS orders FROM ({sold}) AS sold
        WHERE sales > 0 GROUP BY day, currency
    ) AS counted ON counted.day = moved.day AND counted.currency = moved.currency
"""
CUSTOMERS = """
    SELECT sold.day, sold.currency, orders_order.email,
        CAST(SUM(CASE WHEN sold.sales > 0 THEN 1 ELSE 0 END) AS bigint) AS orders,
        CAST(SUM(sold.sales) AS bigint) AS sales
    FROM ({sold}) AS sold JOIN orders_order ON orders_order.id = sold.order_id
    WHERE sold.sales <> 0 GROUP BY sold.day, sold.currency, orders_order.email
"""
WITHOUT_TAX = """item.amount_total - item.amount_discount
    - CASE WHEN sale.tax_behavior = 'inclusive' THEN item.amount_tax ELSE 0 END"""
# What its goods brought after discount, and what they had cost: as they were sold, whatever came back later.
# Delivery belongs to no product, nor does tax that is added.
PRODUCTS = f"""
    SELECT sold.day, sold.currency, item.variant_id, CAST(SUM(item.quantity) AS bigint) AS units,
        CAST(SUM(item.amount_total - item.amount_discount) AS bigint) AS sales,
        CAST(SUM(item.amount_total) AS bigint) AS gross, CAST(SUM({WITHOUT_TAX}) AS bigint) AS goods,
        CAST(SUM(CASE WHEN item.unit_cost IS NULL THEN 0 ELSE {WITHOUT_TAX} END) AS bigint) AS known_goods,
        CAST(SUM(COALESCE(item.unit_cost * item.quantity, 0)) AS bigint) AS cost,
        CAST(SUM(CASE WHEN item.unit_cost IS NULL THEN item.quantity ELSE 0 END) AS bigint)
            AS units_without_cost
    FROM ({{sold}}) AS sold JOIN orders_order AS sale ON sale.id = sold.order_id
        JOIN orders_orderitem AS item ON item.order_id = sold.order_id
    WHERE sold.sales > 0 GROUP BY sold.day, sold.currency, item.variant_id
"""
REFUNDS = """
    SELECT occurred_on AS day, currency, order_id, CAST(SUM(amount) AS bigint) AS refunds
    FROM payments_ledgerentry
    WHERE kind IN ('refund', 'refund_reversal') AND order_id IS NOT NULL AND {days}
    GROUP BY occurred_on, currency, order_id HAVING SUM(amount) <> 0
"""
EVERY_DAY: Sql = ("1 = 1", [])


@dataclass(frozen=True)
class Rollup:
    """A table of figures per day, and the SELECT that makes its rows, columns in the table's order."""

    model: type[models.Model]
    select: str

    @property
    def table(self) -> str:
        return self.model._meta.db_table

    @property
    def columns(self) -> str:
        """The columns but the key, as they are written in SQL."""
        return ", ".join(
            str(field.column) for field in self.model._meta.concrete_fields if not field.primary_key
        )

    def from_ledger(self, days: Sql) -> Sql:
        """The SELECT for the days that meet a condition on `occurred_on`."""
        template = self.select.replace("{sold}", SOLD)
        condition, parameters = days
        return template.replace("{days}", condition), parameters * template.count("{days}")


DAILY_ROLLUP = Rollup(AnalyticsSnapshotDaily, DAILY)
CUSTOMER_ROLLUP = Rollup(CustomerDay, CUSTOMERS)
PRODUCT_ROLLUP = Rollup(ProductDay, PRODUCTS)
REFUND_ROLLUP = Rollup(RefundDay, REFUNDS)
ROLLUPS = (DAILY_ROLLUP, CUSTOMER_ROLLUP, PRODUCT_ROLLUP, REFUND_ROLLUP)

# Entries after the last build. In the order of their keys, so that Postgres, which can't know how few they
# are, goes by the key and does not read the whole ledger.
FRESH = """
    SELECT * FROM payments_ledgerentry
    WHERE id > COALESCE((SELECT MAX(ledger_id) FROM analyticsapp_snapshotbuild), 0) ORDER BY id
"""
STATE = f"""
    SELECT occurred_on, currency, MAX(posted_at), NULL FROM ({FRESH}) AS fresh
    GROUP BY occurred_on, currency
    UNION ALL SELECT NULL, currency, NULL, MIN(day) FROM analyticsapp_analyticssnapshotdaily GROUP BY currency
    UNION ALL SELECT NULL, NULL, data_through, NULL FROM analyticsapp_snapshotbuild
    WHERE id = (SELECT MAX(id) FROM analyticsapp_snapshotbuild)
"""


@dataclass(frozen=True)
class State:
    """How the rollups stand to the ledger.

    `live` are the days that changed since the last build, to be read from the ledger. `currencies` are
    all that ever moved. `data_through` is when the last entry was learnt of, None without any.
    `first_days` is the first day on which each moved.

    `past` is what had been learnt by an earlier moment: only that is read, none of it from a rollup.
    """

    live: tuple[date, ...]
    currencies: tuple[str, ...]
    data_through: datetime | None
    past: Known = EVERYTHING
    first_days: dict[str, date] = field(default_factory=dict, hash=False)

    @property
    def known(self) -> Sql | None:
        """A condition on ledger entries; None: all are read."""
        return None if self.past.is_everything else (self.past.entries(), [])

    def as_known_at(self, moment: datetime) -> "State":
        """The same store, seen with what had been learnt before `moment`."""
        return replace(self, past=Known(before=moment))


def state() -> State:
    """Read it. One query."""
    found = [(as_day(d), code, as_moment(at), as_day(first)) for d, code, at, first in rows((STATE, []))]
    first_days: dict[str, date] = {}
    for day, code, _, first in found:
        if code and (moved := first or day):
            first_days[code] = min(moved, first_days.get(code, moved))
    return State(
        live=tuple(sorted({day for day, *_ in found if day})),
        currencies=tuple(sorted({code for _, code, *_ in found if code})),
        data_through=max((at for _, _, at, _ in found if at), default=None),
        first_days=first_days,
    )


def known_days(window: Window, state: State) -> Sql:
    """A condition on ledger entries: of the window, and known in this state."""
    condition, known = state.known or ("1 = 1", [])
    return f"occurred_on BETWEEN %s AND %s AND {condition}", [window.start, window.end, *known]


def relation(rollup: Rollup, window: Window, state: State) -> Sql:
    """A SELECT of the rollup's columns for a window: closed days as stored, `live` days from the ledger.

    The one place where both are mixed. Put it in parentheses after FROM.
    """
    if state.known:
        return rollup.from_ledger(known_days(window, state))
    touched = [day for day in state.live if day in window]
    stored = f"SELECT {rollup.columns} FROM {rollup.table} WHERE day BETWEEN %s AND %s"
    if not touched:
        return stored, [window.start, window.end]
    listed, days = in_list("day", touched)
    fresh, parameters = rollup.from_ledger(in_list("occurred_on", touched))
    return f"{stored} AND NOT {listed} UNION ALL {fresh}", [window.start, window.end, *days, *parameters]
