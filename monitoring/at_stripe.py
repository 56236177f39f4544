"""Money that lies at Stripe, from its balance transactions."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import (
    Aggregate,
    Count,
    DateField,
    Exists,
    Min,
    OuterRef,
    Q,
    QuerySet,
    Sum,
    Value,
)
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast

from payments.ledger import OPEN_DISPUTE
from payments.models import BalanceTransaction, Dispute, Payout

AT_BANK = [status for status in sorted(OPEN_DISPUTE) if not status.startswith("warning")]
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


def at_stripe() -> list[AtStripe]:
    """What Stripe holds, by currency; nothing without balance transactions. One query.

    A payout takes its transactions with it. So what is in no payout is still there, less the
    payouts of which Stripe has not said yet what they are made of. `held` is what banks took for
    disputes that they have not decided.
    """
    found: dict[str, AtStripe] = {}
    held: dict[str, tuple[int, int]] = {}
    for currency, balance, moving, next_on, disputes in _sums():
        if disputes:
            held[currency] = (int(balance), disputes)
            continue
        at = found.setdefault(currency, AtStripe(currency))
        at.in_balance += int(balance)
        at.on_its_way += int(moving)
        at.next_on = next_on or at.next_on
    for at in found.values():
        at.held, at.disputes = held.get(at.currency, (0, 0))
    return sorted(found.values(), key=lambda at: -at.in_balance)


def _sums() -> Iterable[tuple[str, int, int, date | None, int]]:
    """By currency, what transactions, payouts and disputes each add: their sum, what of it is on its
    way, from when, and how many disputes."""
    loose = BalanceTransaction.objects.filter(payout_id="").exclude(reporting_category="payout")
    listed = Exists(BalanceTransaction.objects.filter(payout_id=OuterRef("payout_id")))
    unlisted = Sum("amount", filter=Q(listed=False), default=0)
    parts = [
        _part(loose, balance=Sum("net")),
        _part(
            Payout.objects.annotate(listed=listed),
            balance=-unlisted,
            moving=Sum("amount", filter=ON_ITS_WAY, default=0),
            next_on=Min("arrival_date", filter=ON_ITS_WAY),
        ),
        _part(Dispute.objects.filter(status__in=AT_BANK), balance=Sum("amount"), disputes=Count("pk")),
    ]
    return parts[0].union(*parts[1:], all=True)


def _part(rows: QuerySet[Any, Any], **sums: Aggregate | Combinable) -> QuerySet[Any, Any]:
    """Sums by currency, in the columns that all parts have."""
    nothing = {"moving": Value(0), "next_on": Cast(Value(None), DateField()), "disputes": Value(0)}
    columns = {"balance": sums["balance"], **{name: sums.get(name, none) for name, none in nothing.items()}}
    found: QuerySet[Any, Any] = rows.order_by().values_list("currency").annotate(**columns)
    return found
