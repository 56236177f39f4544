"""Balance transactions → payouts: each payout is the sum of what it says it pays out."""

from collections.abc import Iterator
from datetime import datetime

from monitoring.check import Finding, check, money, rows
from payments.models import BalanceTransaction, Payout

ARROW = ("Balance transactions", "Payouts")


@check(ARROW, "Each payout is the sum of its transactions", compares=Payout.objects.all)
def payouts_sum(now: datetime) -> Iterator[Finding]:
    """The net of all balance transactions in an automatic, reconciled payout against its amount.

    The payout's own transaction does not count. A difference means that transactions are missing
    here or were given to another payout. Compare the list with the payout in Stripe's dashboard.
    Manual payouts are left out: Stripe itself does not know what is in them.
    """
    for payout_id, currency, amount, net, number in rows(PAYOUTS_AND_NET):
        yield Finding(
            payout_id,
            f"The {number:,} balance transactions of {payout_id} do not sum to it",
            **money(int(amount), int(net), currency),
        )


PAYOUTS_AND_NET = """
    SELECT p.payout_id, p.currency, p.amount, COALESCE(SUM(t.net), 0), COUNT(t.id)
    FROM payments_payout p LEFT JOIN payments_balancetransaction t
        ON t.payout_id = p.payout_id AND t.currency = p.currency
        AND t.source_id <> p.payout_id AND t.balance_transaction_id <> p.balance_transaction_id
    WHERE p.automatic AND p.reconciliation_status = 'completed'
    GROUP BY p.id, p.payout_id, p.currency, p.amount
    HAVING COALESCE(SUM(t.net), 0) <> p.amount
"""


@check(ARROW, "Each transaction's net is its amount less its fee", compares=BalanceTransaction.objects.all)
def transactions_net(now: datetime) -> Iterator[Finding]:
    """`amount` − `fee` = `net`, row by row.

    A difference means that a row was changed by hand: Stripe's always agree. Fetch the
    transaction again.
    """
    for transaction_id, currency, amount, fee, net in rows(UNBALANCED):
        yield Finding(
            transaction_id,
            f"{transaction_id} does not balance: amount less fee is not its net",
            **money(amount - fee, net, currency),
        )


UNBALANCED = """
    SELECT balance_transaction_id, currency, amount, fee, net
    FROM payments_balancetransaction WHERE amount - fee <> net
"""
