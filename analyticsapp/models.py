"""Figures per store-local day, built from the ledger. Everything here can be built anew."""

from django.db import models


class AnalyticsSnapshotDaily(models.Model):
    """The additive figures of one day and currency; amounts in minor units, as the ledger signs them."""

    day = models.DateField()
    currency = models.CharField(max_length=3)
    sales = models.BigIntegerField(default=0)
    orders = models.BigIntegerField(default=0)
    refunds = models.BigIntegerField(default=0)  # refunds and their reversals: negative
    disputes = models.BigIntegerField(default=0)  # withdrawals and reinstatements: negative
    fees = models.BigIntegerField(default=0)  # fees and credits: negative
    unapplied = models.BigIntegerField(default=0)
    adjustments = models.BigIntegerField(default=0)
    payouts = models.BigIntegerField(default=0)
    units = models.BigIntegerField(default=0)

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

    def __str__(self) -> str:
        return f"customer day {self.pk}"


class SnapshotBuild(models.Model):
    """One run of `build_snapshots`: every ledger entry up to `ledger_id` is in the rollups."""

    built_at = models.DateTimeField()
    ledger_id = models.BigIntegerField()
    days = models.IntegerField()
    seconds = models.FloatField()

    def __str__(self) -> str:
        return f"build {self.pk}"
