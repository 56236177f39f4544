"""What is sold, and how much of it is there."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone


class Category(models.Model):
    name = models.CharField(max_length=80)
    slug = models.SlugField(max_length=80, unique=True)

    class Meta:
        verbose_name_plural = "categories"

    def __str__(self) -> str:
        return self.name


class Product(models.Model):
    """What a customer sees on one page; it is sold as one or more variants."""

    category = models.ForeignKey(Category, on_delete=models.PROTECT, related_name="products")
    name = models.CharField(max_length=200)
    slug = models.SlugField(max_length=200, unique=True)
    description = models.TextField(blank=True)
    image = models.ImageField(upload_to="products/", blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    is_active = models.BooleanField(default=True)

    def __str__(self) -> str:
        return self.name


class Variant(models.Model):
    """What is bought. `unit_amount` is in minor units of `currency`, and so is `unit_cost`.

    `unit_cost` is what the shop pays for one piece, without tax; None: not known.
    `stock` is what lies on the shelf, `reserved` the part of it promised to unpaid orders. A
    variant whose stock is not tracked (goods of an imported history) has neither.
    """

    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="variants")
    sku = models.CharField(max_length=64, unique=True)
    name = models.CharField(max_length=120, blank=True)
    unit_amount = models.PositiveBigIntegerField()
    currency = models.CharField(max_length=3)
    unit_cost = models.PositiveBigIntegerField(null=True, blank=True)
    stock = models.BigIntegerField(default=0)
    reserved = models.BigIntegerField(default=0)
    stock_tracked = models.BooleanField(default=True)
    preorder = models.BooleanField(default=False, help_text="May be sold before it is there.")
    is_active = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(stock__gte=0), name="variant_stock_not_negative"),
            models.CheckConstraint(condition=Q(reserved__gte=0), name="variant_reserved_not_negative"),
            models.CheckConstraint(condition=Q(reserved__lte=F("stock")), name="variant_reserved_in_stock"),
        ]

    def __str__(self) -> str:
        return self.sku

    @property
    def available(self) -> int:
        """Pieces that can be sold now: on the shelf and not promised."""
        return self.stock - self.reserved


class StockReason(models.TextChoices):
    RECEIPT = "receipt", "Receipt"
    SALE = "sale", "Sale"
    RETURN = "return", "Return"
    ADJUSTMENT = "adjustment", "Adjustment"
    IMPORT = "import", "Import"


class StockMovement(models.Model):
    """Pieces that came (+) or went (−), and why. Only grows; sums to the variant's stock."""

    variant = models.ForeignKey(Variant, on_delete=models.PROTECT, related_name="movements")
    quantity = models.BigIntegerField()
    reason = models.CharField(max_length=16, choices=StockReason)
    order_item = models.ForeignKey("orders.OrderItem", on_delete=models.PROTECT, null=True, blank=True)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True)
    note = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField(default=timezone.now)
    # Of the page that asked for it: sent twice, it moves stock once.
    form_key = models.UUIDField(null=True, blank=True, editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(quantity=0), name="movement_moves_something"),
            models.CheckConstraint(condition=Q(reason__in=StockReason.values), name="movement_reason_known"),
            # Goods of one line leave once; they may come back piece by piece.
            models.UniqueConstraint(
                fields=["order_item", "reason"],
                condition=~Q(reason=StockReason.RETURN),
                name="movement_once_per_item_and_reason",
            ),
            # Its condition says nothing new. Without it SQLite would build the table anew, and
            # lose the triggers that guard it.
            models.UniqueConstraint(
                fields=["form_key"], condition=Q(form_key__isnull=False), name="movement_once_per_form"
            ),
        ]
        indexes = [
            # what came back of the lines of orders: margins
            models.Index(fields=["order_item"], name="movement_returned", condition=Q(reason="return")),
        ]

    def __str__(self) -> str:
        return f"movement {self.pk}"
