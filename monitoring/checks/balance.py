"""Facts → Stripe's balance transactions: what we say moved is what Stripe's own books say.

Balance transactions are in the currency Stripe settles in. Amounts are compared where that is the
currency of the charge; elsewhere the two differ by an exchange rate.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from monitoring.check import Finding, check, money, rows
from monitoring.models import Severity
from payments.models import BalanceTransaction, Charge, Dispute, Refund

ARROW = ("Facts", "Balance transactions")
SETTLES_WITHIN = timedelta(days=2)
# What a shop meets of docs.stripe.com/reports/reporting-categories
CATEGORIES = (
    "charge charge_failure refund refund_failure partial_capture_reversal dispute dispute_reversal fee"
    " network_cost tax other_adjustment payout payout_reversal payout_minimum_balance_hold"
    " payout_minimum_balance_release topup topup_reversal transfer transfer_reversal risk_reserved_funds"
).split()


@check(ARROW, "Each charge is in Stripe's books as we have it", compares=Charge.objects.all)
def charges_in_balance(now: datetime) -> Iterator[Finding]:
    """What each charge took against its balance transactions, where these are known.

    Compared are `amount_captured` and the sum of the transactions that name the charge. A
    difference means that the charge or a transaction is outdated here. Compare both with Stripe's
    dashboard; fetching the charge again brings it up to date.
    """
    for charge_id, order_id, currency, amount, booked in rows(CHARGES_AND_BOOKS):
        yield Finding(
            charge_id,
            f"Stripe's books have another amount for {charge_id}",
            **money(int(amount), int(booked), currency),
            order_id=order_id,
        )


CHARGES_AND_BOOKS = """
    WITH booked AS (
        SELECT source_id, currency, SUM(amount) AS amount FROM payments_balancetransaction
        WHERE reporting_category IN ('charge', 'charge_failure', 'partial_capture_reversal')
            AND source_id <> ''
        GROUP BY source_id, currency
    )
    SELECT c.charge_id, c.order_id, c.currency,
        CASE WHEN c.status = 'succeeded' THEN c.amount_captured ELSE 0 END, b.amount
    FROM payments_charge c JOIN booked b ON b.source_id = c.charge_id AND b.currency = c.currency
    WHERE b.amount <> CASE WHEN c.status = 'succeeded' THEN c.amount_captured ELSE 0 END
"""


@check(ARROW, "Each refund is in Stripe's books as we have it", compares=Refund.objects.all)
def refunds_in_balance(now: datetime) -> Iterator[Finding]:
    """What each refund gave back against its balance transactions, where these are known.

    A refund that failed or was cancelled must have come back. While the transaction that brings it
    back is not known, it counts as still out. A difference means that the refund or a transaction
    is outdated here: compare both with Stripe's dashboard.
    """
    for refund_id, order_id, currency, amount, booked in rows(REFUNDS_AND_BOOKS):
        yield Finding(
            refund_id,
            f"Stripe's books have another amount for {refund_id}",
            **money(int(amount), int(booked), currency),
            order_id=order_id,
        )


REFUNDS_AND_BOOKS = """
    WITH booked AS (
        SELECT source_id, currency, SUM(amount) AS amount,
            MAX(CASE reporting_category WHEN 'refund_failure' THEN 1 ELSE 0 END) AS has_return
        FROM payments_balancetransaction
        WHERE reporting_category IN ('refund', 'refund_failure') AND source_id <> ''
        GROUP BY source_id, currency
    ),
    both_ends AS (
        SELECT f.refund_id, f.order_id, f.currency, b.amount AS booked, CASE
            WHEN f.status IN ('pending', 'succeeded') OR b.has_return = 0 THEN -f.amount ELSE 0 END AS amount
        FROM payments_refund f JOIN booked b ON b.source_id = f.refund_id AND b.currency = f.currency
    )
    SELECT refund_id, order_id, currency, amount, booked FROM both_ends WHERE amount <> booked
"""


@check(ARROW, "Each decided dispute is in Stripe's books as decided", compares=Dispute.objects.all)
def disputes_in_balance(now: datetime) -> Iterator[Finding]:
    """A dispute we won has brought the money back, one we lost has taken it.

    Compared are the balance transactions of disputes that were decided two days ago or longer. A
    difference means that an event about the funds did not get here. Open the dispute in Stripe's
    dashboard and send its last event again.
    """
    for dispute_id, order_id, currency, status, amount, booked in rows(
        DISPUTES_AND_BOOKS, decided_before=now - SETTLES_WITHIN
    ):
        yield Finding(
            dispute_id,
            f"{dispute_id} is {status}, and Stripe's books do not say so",
            **money(int(amount), int(booked), currency),
            order_id=order_id,
        )


DISPUTES_AND_BOOKS = """
    WITH booked AS (
        SELECT source_id, currency, SUM(amount) AS amount FROM payments_balancetransaction
        WHERE reporting_category IN ('dispute', 'dispute_reversal', 'other_adjustment') AND source_id <> ''
        GROUP BY source_id, currency
    ),
    both_ends AS (
        SELECT d.dispute_id, d.order_id, d.currency, d.status, COALESCE(b.amount, 0) AS booked,
            CASE d.status WHEN 'lost' THEN -d.amount ELSE 0 END AS amount
        FROM payments_dispute d LEFT JOIN booked b ON b.source_id = d.dispute_id
        WHERE d.status IN ('won', 'lost') AND d.as_of < %(decided_before)s
            AND (b.currency IS NULL OR b.currency = d.currency)
    )
    SELECT dispute_id, order_id, currency, status, amount, booked FROM both_ends WHERE amount <> booked
"""


@check(
    ARROW,
    "Each charge and refund is in Stripe's books after two days",
    compares=Charge.objects.all,
    severity=Severity.WARNING,
)
def fees_known(now: datetime) -> Iterator[Finding]:
    """Charges and refunds of more than two days ago whose balance transaction is not known here.

    Until it is, their fee is missing from the figures. Stripe fills it in on `charge.updated`;
    when that event did not come, send it again from Stripe's dashboard.
    """
    for object_id, order_id, created in rows(NOT_IN_BOOKS, made_before=now - SETTLES_WITHIN):
        yield Finding(
            object_id,
            f"The balance transaction of {object_id} is not known",
            expected="known after 2 days",
            found=f"unknown, made {str(created)[:10]}",
            order_id=order_id,
        )


NOT_IN_BOOKS = """
    SELECT c.charge_id, c.order_id, c.created
    FROM payments_charge c LEFT JOIN payments_balancetransaction t ON t.source_id = c.charge_id
    WHERE c.provider = 'stripe' AND c.status = 'succeeded' AND c.amount_captured > 0
        AND c.order_id IS NOT NULL AND c.created < %(made_before)s AND t.id IS NULL
    UNION ALL
    SELECT f.refund_id, f.order_id, f.created
    FROM payments_refund f LEFT JOIN payments_balancetransaction t ON t.source_id = f.refund_id
    WHERE f.provider = 'stripe' AND f.status = 'succeeded'
        AND f.order_id IS NOT NULL AND f.created < %(made_before)s AND t.id IS NULL
"""


@check(
    ARROW,
    "Each balance transaction is of a kind we know",
    compares=BalanceTransaction.objects.all,
    severity=Severity.WARNING,
    person_decides=True,
)
def categories_known(now: datetime) -> Iterator[Finding]:
    """Balance transactions whose `reporting_category` is not one of Stripe's that we know.

    Their money is in the ledger as an adjustment. Look the category up in Stripe's documentation:
    if that is what it is, resolve the issue with a note; if not, this program has to learn it.
    """
    unknown = BalanceTransaction.objects.exclude(reporting_category__in=CATEGORIES)
    for transaction in unknown.iterator():
        yield Finding(
            transaction.balance_transaction_id,
            f"{transaction} is of an unknown kind",
            expected="a known reporting category",
            found=transaction.reporting_category or f"no category, type {transaction.type}",
        )
