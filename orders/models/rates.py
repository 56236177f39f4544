"""What delivery costs, which tax is due, and which codes take something off. Kept by admins."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django_countries.fields import CountryField


class ShippingMethod(models.Model):
    """A way to send an order, such as `Standard`, `2 to 3 working days`."""

    name = models.CharField(max_length=80, unique=True)
    description = models.CharField(max_length=120, blank=True, help_text="How long it takes.")
    position = models.PositiveSmallIntegerField(default=0, help_text="The lowest is offered first.")
    is_active = models.BooleanField(default=True)

    def __str__(self) -> str:
        return self.name


class ShippingRate(models.Model):
    """What a method costs to one country, or with an empty country to all others.

    `amount` and `free_from` are minor units of `currency`; `free_from` is the worth of goods, less
    discount, from which it costs nothing. A method without a rate is not offered.
    """

    method = models.ForeignKey(ShippingMethod, on_delete=models.CASCADE, related_name="rates")
    country = CountryField(blank=True, blank_label="All other countries")
    currency = models.CharField(max_length=3)
    amount = models.PositiveBigIntegerField()
    free_from = models.PositiveBigIntegerField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["method", "country", "currency"], name="shipping_rate_once_per_country"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.method} {self.country or 'elsewhere'} {self.currency}"


class TaxRate(models.Model):
    """VAT or sales tax in one country, or with an empty country in all others. None: no tax.

    `rate` is in hundredths of a per cent: 2000 is 20 %.
    """

    country = CountryField(blank=True, blank_label="All other countries", unique=True)
    name = models.CharField(max_length=40, default="VAT")
    rate = models.PositiveIntegerField(
        validators=[MaxValueValidator(10_000)], help_text="In hundredths of a per cent: 2000 is 20 %."
    )

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(rate__lte=10_000), name="tax_rate_within_whole"),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.country or 'elsewhere'}"


class DiscountCode(models.Model):
    """A code that takes something off the goods: a share, or an amount of one currency.

    How often it was used is counted from the orders that carry it and were not cancelled. Words
    are those of Stripe's promotion codes (docs.stripe.com/api/promotion_codes).
    """

    code = models.CharField(max_length=40, unique=True, help_text="Kept in capitals.")
    percent_off = models.PositiveSmallIntegerField(
        null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(100)]
    )
    amount_off = models.PositiveBigIntegerField(null=True, blank=True, help_text="In minor units.")
    currency = models.CharField(max_length=3, blank=True, help_text="Of the two amounts.")
    minimum_amount = models.PositiveBigIntegerField(
        null=True, blank=True, help_text="The goods must cost this much, in minor units."
    )
    starts_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(null=True, blank=True)
    max_redemptions = models.PositiveIntegerField(null=True, blank=True)
    max_per_customer = models.PositiveIntegerField(null=True, blank=True)
    is_active = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(percent_off__isnull=True) ^ Q(amount_off__isnull=True),
                name="discount_is_share_or_amount",
            ),
            models.CheckConstraint(
                condition=Q(percent_off__isnull=True) | Q(percent_off__gte=1, percent_off__lte=100),
                name="discount_share_within_whole",
            ),
            models.CheckConstraint(
                condition=~Q(currency="") | Q(amount_off__isnull=True, minimum_amount__isnull=True),
                name="discount_amount_has_currency",
            ),
            models.CheckConstraint(
                condition=Q(expires_at__isnull=True) | Q(expires_at__gt=F("starts_at")),
                name="discount_ends_after_start",
            ),
        ]

    def __str__(self) -> str:
        return self.code
