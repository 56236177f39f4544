"""Money that lies at Stripe, from its balance transactions."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db.models import DateField, Exists, Min, OuterRef, Q, Sum, Value
from django.db.models.functions import Cast

from payments.models import BalanceTransaction, Dispute, Payout

ON_ITS_WAY = Q(status__in=["pending", "in_transit"])


@dataclass
class AtStripe:
    """One settlement currency, in minor units. `next_on` is when the next payout arrives."""

    currency: str
    in_balance: int = 0
    on_its_way: int = 0
    next_on: date | None = None
    held: int = 0
    disputes: int = 0


def at_stripe(open_disputes: Iterable[Dispute]) -> list[AtStripe]:
    """What Stripe holds, by currency; nothing without balance transactions. One query.

    A payout takes its transactions with it. So what is in no payout is still there, less the
    payouts of which Stripe has not said yet what they are made of.
    """
    found: dict[str, AtStripe] = {}
    for currency, balance, moving, next_on in _sums():
        at = found.setdefault(currency, AtStripe(currency))
        at.in_balance += int(balance)
        at.on_its_way += int(moving)
        at.next_on = next_on or at.next_on
    for dispute in open_disputes:
        if dispute.currency in found and not dispute.status.startswith("warning"):
            found[dispute.currency].held += dispute.amount
            found[dispute.currency].disputes += 1
    return sorted(found.values(), key=lambda at: -at.in_balance)


def _sums() -> Iterable[tuple[str, int, int, date | None]]:
    """By currency, what transactions and payouts each add: in balance, on its way, from when."""
    loose = BalanceTransaction.objects.filter(payout_id="").exclude(reporting_category="payout")
    listed = Exists(BalanceTransaction.objects.filter(payout_id=OuterRef("payout_id")))
    transactions = loose.values_list("currency").annotate(
        balance=Sum("net"), moving=Value(0), next_on=Cast(Value(None), DateField())
    )
    payouts = (
        Payout.objects.annotate(listed=listed)
        .values_list("currency")
        .annotate(
            balance=-Sum("amount", filter=Q(listed=False), default=0),
            moving=Sum("amount", filter=ON_ITS_WAY, default=0),
            next_on=Min("arrival_date", filter=ON_ITS_WAY),
        )
    )
    return transactions.union(payouts, all=True)
