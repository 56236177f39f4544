"""The figures once more, in plain Python over rows: shares no code with what it checks."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from orders.models import Order
from payments.models import LedgerEntry


@dataclass
class Recount:
    """Everything of one window and currency."""

    revenue: int = 0
    refunded: int = 0
    disputed: int = 0
    fees: int = 0
    sales_by_order: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    refunds_by_order: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    orders_by_email: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    def kpis(self, exponent: int) -> dict[str, Any]:
        """The columns of the KPI summary that come from the ledger, as text."""
        orders = sum(1 for amount in self.sales_by_order.values() if amount > 0)
        returned = sum(1 for amount in self.refunds_by_order.values() if amount > 0)
        customers = [n for n in self.orders_by_email.values() if n > 0]
        repeat = sum(1 for n in customers if n >= 2)
        return {
            "revenue": major(Decimal(self.revenue), exponent),
            "orders": str(orders),
            "aov": major(Decimal(self.revenue) / orders if orders else Decimal(0), exponent),
            "refunded_amount": major(Decimal(self.refunded), exponent),
            "refunded_orders": str(returned),
            "refund_rate_orders_pct": share(returned, orders),
            "refund_rate_value_pct": share(self.refunded, self.revenue),
            "net_revenue": major(Decimal(self.revenue - self.refunded - self.disputed), exponent),
            "unique_customers": str(len(customers)),
            "repeat_customers": str(repeat),
            "repeat_rate_pct": share(repeat, len(customers)),
        }


def major(minor: Decimal, exponent: int) -> str:
    whole = minor.quantize(Decimal(1), rounding=ROUND_HALF_EVEN)
    return str((whole / 10**exponent).quantize(Decimal(1).scaleb(-exponent)))


def share(part: int, whole: int) -> str:
    if not whole:
        return "0.00"
    return str((Decimal(100) * part / whole).quantize(Decimal("0.01"), rounding=ROUND_HALF_EVEN))


def recount(start: date, end: date) -> dict[str, Recount]:
    """By currency, from every ledger entry there is."""
    emails = dict(Order.objects.values_list("pk", "email"))
    found: dict[str, Recount] = defaultdict(Recount)
    for entry in LedgerEntry.objects.all():
        if start <= entry.occurred_on <= end:
            _add(found[entry.currency], entry)
    for one in found.values():
        for order_id, amount in one.sales_by_order.items():
            if amount > 0:
                one.orders_by_email[emails[order_id]] += 1
    return found


def _add(one: Recount, entry: LedgerEntry) -> None:
    if entry.kind == "sale":
        one.revenue += entry.amount
        one.sales_by_order[entry.order_id or 0] += entry.amount
    elif entry.kind in ("refund", "refund_reversal"):
        one.refunded -= entry.amount
        one.refunds_by_order[entry.order_id or 0] -= entry.amount
    elif entry.kind.startswith("dispute"):
        one.disputed -= entry.amount
    elif entry.kind.startswith("fee"):
        one.fees -= entry.amount
