"""One order's money, from its ledger entries, and whether Stripe's own books say the same."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from payments.models import BalanceTransaction, Charge, Kind, LedgerEntry, Provider, Refund, RefundStatus
from purelaka.figures import MoneyBar, money_bar
from purelaka.money import display

DISPUTES = (Kind.DISPUTE_WITHDRAWAL, Kind.DISPUTE_REINSTATEMENT)
REFUNDS = (Kind.REFUND, Kind.REFUND_REVERSAL)
FEES = (Kind.FEE, Kind.FEE_CREDIT)


@dataclass(frozen=True)
class Money:
    """Sums of an order's ledger entries in its currency, minor units; what left us is positive.

    `unapplied` came and does not pay the order. `elsewhere` are the nets in other currencies.
    """

    currency: str
    paid: int
    fees: int
    refunded: int
    disputed: int
    unapplied: int
    elsewhere: list[tuple[str, int]]
    entries: int

    @property
    def net(self) -> int:
        """What is ours in the end: everything that came, less everything that left."""
        return self.paid + self.unapplied - self.fees - self.refunded - self.disputed

    @property
    def bar(self) -> MoneyBar:
        parts = [
            ("fee", "Stripe fee", self.fees),
            ("refunded", "Refunded", self.refunded),
            ("disputed", "Disputed", self.disputed),
            ("net", "Net to bank", self.net),
        ]
        label = "Paid, and not applied" if self.unapplied else "Paid"
        total = self.paid + self.unapplied
        return money_bar(total=total, total_label=label, currency=self.currency, parts=parts)


class Agreement(NamedTuple):
    """What a comparison with Stripe's balance transactions says. `tone`: good, warn or bad."""

    tone: str
    text: str


def money_of(entries: Sequence[LedgerEntry], currency: str) -> Money:
    """Add the entries up, each currency by itself."""

    def total(*kinds: Kind) -> int:
        return sum(e.amount for e in entries if e.kind in kinds and e.currency == currency)

    others = sorted({entry.currency for entry in entries} - {currency})
    return Money(
        currency=currency,
        paid=total(Kind.SALE),
        fees=-total(*FEES),
        refunded=-total(*REFUNDS),
        disputed=-total(*DISPUTES),
        unapplied=total(Kind.UNAPPLIED),
        elsewhere=[(other, sum(e.amount for e in entries if e.currency == other)) for other in others],
        entries=len(entries),
    )


def agreement(
    entries: Sequence[LedgerEntry],
    charges: Sequence[Charge],
    refunds: Sequence[Refund],
    transactions: Sequence[BalanceTransaction],
    currency: str,
) -> Agreement | None:
    """Whether Stripe's own book lines of this order sum to its ledger.

    None where that can't be said: no money of Stripe's, or settled in another currency.
    """
    booked = {line.source_id for line in transactions}
    taken = [c for c in charges if c.provider == Provider.STRIPE and c.amount_captured > 0]
    if not taken or any(line.currency != currency for line in transactions):
        return None
    if any(charge.charge_id not in booked for charge in taken):
        return Agreement("warn", "Stripe has not told its fee yet")
    if any(r.status == RefundStatus.PENDING and r.refund_id not in booked for r in refunds):
        return Agreement("warn", "a refund is not in Stripe's books yet")
    difference = sum(e.amount for e in entries) - sum(line.net for line in transactions)
    if difference:
        return Agreement("bad", f"{display(difference, currency)} apart from Stripe's books")
    return Agreement("good", "agree with Stripe's books")
