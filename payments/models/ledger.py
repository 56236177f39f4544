"""Money by day. The table only grows: a correction is a new row."""

from django.db import models
from django.db.models import Q
from django.utils import timezone


class Kind(models.TextChoices):
    """What moved. Sales, reinstatements, credits and reversals are positive, the rest negative.

    `unapplied` is accounting's unapplied cash: money that came for an order but does not pay it
    (a wrong amount, a second payment, after a cancel), and its way back.
    """

    SALE = "sale", "Sale"
    REFUND = "refund", "Refund"
    REFUND_REVERSAL = "refund_reversal", "Refund reversal"
    DISPUTE_WITHDRAWAL = "dispute_withdrawal", "Dispute withdrawal"
    DISPUTE_REINSTATEMENT = "dispute_reinstatement", "Dispute reinstatement"
    FEE = "fee", "Fee"
    FEE_CREDIT = "fee_credit", "Fee credit"
    UNAPPLIED = "unapplied", "Unapplied payment"
    ADJUSTMENT = "adjustment", "Adjustment"
    PAYOUT = "payout", "Payout"
    PAYOUT_REVERSAL = "payout_reversal", "Payout reversal"


class LedgerEntry(models.Model):
    """`amount` minor units of `currency` moved at `occurred_at`, as `source_id` says.

    `occurred_on` is the store-local day of `occurred_at`. `posted_at` is when we learnt of it, so
    that a report as it was known on some day can be made again.
    """

    kind = models.CharField(max_length=24, choices=Kind)
    amount = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    order = models.ForeignKey("orders.Order", on_delete=models.PROTECT, null=True, blank=True)
    source_id = models.CharField(max_length=255)
    event = models.ForeignKey("payments.StripeEvent", on_delete=models.PROTECT, null=True, blank=True)
    occurred_at = models.DateTimeField()
    occurred_on = models.DateField()
    posted_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name_plural = "ledger entries"
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=Kind.values), name="ledger_kind_known"),
            models.CheckConstraint(condition=~Q(amount=0), name="ledger_amount_not_zero"),
        ]
        indexes = [
            # figures of a window, by kind
            models.Index(fields=["occurred_on", "kind", "currency"], name="ledger_by_day"),
            # what became known since a moment
            models.Index(fields=["posted_at"], name="ledger_by_known"),
            # orders of which something was refunded: margins
            models.Index(
                fields=["order"], name="ledger_refunds", condition=Q(kind__in=["refund", "refund_reversal"])
            ),
            # entries without an order: payouts and adjustments, found by what they are about
            models.Index(fields=["source_id"], name="ledger_without_order", condition=Q(order=None)),
        ]

    def __str__(self) -> str:
        return f"entry {self.pk}"
