"""What customers ordered, and where each order stands."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone


class OrderStatus(models.TextChoices):
    PENDING = "pending", "Pending"
    PAID = "paid", "Paid"
    FULFILLED = "fulfilled", "Fulfilled"
    CANCELED = "canceled", "Cancelled"


class RefundState(models.TextChoices):
    NONE = "none", "Not refunded"
    PARTIAL = "partial", "Part refunded"
    FULL = "full", "Refunded"


class DisputeState(models.TextChoices):
    NONE = "none", "No dispute"
    OPEN = "open", "Disputed"
    WON = "won", "Dispute won"
    LOST = "lost", "Dispute lost"


class Flag(models.TextChoices):
    """Why a person must look at an order. One at a time: the most urgent."""

    NONE = "", "None"
    PAID_AFTER_CANCEL = "paid_after_cancel", "Paid after cancel"
    OUT_OF_STOCK = "out_of_stock", "No stock"
    WRONG_CURRENCY = "wrong_currency", "Wrong currency"
    WRONG_AMOUNT = "wrong_amount", "Wrong amount"
    PAID_TWICE = "paid_twice", "Paid twice"


class TaxBehavior(models.TextChoices):
    """Whether prices hold their tax already (docs.stripe.com/tax/products-prices-tax-codes-tax-behavior)."""

    INCLUSIVE = "inclusive", "Included"
    EXCLUSIVE = "exclusive", "Added"


SOLD = (OrderStatus.PAID, OrderStatus.FULFILLED)
GOODS_AND_SHIPPING = F("amount_subtotal") - F("amount_discount") + F("amount_shipping")


class Order(models.Model):
    """One purchase. Amounts are minor units of `currency`.

    `amount_total` is what the customer pays: `amount_subtotal` (the items) less `amount_discount`,
    plus `amount_shipping`, plus `amount_tax` where prices are without it (`tax_behavior`).

    `status` moves through `orders.lifecycle` only. `refund_status`, `dispute_status`, `flag`,
    `amount_refunded` and `refunded_at` are written by the payments projection, from facts.
    """

    number = models.CharField(max_length=32, unique=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True)
    email = models.EmailField()
    name = models.CharField(max_length=150, blank=True)
    address = models.TextField(blank=True)
    country = models.CharField(max_length=64, blank=True)
    currency = models.CharField(max_length=3)
    amount_subtotal = models.PositiveBigIntegerField()
    amount_discount = models.PositiveBigIntegerField(default=0)
    amount_shipping = models.PositiveBigIntegerField(default=0)
    amount_tax = models.PositiveBigIntegerField(default=0)
    tax_behavior = models.CharField(max_length=16, choices=TaxBehavior, default=TaxBehavior.INCLUSIVE)
    tax_name = models.CharField(max_length=40, blank=True)
    tax_rate = models.PositiveIntegerField(default=0)  # hundredths of a per cent
    amount_total = models.PositiveBigIntegerField()
    shipping_method = models.CharField(max_length=80, blank=True)
    discount_code = models.ForeignKey(
        "orders.DiscountCode", on_delete=models.PROTECT, null=True, blank=True, related_name="orders"
    )
    status = models.CharField(max_length=16, choices=OrderStatus, default=OrderStatus.PENDING)
    refund_status = models.CharField(max_length=16, choices=RefundState, default=RefundState.NONE)
    dispute_status = models.CharField(max_length=16, choices=DisputeState, default=DisputeState.NONE)
    flag = models.CharField(max_length=24, choices=Flag, default=Flag.NONE, blank=True)
    amount_refunded = models.PositiveBigIntegerField(default=0)
    payment_intent_id = models.CharField(max_length=255, unique=True, null=True, blank=True)
    tracking_number = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    reserved_until = models.DateTimeField(null=True, blank=True)
    paid_at = models.DateTimeField(null=True, blank=True)
    # When we learnt of it, by our own clock: Stripe may tell late, and what failed is applied later still.
    paid_known_at = models.DateTimeField(null=True, blank=True)
    fulfilled_at = models.DateTimeField(null=True, blank=True)
    canceled_at = models.DateTimeField(null=True, blank=True)
    refunded_at = models.DateTimeField(null=True, blank=True)
    # Paid, and some of its goods have not left the stock yet: to be tried again when goods come.
    awaits_stock = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(status__in=OrderStatus.values), name="order_status_known"),
            models.CheckConstraint(
                condition=~Q(status__in=SOLD) | Q(paid_at__isnull=False), name="order_paid_has_moment"
            ),
            models.CheckConstraint(
                condition=~Q(status=OrderStatus.FULFILLED) | Q(fulfilled_at__isnull=False),
                name="order_fulfilled_has_moment",
            ),
            models.CheckConstraint(
                condition=~Q(status=OrderStatus.CANCELED) | Q(canceled_at__isnull=False),
                name="order_canceled_has_moment",
            ),
            models.CheckConstraint(
                condition=Q(tax_behavior=TaxBehavior.INCLUSIVE, amount_total=GOODS_AND_SHIPPING)
                | Q(tax_behavior=TaxBehavior.EXCLUSIVE, amount_total=GOODS_AND_SHIPPING + F("amount_tax")),
                name="order_parts_make_total",
            ),
            models.CheckConstraint(
                condition=Q(amount_discount__lte=F("amount_subtotal")), name="order_discount_within_goods"
            ),
            models.CheckConstraint(
                condition=Q(amount_tax__lte=F("amount_total")), name="order_tax_within_total"
            ),
            models.CheckConstraint(
                condition=Q(amount_refunded__lte=F("amount_total")), name="order_refunded_within_total"
            ),
        ]
        indexes = [
            # the list, newest first, page by page
            models.Index(fields=["-created_at", "-id"], name="order_newest"),
            # orders paid in a window: exports and figures
            models.Index(fields=["paid_at", "id"], name="order_paid", condition=Q(paid_at__isnull=False)),
            # what became known as paid since a person last looked
            models.Index(
                fields=["paid_known_at"], name="order_paid_known", condition=Q(paid_known_at__isnull=False)
            ),
            # one customer's orders
            models.Index(fields=["email", "id"], name="order_by_email"),
            # the list by amount, and narrowed to amounts; which currencies there are
            models.Index(fields=["currency", "amount_total", "id"], name="order_by_total"),
            # the list of one country, newest first; which countries there are
            models.Index(fields=["country", "-created_at", "-id"], name="order_by_country"),
            # the work list: to pack, and what a person must look at
            models.Index(fields=["paid_at"], name="order_to_fulfil", condition=Q(status="paid")),
            # the list of those to pack, page by page: its last page is months away from its first
            models.Index(fields=["-created_at", "-id"], name="order_to_pack", condition=Q(status="paid")),
            # how many there are to pack, on every page of the desk: from the index alone
            models.Index(
                fields=["id"],
                name="order_pack_count",
                condition=Q(status="paid", awaits_stock=False) & ~Q(refund_status="full"),
            ),
            models.Index(fields=["id"], name="order_disputed", condition=Q(dispute_status="open")),
            models.Index(fields=["id"], name="order_flagged", condition=~Q(flag="")),
            models.Index(fields=["id"], name="order_awaits_stock", condition=Q(awaits_stock=True)),
            # reservations that run out
            models.Index(fields=["reserved_until"], name="order_expiring", condition=Q(status="pending")),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def amount_left(self) -> int:
        """Minor units that have not gone back to the customer."""
        return self.amount_total - self.amount_refunded


class OrderItem(models.Model):
    """One line. Name and price are copied: a later change of the product changes no past order.

    `amount_total` is price times quantity. Of it `amount_discount` was taken off; `amount_tax` is the
    line's share of the order's tax. Shares of all lines sum to the order's discount, and to its
    tax less that on delivery. `unit_cost` is what one piece cost the shop when the order was placed;
    None: not known.
    """

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="items")
    variant = models.ForeignKey("catalog.Variant", on_delete=models.PROTECT, related_name="+")
    sku = models.CharField(max_length=64)
    product_name = models.CharField(max_length=200)
    variant_name = models.CharField(max_length=120, blank=True, default="", db_default="")
    unit_amount = models.PositiveBigIntegerField()
    unit_cost = models.PositiveBigIntegerField(null=True, blank=True)
    quantity = models.PositiveBigIntegerField()
    amount_total = models.PositiveBigIntegerField()
    amount_discount = models.PositiveBigIntegerField(default=0, db_default=0)
    amount_tax = models.PositiveBigIntegerField(default=0, db_default=0)
    reserved = models.PositiveBigIntegerField(default=0)  # pieces the variant holds for this line

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(quantity__gt=0), name="item_quantity_positive"),
            models.CheckConstraint(
                condition=Q(amount_total=F("unit_amount") * F("quantity")), name="item_amount_is_product"
            ),
            models.CheckConstraint(
                condition=Q(amount_discount__lte=F("amount_total")), name="item_discount_within_amount"
            ),
        ]
        indexes = [
            # orders that hold something that was called so: the list narrowed to a SKU
            models.Index(fields=["sku"], name="item_by_sku"),
        ]

    def __str__(self) -> str:
        return f"item {self.pk}"


class OrderNote(models.Model):
    """What a member of staff wrote about an order."""

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="notes")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT)
    text = models.TextField(max_length=2000)
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"note {self.pk}"
