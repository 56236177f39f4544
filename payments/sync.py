"""Ask Stripe for what it posts no event about: its own book lines, the balance transactions.

docs.stripe.com/api/balance_transactions. They tell fees, and which payout each movement is in.
"""

import logging
from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, QuerySet

from payments import answers
from payments.gateway import GatewayError, gateway
from payments.models import BalanceTransaction, Charge, Payout, Provider, Refund

logger = logging.getLogger(__name__)

# Stripe writes the book line of a charge seconds after the charge, and of a payout with it.
AGE = timedelta(minutes=1)


def pull_missing(now: datetime, *, most: int = 500) -> int:
    """Fetch the balance transactions of charges, refunds and payouts that have none yet.

    Asks for at most `most` of each, oldest first; returns how many lines came. What Stripe does not
    answer now is asked for again next time.
    """
    pulled = 0
    for source_id in _without_line(now, most):
        pulled += _pull(now, source_id=source_id)
    for payout_id in _without_contents(now).values_list("payout_id", flat=True)[:most]:
        pulled += _pull(now, payout_id=payout_id)
    return pulled


def _pull(now: datetime, *, source_id: str = "", payout_id: str = "") -> int:
    try:
        lines = gateway().balance_transactions(source_id=source_id, payout_id=payout_id)
    except GatewayError as error:
        logger.warning("balance transactions of %s: %s", source_id or payout_id, error)
        return 0
    if lines:
        answer = {"object": "list", "payout": payout_id or None, "data": lines}
        answers.take_in("balance_transaction.listed", answer, at=now)
    return len(lines)


def _without_line(now: datetime, most: int) -> Iterator[str]:
    old_enough = {"provider": Provider.STRIPE, "created__lt": now - AGE}
    charges = Charge.objects.filter(~_has_line("charge_id"), status="succeeded", **old_enough)
    refunds = Refund.objects.filter(~_has_line("refund_id"), status="succeeded", **old_enough)
    yield from charges.order_by("created").values_list("charge_id", flat=True)[:most]
    yield from refunds.order_by("created").values_list("refund_id", flat=True)[:most]


def _without_contents(now: datetime) -> "QuerySet[Payout]":
    """Only automatic payouts whose reconciliation is completed can be asked for their contents."""
    contents = BalanceTransaction.objects.filter(payout_id=OuterRef("payout_id"))
    return Payout.objects.filter(
        ~Exists(contents), automatic=True, reconciliation_status="completed", created__lt=now - AGE
    ).order_by("created")


def _has_line(key: str) -> Exists:
    return Exists(BalanceTransaction.objects.filter(source_id=OuterRef(key)))
