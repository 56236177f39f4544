"""Money that lies at Stripe, from its balance transactions."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db.models import Exists, Min, OuterRef, Q, Sum

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
    """What Stripe holds, by currency; nothing without balance transactions. Two queries.

    A payout takes its transactions with it. So what is in no payout is still there, less the
    payouts of which Stripe has not said yet what they are made of.
    """
    found: dict[str, AtStripe] = {}
    loose = BalanceTransaction.objects.filter(payout_id="").exclude(reporting_category="payout")
    for currency, net in loose.values_list("currency").annotate(Sum("net")):
        found.setdefault(currency, AtStripe(currency)).in_balance += net
    for currency, unlisted, amount, next_on in _payouts():
        at = found.setdefault(currency, AtStripe(currency))
        at.in_balance -= unlisted
        at.on_its_way, at.next_on = amount, next_on
    for dispute in open_disputes:
        if dispute.currency in found and not dispute.status.startswith("warning"):
            found[dispute.currency].held += dispute.amount
            found[dispute.currency].disputes += 1
    return sorted(found.values(), key=lambda at: -at.in_balance)


def _payouts() -> Iterable[tuple[str, int, int, date | None]]:
    listed = Exists(BalanceTransaction.objects.filter(payout_id=OuterRef("payout_id")))
    return (
        Payout.objects.annotate(listed=listed)
        .values_list("currency")
        .annotate(
            unlisted=Sum("amount", filter=Q(listed=False), default=0),
            moving=Sum("amount", filter=ON_ITS_WAY, default=0),
            next_on=Min("arrival_date", filter=ON_ITS_WAY),
        )
    )
