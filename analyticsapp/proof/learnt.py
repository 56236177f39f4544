"""What was learnt of a window after an earlier moment: the entries that changed its figures since."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

from django.db.models import Count, QuerySet, Sum

from analyticsapp.kpis import KPIS
from analyticsapp.reading import as_day, rows
from analyticsapp.reports.sales import month_of, sold_on
from analyticsapp.windows import Window
from payments.models import Kind, LedgerEntry

SHOWN = 50
# The entries that can change a figure; of all others: sales.
KINDS: dict[str, tuple[Kind, ...]] = {
    "refunded_amount": (Kind.REFUND, Kind.REFUND_REVERSAL),
    "refunded_orders": (Kind.REFUND, Kind.REFUND_REVERSAL),
    "refund_rate_orders_pct": (Kind.SALE, Kind.REFUND, Kind.REFUND_REVERSAL),
    "refund_rate_value_pct": (Kind.SALE, Kind.REFUND, Kind.REFUND_REVERSAL),
    "disputed_amount": (Kind.DISPUTE_WITHDRAWAL, Kind.DISPUTE_REINSTATEMENT),
    "fees": (Kind.FEE, Kind.FEE_CREDIT),
    "net_revenue": (
        Kind.SALE,
        Kind.REFUND,
        Kind.REFUND_REVERSAL,
        Kind.DISPUTE_WITHDRAWAL,
        Kind.DISPUTE_REINSTATEMENT,
    ),
}
KINDS |= dict.fromkeys(
    ("refunds_of_sales", "refunded_sold_orders", "refund_rate_sold_orders_pct", "refund_rate_sold_value_pct"),
    KINDS["refund_rate_value_pct"],
)
KINDS |= {
    "unapplied": (Kind.UNAPPLIED,),
    "adjustments": (Kind.ADJUSTMENT,),
    "paid_out": (Kind.PAYOUT, Kind.PAYOUT_REVERSAL),
    "net_to_bank": tuple(kind for kind in Kind if kind not in (Kind.PAYOUT, Kind.PAYOUT_REVERSAL)),
    "left_at_stripe": tuple(Kind),
}
MARGINS = ("goods_revenue", "goods_cost", "product_margin", "product_margin_pct", "pieces_without_cost")
OF_FACTS = ("charges", "disputes", "disputes_lost", "dispute_rate_pct", "fees_pending")
OF_WISHES = ("wishlisted_users", "basket_users", "purchased_users")
BY_ROWS = (*MARGINS, *OF_FACTS, *OF_WISHES)
"""What more than entries make: the rows that changed are told."""

# Refunds on days after a closed month, of orders sold in it, that were learnt of since it was closed. The
# grouping by the key keeps the day of the sale from being looked up once for each month.
OF_CLOSED_MONTHS = """
    SELECT closed.month, made.kind, made.currency, COUNT(*), SUM(made.amount)
    FROM analyticsapp_closedmonth AS closed JOIN (
        SELECT entry.id, entry.kind, entry.currency, SUM(entry.amount) AS amount,
            {refund month} AS refund_month, {sale month} AS sale_month
        FROM payments_ledgerentry AS entry
        WHERE entry.kind IN ('refund', 'refund_reversal')
            AND entry.id > (SELECT MIN(ledger_id) FROM analyticsapp_closedmonth)
        GROUP BY entry.id, entry.kind, entry.currency, entry.occurred_on, entry.order_id
    ) AS made ON made.sale_month = {closed month} AND made.id > closed.ledger_id
    WHERE made.refund_month <> made.sale_month
    GROUP BY closed.month, made.kind, made.currency ORDER BY closed.month, made.currency, made.kind
"""


@dataclass(frozen=True)
class Late:
    """Entries of a window that came later; `amount` in minor units of their currency, as the ledger signs."""

    rows: Sequence[LedgerEntry]
    number: int
    amount: int


class Cause(NamedTuple):
    """How many entries of one kind came late, and what they sum to."""

    kind: Kind
    currency: str
    number: int
    amount: int


def since_moment(kpi: str, window: Window, currency: str, moment: datetime) -> Late:
    """The entries that can have changed a figure since `moment`, newest first, 50 at most. Two queries."""
    entries = _reaching(kpi, window, currency).filter(
        currency=currency, kind__in=KINDS.get(kpi, (Kind.SALE,)), posted_at__gte=moment
    )
    total = entries.aggregate(number=Count("pk"), amount=Sum("amount", default=0))
    return Late(_told(entries), total["number"], total["amount"])


def since_entry(window: Window, ledger_id: int) -> list[Cause]:
    """What came for the window after this entry, by kind and currency. One query."""
    causes = (
        _of(window)
        .filter(pk__gt=ledger_id)
        .values_list("kind", "currency")
        .annotate(number=Count("pk"), amount=Sum("amount"))
        .order_by("currency", "kind")
    )
    return [Cause(Kind(kind), currency, number, amount) for kind, currency, number, amount in causes]


def refunds_of_closed_months() -> dict[date, list[Cause]]:
    """What was refunded of each closed month's sales on days after it, since it was closed. One query."""
    columns = {
        "sale": sold_on("entry.order_id", "entry.currency"),
        "refund": "entry.occurred_on",
        "closed": "closed.month",
    }
    query = OF_CLOSED_MONTHS
    for name, column in columns.items():
        query = query.replace(f"{{{name} month}}", month_of(column))
    found: dict[date, list[Cause]] = {}
    for month, kind, currency, number, amount in rows((query, [])):
        first = as_day(month)
        assert first is not None
        found.setdefault(first, []).append(Cause(Kind(kind), currency, number, int(amount)))
    return found


def rows_since_entry(window: Window, ledger_id: int) -> Sequence[LedgerEntry]:
    """The entries themselves, newest first, 50 at most."""
    return _told(_of(window).filter(pk__gt=ledger_id))


def _reaching(kpi: str, window: Window, currency: str) -> QuerySet[LedgerEntry]:
    """The entries that a figure looks at: some look beyond their window."""
    if "sales" in KPIS[kpi].needs:
        sales = _of(window).filter(kind=Kind.SALE, currency=currency)
        return LedgerEntry.objects.filter(order__in=sales.values("order"))
    if "customers" in KPIS[kpi].needs:
        return LedgerEntry.objects.filter(occurred_on__lte=window.end)
    return _of(window)


def _of(window: Window) -> QuerySet[LedgerEntry]:
    return LedgerEntry.objects.filter(occurred_on__gte=window.start, occurred_on__lte=window.end)


def _told(entries: QuerySet[LedgerEntry]) -> Sequence[LedgerEntry]:
    return list(entries.select_related("order", "event").order_by("-posted_at", "-pk")[:SHOWN])
