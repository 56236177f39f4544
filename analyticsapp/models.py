"""Figures per store-local day, built from the ledger. Everything here can be built anew."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone


class AnalyticsSnapshotDaily(models.Model):
    """The additive figures of one day and currency; amounts in minor units, as the ledger signs them."""

    day = models.DateField()
    currency = models.CharField(max_length=3)
    sales = models.BigIntegerField()
    orders = models.BigIntegerField()  # whose sale entries of this day sum to more than zero
    refunds = models.BigIntegerField()  # refunds and their reversals: negative
    disputes = models.BigIntegerField()  # withdrawals and reinstatements: negative
    fees = models.BigIntegerField()  # fees and credits: negative
    unapplied = models.BigIntegerField()
    adjustments = models.BigIntegerField()
    payouts = models.BigIntegerField()  # payouts and those that came back: negative

    class Meta:
        constraints = [models.UniqueConstraint(fields=["day", "currency"], name="snapshot_once_a_day")]

    def __str__(self) -> str:
        return f"{self.day} {self.currency}"


class CustomerDay(models.Model):
    """What one customer bought on one day: makes distinct counts over any window exact."""

    day = models.DateField()
    currency = models.CharField(max_length=3)
    email = models.EmailField()
    orders = models.BigIntegerField()
    sales = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["day", "currency", "email"], name="customer_once_a_day")
        ]
        indexes = [
            # all days of the customers of some day
            models.Index(fields=["email", "currency", "day"], name="customer_by_email")
        ]

    def __str__(self) -> str:
        return f"customer day {self.pk}"


class CustomerReturn(models.Model):
    """How the orders of `day` followed orders of `earlier` by the same customers.

    `orders` are all of the day's (where `earlier` is the day itself). `seconds` had the customer's
    order before them on `earlier`, `thirds` the one before that. An order is its customer's first in
    a window when the one before lies outside, and so for the second: `firsts_from` and `seconds_from` are
    how many of the day's orders are that in a window that begins on `earlier`. So one row a day tells how
    many customers a window has, however many orders there are.
    """

    day = models.DateField()
    currency = models.CharField(max_length=3)
    earlier = models.DateField()
    orders = models.BigIntegerField()
    seconds = models.BigIntegerField()
    thirds = models.BigIntegerField()
    firsts_from = models.BigIntegerField()
    seconds_from = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["day", "currency", "earlier"], name="return_once_a_pair")
        ]

    def __str__(self) -> str:
        return f"customer return {self.pk}"


class RefundPair(models.Model):
    """What the days `earlier` to `day` add to the orders refunded in a window that holds both.

    The sum over a window's pairs is how many orders were refunded in it, each once. An order whose money
    went back on two days adds 1 to each day, as a pair with itself, and takes 1 off the pair of both.
    """

    day = models.DateField()
    currency = models.CharField(max_length=3)
    earlier = models.DateField()
    orders = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["day", "currency", "earlier"], name="refund_once_a_pair")
        ]

    def __str__(self) -> str:
        return f"refund pair {self.pk}"


# The two below point at rows without a foreign key in the database: they are written by the million
# and derived, and what they point at is never deleted while the ledger names it.


class ProductDay(models.Model):
    """Pieces sold of one variant on one day, and their lines' amounts, as they were sold.

    `goods` is without tax, `known_goods` that of lines whose cost is known; `cost` is of all their pieces.
    What came back later is not taken off.
    """

    day = models.DateField()
    currency = models.CharField(max_length=3)
    variant = models.ForeignKey(
        "catalog.Variant", on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    units = models.BigIntegerField()
    sales = models.BigIntegerField()  # after discount, with the tax in it
    gross = models.BigIntegerField()  # before discount
    goods = models.BigIntegerField()
    known_goods = models.BigIntegerField()
    cost = models.BigIntegerField()
    units_without_cost = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["day", "currency", "variant"], name="product_once_a_day")
        ]

    def __str__(self) -> str:
        return f"product day {self.pk}"


class RefundDay(models.Model):
    """What went back for one order on one day: an order refunded in two steps counts once a window."""

    day = models.DateField()
    currency = models.CharField(max_length=3)
    order = models.ForeignKey(
        "orders.Order", on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    refunds = models.BigIntegerField()  # refunds and their reversals: negative

    class Meta:
        constraints = [models.UniqueConstraint(fields=["day", "currency", "order"], name="refund_once_a_day")]
        indexes = [
            # all days of the orders refunded on some day
            models.Index(fields=["order", "currency", "day"], name="refund_by_order")
        ]

    def __str__(self) -> str:
        return f"refund day {self.pk}"


class SnapshotBuild(models.Model):
    """A state of the rollups: every ledger entry up to `ledger_id` is in them.

    `data_through` is when the last of these entries was learnt of. A run that finds nothing new
    moves `built_at` of the latest row; `days` and `seconds` tell of the run that wrote it.
    """

    built_at = models.DateTimeField()
    ledger_id = models.BigIntegerField()
    data_through = models.DateTimeField(null=True)
    days = models.IntegerField()
    seconds = models.FloatField()

    def __str__(self) -> str:
        return f"build {self.pk}"


class ClosedMonth(models.Model):
    """A month whose figures were reported, and stay as they were.

    `figures` are all KPIs by currency and key, as files say them (those there were when it was closed);
    `ledger_id` is the newest entry that is in them, `movement_id` the newest movement of stock (None: closed
    before margins were kept). What comes for the month later is an adjustment, shown beside them.
    """

    month = models.DateField(unique=True)  # its first day
    ledger_id = models.BigIntegerField()
    movement_id = models.BigIntegerField(null=True)
    figures = models.JSONField()
    closed_at = models.DateTimeField()
    closed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    def __str__(self) -> str:
        return f"{self.month:%Y-%m}"


class Rhythm(models.TextChoices):
    """How often a saved export comes by mail; a week begins on Monday. Values name no days of their own."""

    NEVER = "never", "Only when I ask"
    DAILY = "daily", "Every day"
    WEEKLY = "weekly", "Every Monday"
    MONTHLY = "monthly", "On the first of each month"


class SavedExport(models.Model):
    """A file somebody wants again: which one, of which window, in which form, and how often by mail.

    `window` is a query string such as `days=30` or `period=last_month`, read anew each time.
    `next_on` is the store's day of its next mail; None when it has no rhythm.
    """

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="saved_exports"
    )
    name = models.CharField(max_length=80)
    export = models.CharField(max_length=32)
    window = models.CharField(max_length=100)
    form = models.CharField(max_length=8)
    rhythm = models.CharField(max_length=8, choices=Rhythm, default=Rhythm.NEVER)
    next_on = models.DateField(null=True, blank=True)
    last_sent_at = models.DateTimeField(null=True, blank=True)
    error = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["owner", "name"], name="saved_export_once_per_name"),
            models.CheckConstraint(condition=Q(rhythm__in=Rhythm.values), name="saved_export_rhythm_known"),
        ]
        indexes = [
            # what is to be mailed today
            models.Index(fields=["next_on"], name="saved_export_due", condition=Q(next_on__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"saved export {self.pk}"
