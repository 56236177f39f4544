"""Stripe's objects as we know them: one row per Stripe id.

Each row keeps the newest snapshot. Its version is (`as_of`, `as_of_rank`, `as_of_event`): Stripe's
clock counts whole seconds, so on a tie the further status wins, then the greater event id. Fields
in `earliest` and `set_once` are merged instead of replaced. Each rule gives the same row for any
order and any duplicates of the same events; but for when we learnt of it, which is about their arrival.
"""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone


class Provider(models.TextChoices):
    STRIPE = "stripe", "Stripe"
    IMPORT = "import", "Import"


class PaymentStatus(models.TextChoices):
    REQUIRES_PAYMENT_METHOD = "requires_payment_method", "Needs a payment method"
    REQUIRES_CONFIRMATION = "requires_confirmation", "Needs confirmation"
    REQUIRES_ACTION = "requires_action", "Needs action"
    PROCESSING = "processing", "Processing"
    REQUIRES_CAPTURE = "requires_capture", "Needs capture"
    SUCCEEDED = "succeeded", "Succeeded"
    CANCELED = "canceled", "Cancelled"


# Nobody has paid, and somebody still could.
OPEN = [
    PaymentStatus.REQUIRES_PAYMENT_METHOD,
    PaymentStatus.REQUIRES_CONFIRMATION,
    PaymentStatus.REQUIRES_ACTION,
]


# Disputes that wait for us.
NEEDS_RESPONSE = ("needs_response", "warning_needs_response", "appeal_needs_response")


class RefundStatus(models.TextChoices):
    REQUIRES_ACTION = "requires_action", "Needs action"
    PENDING = "pending", "Pending"
    SUCCEEDED = "succeeded", "Succeeded"
    FAILED = "failed", "Failed"
    CANCELED = "canceled", "Cancelled"


class Fact(models.Model):
    """What every mirrored object has. `created` is Stripe's own creation moment."""

    key: ClassVar[str]  # the column with the Stripe id
    earliest: ClassVar[tuple[str, ...]] = ()  # keep the earliest moment ever told
    set_once: ClassVar[tuple[str, ...]] = ()  # ids that Stripe fills in late and never changes

    provider = models.CharField(max_length=8, choices=Provider, default=Provider.STRIPE)
    created = models.DateTimeField()
    as_of = models.DateTimeField()
    as_of_rank = models.BigIntegerField(default=0)
    as_of_event = models.CharField(max_length=255, default="")

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return str(getattr(self, self.key))


class OrderFact(Fact):
    """A fact that belongs to an order, once the order is known."""

    order = models.ForeignKey("orders.Order", on_delete=models.PROTECT, null=True, blank=True)
    payment_intent_id = models.CharField(max_length=255, blank=True)
    # The order number in the object's metadata, when the metadata names this installation.
    claimed_order = models.CharField(max_length=255, blank=True)

    class Meta:
        abstract = True


class Learnt(models.Model):
    """When we learnt of a fact, and of the status it has now, by our own clock.

    Stripe may tell of something hours after it happened: who looked in between has not seen it.
    """

    known_at = models.DateTimeField(default=timezone.now)
    status_known_at = models.DateTimeField(default=timezone.now)

    class Meta:
        abstract = True


class Payment(OrderFact):
    """A PaymentIntent. `amount_received` is what was really captured."""

    key = "payment_intent_id"
    earliest = ("succeeded_at",)
    set_once = ("claimed_order",)

    payment_intent_id = models.CharField(max_length=255, unique=True)
    amount = models.BigIntegerField()
    amount_received = models.BigIntegerField(default=0)
    currency = models.CharField(max_length=3)
    status = models.CharField(max_length=64)
    succeeded_at = models.DateTimeField(null=True, blank=True)
    failure_code = models.CharField(max_length=255, blank=True)
    failure_message = models.TextField(blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["-created", "-id"], name="payment_newest"),
            models.Index(fields=["claimed_order"], name="payment_waits", condition=Q(order=None)),
            # payments that could still be made: those of cancelled orders are given up
            models.Index(fields=["order"], name="payment_open", condition=Q(status__in=OPEN)),
        ]


class Charge(OrderFact):
    """One attempt to take money. `amount_refunded` is cumulative, and falls when a refund fails."""

    key = "charge_id"
    set_once = ("claimed_order", "payment_intent_id", "balance_transaction_id")

    charge_id = models.CharField(max_length=255, unique=True)
    payment_intent_id = models.CharField(max_length=255, blank=True, db_index=True)
    amount = models.BigIntegerField()
    amount_captured = models.BigIntegerField(default=0)
    amount_refunded = models.BigIntegerField(default=0)
    currency = models.CharField(max_length=3)
    status = models.CharField(max_length=64)
    balance_transaction_id = models.CharField(max_length=255, blank=True)
    method = models.CharField(max_length=64, blank=True)  # card, sepa_debit, …
    card_brand = models.CharField(max_length=64, blank=True)
    card_last4 = models.CharField(max_length=4, blank=True)
    failure_code = models.CharField(max_length=255, blank=True)
    failure_message = models.TextField(blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["claimed_order"], name="charge_waits", condition=Q(order=None)),
            # how many charges of a window wait for their fee, and their amount: from the index alone
            models.Index(
                fields=["currency", "created", "amount_captured"],
                name="charge_fee_amount",
                condition=Q(balance_transaction_id="", status="succeeded", provider="stripe"),
            ),
            # charges whose fee is not known yet
            models.Index(
                fields=["id"],
                name="charge_fee_pending",
                condition=Q(balance_transaction_id="", status="succeeded", provider="stripe"),
            ),
        ]


class Refund(OrderFact, Learnt):
    """Money going back to a customer. It can succeed and fail later."""

    key = "refund_id"
    earliest = ("counted_at", "failed_at", "known_at")
    set_once = (
        "claimed_order",
        "payment_intent_id",
        "charge_id",
        "request_key",
        "balance_transaction_id",
        "failure_balance_transaction_id",
    )

    refund_id = models.CharField(max_length=255, unique=True)
    payment_intent_id = models.CharField(max_length=255, blank=True, db_index=True)
    charge_id = models.CharField(max_length=255, blank=True, db_index=True)
    amount = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    status = models.CharField(max_length=64)
    reason = models.CharField(max_length=64, blank=True)
    pending_reason = models.CharField(max_length=64, blank=True)
    failure_reason = models.CharField(max_length=64, blank=True)
    request_key = models.CharField(max_length=64, blank=True, db_index=True)  # ours, from metadata
    balance_transaction_id = models.CharField(max_length=255, blank=True)
    failure_balance_transaction_id = models.CharField(max_length=255, blank=True)
    counted_at = models.DateTimeField(null=True, blank=True)  # first seen pending or succeeded
    failed_at = models.DateTimeField(null=True, blank=True)  # first seen failed or canceled

    class Meta:
        indexes = [
            models.Index(fields=["-created", "-id"], name="refund_newest"),
            # refunds that wait or went wrong: the work list
            models.Index(
                fields=["created"], name="refund_open", condition=~Q(status__in=["succeeded", "canceled"])
            ),
            # what is new to somebody who looked a while ago
            models.Index(fields=["known_at"], name="refund_known"),
            models.Index(
                fields=["status_known_at"], name="refund_failure_known", condition=Q(status="failed")
            ),
        ]


class Dispute(OrderFact, Learnt):
    """A chargeback, or an inquiry (`warning_…`), which moves no money.

    `is_charge_refundable` is whether Stripe would still refund the payment; None where it did not say.
    """

    key = "dispute_id"
    earliest = ("known_at",)
    set_once = ("claimed_order", "payment_intent_id", "charge_id")

    dispute_id = models.CharField(max_length=255, unique=True)
    payment_intent_id = models.CharField(max_length=255, blank=True, db_index=True)
    charge_id = models.CharField(max_length=255, blank=True, db_index=True)
    amount = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    status = models.CharField(max_length=64)
    reason = models.CharField(max_length=64, blank=True)
    network_reason_code = models.CharField(max_length=64, blank=True)  # the card network's own
    due_by = models.DateTimeField(null=True, blank=True)
    is_charge_refundable = models.BooleanField(null=True, blank=True)
    has_evidence = models.BooleanField(default=False)  # at Stripe, sent or only kept there
    submission_count = models.PositiveIntegerField(default=0)  # how often evidence was sent to the bank

    class Meta:
        indexes = [
            models.Index(fields=["due_by"], name="dispute_due"),
            # how many there are to answer, on every page of the desk: from the index alone
            models.Index(fields=["status"], name="dispute_to_answer", condition=Q(status__in=NEEDS_RESPONSE)),
            # how the decided ones ended, by when they were opened
            models.Index(fields=["created"], name="dispute_decided", condition=Q(status__in=["won", "lost"])),
            # what is new to somebody who looked a while ago
            models.Index(fields=["known_at"], name="dispute_known"),
            models.Index(fields=["status_known_at"], name="dispute_status_known"),
        ]


class Payout(Fact, Learnt):
    """Money Stripe sends to the bank. It can be `paid` and fail within five business days."""

    key = "payout_id"
    earliest = ("failed_at", "known_at")
    set_once = ("balance_transaction_id",)

    payout_id = models.CharField(max_length=255, unique=True)
    amount = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    status = models.CharField(max_length=64)
    arrival_date = models.DateField()
    automatic = models.BooleanField(default=True)
    reconciliation_status = models.CharField(max_length=64, blank=True)
    failure_code = models.CharField(max_length=255, blank=True)
    balance_transaction_id = models.CharField(max_length=255, blank=True)
    failed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["-created", "-id"], name="payout_newest"),
            # what is new to somebody who looked a while ago
            models.Index(fields=["status_known_at"], name="payout_status_known"),
        ]


class BalanceTransaction(Fact):
    """One line of Stripe's own books, in the settlement currency: `net = amount − fee`."""

    key = "balance_transaction_id"
    set_once = ("payout_id",)

    balance_transaction_id = models.CharField(max_length=255, unique=True)
    type = models.CharField(max_length=64)
    reporting_category = models.CharField(max_length=64, blank=True)
    amount = models.BigIntegerField()
    fee = models.BigIntegerField()
    net = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    source_id = models.CharField(max_length=255, blank=True, db_index=True)
    payout_id = models.CharField(max_length=255, blank=True, db_index=True)
    available_on = models.DateTimeField(null=True, blank=True)
    status = models.CharField(max_length=64, blank=True)
