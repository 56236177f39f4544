"""The way of the money from what customers paid to the bank."""

from collections.abc import Iterable
from dataclasses import dataclass

from analyticsapp.figures.daily import DayFigures
from analyticsapp.reading import moment_parameter, rows
from analyticsapp.windows import Window

PENDING = """
    SELECT COUNT(*), COALESCE(SUM(amount_captured), 0) FROM payments_charge
    WHERE balance_transaction_id = '' AND status = 'succeeded' AND provider = 'stripe'
        AND currency = %s AND created >= %s AND created < %s
"""


@dataclass(frozen=True)
class Pending:
    """Charges whose fee is not known yet, and what was taken by them."""

    charges: int
    amount: int

    @property
    def note(self) -> str:
        """What a figure that they are missing from says; empty when none is missing."""
        if not self.charges:
            return ""
        return (
            "1 charge's fee not known yet"
            if self.charges == 1
            else f"{self.charges:,} charges' fees not known yet"
        )


@dataclass(frozen=True)
class Flow:
    """The sums of a window, each signed as the ledger signs it: what left is negative."""

    sales: int = 0
    refunds: int = 0
    disputes: int = 0
    fees: int = 0
    unapplied: int = 0
    adjustments: int = 0
    payouts: int = 0

    @property
    def net_sales(self) -> int:
        return self.sales + self.refunds + self.disputes

    @property
    def net_to_bank(self) -> int:
        """What all this changed in Stripe's balance before payouts."""
        return self.net_sales + self.fees + self.unapplied + self.adjustments

    @property
    def left_at_stripe(self) -> int:
        """What of it was not paid out in the window; below zero, earlier money was paid out too."""
        return self.net_to_bank + self.payouts

    def steps(self) -> list[tuple[str, str, int]]:
        """From, to and how much, each above zero: what goes into a point comes out of it."""
        parts = {
            "Gross sales": self.sales,
            "Refunds": self.refunds,
            "Disputes, net": self.disputes,
            "Stripe fees": self.fees,
            "Payments without an order": self.unapplied,
            "Adjustments": self.adjustments,
        }
        sources = [(name, amount) for name, amount in parts.items() if amount > 0]
        sinks = [(name, -amount) for name, amount in parts.items() if amount < 0]
        after = [("Paid out", -self.payouts), ("In balance", self.left_at_stripe)]
        back = [(name, amount) for name, amount in after if amount > 0]
        extra = [(f"{FROM[name]}", -amount) for name, amount in after if amount < 0]
        hub = sources[0][0] if len(sources) == 1 and self.net_to_bank >= 0 else "Money in"
        steps = [(name, hub, amount) for name, amount in sources if name != hub]
        if self.net_to_bank < 0:
            steps.append((FROM["In balance"], hub, -self.net_to_bank))
        steps += [(hub, name, amount) for name, amount in sinks]
        return (
            steps + _paid_out(hub, max(self.net_to_bank, 0), max(-self.payouts, 0))
            if not extra
            else (steps + _with_extra(hub, self, back))
        )


FROM = {"Paid out": "Payouts that failed", "In balance": "From the balance before"}


def _paid_out(hub: str, net: int, paid: int) -> list[tuple[str, str, int]]:
    if not net:
        return []
    steps = [(hub, "Net to bank", net)]
    steps += [("Net to bank", "Paid out", paid)] if paid else []
    return steps + ([("Net to bank", "In balance", net - paid)] if net > paid else [])


def _with_extra(hub: str, flow: Flow, ends: list[tuple[str, int]]) -> list[tuple[str, str, int]]:
    """Where more was paid out than came in, or payouts came back."""
    net = max(flow.net_to_bank, 0)
    steps = [(hub, "Net to bank", net)] if net else []
    for name, amount in ends:
        from_net = min(net, amount)
        steps += [("Net to bank", name, from_net)] if from_net else []
        other = FROM["In balance"] if name == "Paid out" else FROM["Paid out"]
        steps += [(other, name, amount - from_net)] if amount > from_net else []
        net -= from_net
    return steps


def flow(days: Iterable[DayFigures], currency: str) -> Flow:
    """Of these days in one currency. No query."""
    mine = [day for day in days if day.currency == currency]
    return Flow(
        sales=sum(day.sales for day in mine),
        refunds=sum(day.refunds for day in mine),
        disputes=sum(day.disputes for day in mine),
        fees=sum(day.fees for day in mine),
        unapplied=sum(day.unapplied for day in mine),
        adjustments=sum(day.adjustments for day in mine),
        payouts=sum(day.payouts for day in mine),
    )


def pending_fees(window: Window, currency: str) -> Pending:
    """Charges of the window that Stripe has not told the fee of. One query."""
    ends = [moment_parameter(bound) for bound in window.bounds]
    [(number, amount)] = rows((PENDING, [currency, *ends]))
    return Pending(number, int(amount))
