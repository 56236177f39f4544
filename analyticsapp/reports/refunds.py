"""Refunds by the day they were made and by the sale they belong to, and how the two are the same money."""

from collections import defaultdict
from dataclasses import dataclass

from analyticsapp.known import EVERYTHING, Known
from analyticsapp.reading import rows
from analyticsapp.reports.sales import month_of, sold_on
from analyticsapp.rollups.definitions import REFUND_ROLLUP, State, relation
from analyticsapp.windows import EARLIEST, LATEST, Window

PAIRS = """
    SELECT CASE WHEN sold_on BETWEEN %s AND %s THEN {sale month} ELSE '' END AS sale_month,
        CASE WHEN day BETWEEN %s AND %s THEN {refund month} ELSE '' END AS refund_month, SUM(refunds)
    FROM (
        SELECT moved.day, moved.refunds, {sold on} AS sold_on
        FROM ({refunds}) AS moved WHERE moved.currency = %s
    ) AS dated
    WHERE sold_on BETWEEN %s AND %s OR day BETWEEN %s AND %s
    GROUP BY 1, 2
"""
REASONS = """
    SELECT COALESCE(fact.reason, ''), COUNT(DISTINCT entry.source_id), SUM(entry.amount)
    FROM payments_ledgerentry AS entry
        LEFT JOIN payments_refund AS fact ON fact.refund_id = entry.source_id
    WHERE entry.kind IN ('refund', 'refund_reversal') AND entry.currency = %s
        AND entry.occurred_on BETWEEN %s AND %s AND {known}{only}
    GROUP BY COALESCE(fact.reason, '') ORDER BY 3
"""


@dataclass
class Bridge:
    """Refunds of one month, or of the window; minor units, positive is what went back.

    `own`: made in it, of its sales. `earlier`: made in it, of other sales. `later`: of its sales, made
    at another time, mostly later.
    """

    own: int = 0
    earlier: int = 0
    later: int = 0

    @property
    def made(self) -> int:
        """By the day of the refund."""
        return self.own + self.earlier

    @property
    def of_sales(self) -> int:
        """By the day of the sale, to date."""
        return self.own + self.later


@dataclass(frozen=True)
class Reason:
    """`reason` is Stripe's word, empty where none was given."""

    reason: str
    refunds: int
    amount: int


def bridges(window: Window, state: State, currency: str) -> tuple[Bridge, dict[str, Bridge]]:
    """The bridge of the whole window, and of its part of each month (`2026-10`). One query."""
    refunds, parameters = relation(REFUND_ROLLUP, Window(EARLIEST, LATEST), state)
    query = PAIRS.replace("{refunds}", refunds).replace(
        "{sold on}", sold_on("moved.order_id", "moved.currency", state.past)
    )
    query = query.replace("{sale month}", month_of("sold_on")).replace("{refund month}", month_of("day"))
    ends = [window.start, window.end]
    whole, months = Bridge(), defaultdict[str, Bridge](Bridge)
    for sale_month, refund_month, negative in rows(
        (query, [*ends, *ends, *parameters, currency, *ends, *ends])
    ):
        amount = -int(negative)
        _add(whole, bool(sale_month), bool(refund_month), amount)
        if sale_month == refund_month:
            months[sale_month].own += amount
            continue
        if sale_month:
            months[sale_month].later += amount
        if refund_month:
            months[refund_month].earlier += amount
    return whole, dict(months)


def _add(whole: Bridge, is_sale: bool, is_refund: bool, amount: int) -> None:
    if is_sale and is_refund:
        whole.own += amount
    elif is_sale:
        whole.later += amount
    else:
        whole.earlier += amount


def by_reason(
    window: Window, currency: str, past: Known = EVERYTHING, only: str | None = None
) -> list[Reason]:
    """What the window's refunds were made for, the greatest first, or `only` one. One query."""
    of_one, reasons = ("", []) if only is None else (" AND COALESCE(fact.reason, '') = %s", [only])
    query = REASONS.replace("{known}", past.entries("entry")).replace("{only}", of_one)
    found = rows((query, [currency, window.start, window.end, *reasons]))
    return [Reason(reason, number, -int(amount)) for reason, number, amount in found]
