"""Ledger → daily rollups: closed days as they are stored sum to their entries.

Days with entries after the newest build are left out: nobody reads them from the rollups.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from analyticsapp.models import (
    AnalyticsSnapshotDaily,
    CustomerDay,
    CustomerReturn,
    ProductDay,
    RefundDay,
    RefundPair,
    SnapshotBuild,
)
from analyticsapp.rollups.day_pairs import DayPairs
from analyticsapp.rollups.refunded import REFUNDED
from analyticsapp.rollups.returning import RETURNS
from monitoring.check import Finding, check, counts, money, rows, spoken_day
from monitoring.models import Severity
from payments.models import LedgerEntry
from purelaka import moments

ARROW = ("Ledger", "Daily rollups")
MAX_LAG = timedelta(hours=1)

CLOSED = """
    watermark AS (SELECT COALESCE(MAX(ledger_id), 0) AS id FROM analyticsapp_snapshotbuild),
    live AS (
        SELECT DISTINCT occurred_on AS day FROM payments_ledgerentry WHERE id > (SELECT id FROM watermark)
    ),
    entry AS (
        SELECT * FROM payments_ledgerentry
        WHERE id <= (SELECT id FROM watermark) AND occurred_on NOT IN (SELECT day FROM live)
    ),
    closed_day AS (SELECT * FROM analyticsapp_analyticssnapshotdaily WHERE day NOT IN (SELECT day FROM live)),
    sold AS (
        SELECT occurred_on AS day, currency, order_id, SUM(amount) AS sales
        FROM entry WHERE kind = 'sale' GROUP BY occurred_on, currency, order_id
    )
"""


def behind(now: datetime) -> str:
    """Why the rollups prove nothing: entries wait, and no build has run for an hour. Else empty."""
    last = SnapshotBuild.objects.order_by("-pk").first()
    if last and last.built_at >= now - MAX_LAG:
        return ""
    if not LedgerEntry.objects.filter(pk__gt=last.ledger_id if last else 0).exists():
        return ""
    since = f"since {moments.full(last.built_at)}" if last else "yet"
    return f"Entries wait, and the rollups were not built {since}: run build_snapshots."


@check(
    ARROW,
    "The rollups keep up with the ledger",
    compares=SnapshotBuild.objects.all,
    severity=Severity.WARNING,
)
def rollups_fresh(now: datetime) -> Iterator[Finding]:
    """When entries wait for a build, the last one was less than an hour ago.

    Pages stay right meanwhile, since changed days are read from the ledger, but they get slower.
    Run `manage.py build_snapshots`, and look why `manage.py tick` does not: it should each minute.
    """
    if why := behind(now):
        yield Finding("build_snapshots", why, expected="built within the hour", found="entries wait")


@check(
    ARROW, "Each closed day sums to its entries", compares=AnalyticsSnapshotDaily.objects.all, stale=behind
)
def days_in_rollups(now: datetime) -> Iterator[Finding]:
    """Each figure of each closed day and currency against the ledger entries of that day.

    A difference means that a rollup was changed by hand or built wrongly.
    `manage.py build_snapshots --all` makes all of them anew from the ledger.
    """
    for day, currency, figure, posted, kept in rows(DAYS.format(closed=CLOSED, cases=CASES)):
        ends = int(posted), int(kept)
        amounts = counts(*ends, "order", "orders") if figure == "orders" else money(*ends, currency)
        yield Finding(
            f"{day} {currency} {figure}",
            f"{figure.capitalize()} of {spoken_day(day)} in {currency.upper()} differ from the ledger",
            **amounts,
        )


FIGURE_OF_KIND = {
    "sale": "sales",
    "refund": "refunds",
    "refund_reversal": "refunds",
    "dispute_withdrawal": "disputes",
    "dispute_reinstatement": "disputes",
    "fee": "fees",
    "fee_credit": "fees",
    "unapplied": "unapplied",
    "adjustment": "adjustments",
    "payout": "payouts",
    "payout_reversal": "payouts",
}
CASES = " ".join(f"WHEN '{kind}' THEN '{name}'" for kind, name in FIGURE_OF_KIND.items())
DAYS = """
    WITH {closed},
    both_ends AS (
        SELECT occurred_on AS day, currency, amount AS posted, 0 AS kept,
            CASE kind {cases} END AS figure
        FROM entry
        UNION ALL
        SELECT day, currency, 1, 0, 'orders' FROM sold WHERE sales > 0
        UNION ALL
        SELECT day, currency, 0, orders, 'orders' FROM closed_day
        UNION ALL SELECT day, currency, 0, sales, 'sales' FROM closed_day
        UNION ALL SELECT day, currency, 0, refunds, 'refunds' FROM closed_day
        UNION ALL SELECT day, currency, 0, disputes, 'disputes' FROM closed_day
        UNION ALL SELECT day, currency, 0, fees, 'fees' FROM closed_day
        UNION ALL SELECT day, currency, 0, unapplied, 'unapplied' FROM closed_day
        UNION ALL SELECT day, currency, 0, adjustments, 'adjustments' FROM closed_day
        UNION ALL SELECT day, currency, 0, payouts, 'payouts' FROM closed_day
    )
    SELECT day, currency, figure, SUM(posted), SUM(kept)
    FROM both_ends GROUP BY day, currency, figure HAVING SUM(posted) <> SUM(kept)
"""


# Each row of a rollup below its day, against the ledger; what differs is told once per day.
BELOW_THE_DAY = """
    WITH {closed},
    posted AS ({posted}),
    both_ends AS (
        SELECT day, currency, key, number AS posted_number, 0 AS number, amount AS posted, 0 AS kept
            {posted_too}
        FROM posted
        UNION ALL
        SELECT day, currency, {key}, 0, {number}, 0, {amount} {kept_too}
        FROM {table} WHERE day NOT IN (SELECT day FROM live)
    ),
    wrong AS (
        SELECT day, currency, SUM(posted) AS posted, SUM(kept) AS kept
        FROM both_ends GROUP BY day, currency, key
        HAVING SUM(posted) <> SUM(kept) OR SUM(posted_number) <> SUM(number) {differ_too}
    )
    SELECT day, currency, COUNT(*), SUM(posted), SUM(kept) FROM wrong GROUP BY day, currency
"""
CUSTOMERS = {
    "posted": """
        SELECT s.day, s.currency, o.email AS key, CASE WHEN s.sales > 0 THEN 1 ELSE 0 END AS number,
            s.sales AS amount
        FROM sold s JOIN orders_order o ON o.id = s.order_id WHERE s.sales <> 0""",
    "table": "analyticsapp_customerday",
    "key": "email",
    "number": "orders",
    "amount": "sales",
}
PRODUCTS = {
    "posted": """
        SELECT line.*, CASE WHEN unit_cost IS NULL THEN 0 ELSE goods END AS known_goods,
            COALESCE(unit_cost, 0) * number AS cost,
            CASE WHEN unit_cost IS NULL THEN number ELSE 0 END AS units_without_cost
        FROM (
            SELECT s.day, s.currency, i.variant_id AS key, i.quantity AS number, i.unit_cost,
                i.amount_total - i.amount_discount AS amount, i.amount_total AS gross,
                i.amount_total - i.amount_discount
                    - CASE o.tax_behavior WHEN 'inclusive' THEN i.amount_tax ELSE 0 END AS goods
            FROM sold s JOIN orders_order o ON o.id = s.order_id
                JOIN orders_orderitem i ON i.order_id = s.order_id
            WHERE s.sales > 0
        ) AS line""",
    "too": "gross goods known_goods cost units_without_cost",
    "table": "analyticsapp_productday",
    "key": "variant_id",
    "number": "units",
    "amount": "sales",
}
REFUNDS = {
    "posted": """
        SELECT occurred_on AS day, currency, order_id AS key, 0 AS number, amount
        FROM entry WHERE kind IN ('refund', 'refund_reversal') AND order_id IS NOT NULL""",
    "table": "analyticsapp_refundday",
    "key": "order_id",
    "number": "0",
    "amount": "refunds",
}


@check(ARROW, "Each customer's day is as the ledger has it", compares=CustomerDay.objects.all, stale=behind)
def customers_in_rollups(now: datetime) -> Iterator[Finding]:
    """Orders and sales of each customer on each closed day against the ledger.

    Customers are counted from these rows. A difference means that a rollup was changed by hand or
    built wrongly, or an order's email was changed after the build.
    `manage.py build_snapshots --all` makes all of them anew.
    """
    return _differing(CUSTOMERS, "customers")


@check(ARROW, "Customers came back as their days say", compares=CustomerReturn.objects.all, stale=behind)
def returns_in_rollups(now: datetime) -> Iterator[Finding]:
    """How each day's orders followed earlier ones of the same customers, against the customers' days.

    Customers of a window are counted from these rows. A difference means that a rollup was changed by hand
    or built wrongly. `manage.py build_snapshots --all` makes all of them anew.
    """
    for day, currency, expected, found in rows(_both_ends(RETURNS)):
        yield Finding(
            f"{day} {currency}",
            f"How customers of {spoken_day(day)} in {currency.upper()} came back is not as their days say",
            **counts(int(expected), int(found), "order", "orders"),
        )


def _both_ends(pairs: DayPairs) -> str:
    """SELECT the days of which a pair differs from what its rollup says, and their orders in both."""
    figures = [*pairs.figures, *(name for name, _ in pairs.running)]
    kept = ", ".join(f"-{figure}" for figure in figures)
    differ = " OR ".join(f"SUM({figure}) <> 0" for figure in figures)
    return f"""
        WITH both_ends AS (
            SELECT made.*, orders AS posted, 0 AS kept FROM ({pairs.from_rollup()}) AS made
            UNION ALL
            SELECT day, currency, earlier, {kept}, 0, orders FROM {pairs.table}
        ),
        wrong AS (
            SELECT day, currency, SUM(posted) AS posted, SUM(kept) AS kept FROM both_ends
            GROUP BY day, currency, earlier HAVING {differ}
        )
        SELECT day, currency, SUM(posted), SUM(kept) FROM wrong GROUP BY day, currency
    """


@check(ARROW, "Each product's day is as the ledger has it", compares=ProductDay.objects.all, stale=behind)
def products_in_rollups(now: datetime) -> Iterator[Finding]:
    """Pieces, sales and cost of each variant on each closed day against the lines of the orders sold then.

    Margins are summed from these rows, and from what came back since.

    A difference means that a rollup was changed by hand or built wrongly, or an order's lines were
    changed after the build. `manage.py build_snapshots --all` makes all of them anew.
    """
    return _differing(PRODUCTS, "products")


@check(
    ARROW,
    "Each order's refunds of a day are as the ledger has them",
    compares=RefundDay.objects.all,
    stale=behind,
)
def refunds_in_rollups(now: datetime) -> Iterator[Finding]:
    """What went back for each order on each closed day against the ledger.

    Refunds by the day of their sale are summed from these rows. A difference means that a rollup was
    changed by hand or built wrongly. `manage.py build_snapshots --all` makes all of them anew.
    """
    return _differing(REFUNDS, "refunded orders")


@check(ARROW, "Refunded orders are counted as their days say", compares=RefundPair.objects.all, stale=behind)
def refund_pairs_in_rollups(now: datetime) -> Iterator[Finding]:
    """What each pair of days adds to the orders refunded in a window, against the orders' days.

    Refunded orders are counted from these rows. A difference means that a rollup was changed by
    hand or built wrongly. `manage.py build_snapshots --all` makes all of them anew.
    """
    for day, currency, expected, found in rows(_both_ends(REFUNDED)):
        yield Finding(
            f"{day} {currency}",
            f"Refunded orders of {spoken_day(day)} in {currency.upper()} are not as their days say",
            **counts(int(expected), int(found), "order", "orders"),
        )


def _differing(rollup: dict[str, str], what: str) -> Iterator[Finding]:
    for day, currency, number, posted, kept in rows(_below_the_day(**rollup)):
        yield Finding(
            f"{day} {currency}",
            f"{number:,} {what} of {spoken_day(day)} in {currency.upper()} differ from the ledger",
            **money(int(posted), int(kept), currency),
        )


def _below_the_day(*, too: str = "", **rollup: str) -> str:
    """The query; `too` are columns of both ends that must be alike besides."""
    names = too.split()
    return BELOW_THE_DAY.format(
        closed=CLOSED,
        posted_too="".join(f", {name}" for name in names),
        kept_too="".join(f", -{name}" for name in names),
        differ_too="".join(f" OR SUM({name}) <> 0" for name in names),
        **rollup,
    )
