"""What a visitor means to buy."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django_countries.fields import CountryField

from orders.models.order import Order
from orders.models.rates import DiscountCode, ShippingMethod


class Basket(models.Model):
    """One visitor's basket and where it shall go: the visitor's session or account holds it.

    `order` is what was last placed from it. The basket stays open until that order is paid, so that
    a declined card or an expired reservation loses nothing.
    """

    token = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, blank=True)
    order = models.OneToOneField(
        Order, on_delete=models.PROTECT, null=True, blank=True, related_name="basket"
    )
    email = models.EmailField(blank=True)
    name = models.CharField(max_length=150, blank=True)
    line1 = models.CharField(max_length=200, blank=True)
    line2 = models.CharField(max_length=200, blank=True)
    city = models.CharField(max_length=100, blank=True)
    postcode = models.CharField(max_length=20, blank=True)
    country = CountryField(blank=True)
    shipping_method = models.ForeignKey(ShippingMethod, on_delete=models.SET_NULL, null=True, blank=True)
    discount_code = models.ForeignKey(DiscountCode, on_delete=models.SET_NULL, null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    changed_at = models.DateTimeField(default=timezone.now)
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user"], condition=Q(closed_at=None), name="basket_open_once_per_user"
            ),
        ]
        indexes = [
            # baskets of guests who never came back
            models.Index(fields=["changed_at"], name="basket_forgotten", condition=Q(user=None, order=None)),
        ]

    def __str__(self) -> str:
        return f"basket {self.pk}"


class BasketItem(models.Model):
    """`quantity` pieces of a variant. `unit_amount` is the price the customer last saw.

    A line taken out keeps its row and the moment it went: the funnel from wish to purchase counts it.
    """

    basket = models.ForeignKey(Basket, on_delete=models.CASCADE, related_name="items")
    variant = models.ForeignKey("catalog.Variant", on_delete=models.PROTECT, related_name="+")
    quantity = models.PositiveIntegerField()
    unit_amount = models.PositiveBigIntegerField()
    added_at = models.DateTimeField(default=timezone.now)
    # When it was known whose it is: a guest's when they signed in; unknown of the oldest lines.
    known_at = models.DateTimeField(null=True, blank=True)
    removed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(quantity__gt=0), name="basket_quantity_positive"),
            models.UniqueConstraint(
                fields=["basket", "variant"], condition=Q(removed_at=None), name="basket_variant_once"
            ),
        ]
        indexes = [
            # put into a basket in a window
            models.Index(fields=["added_at"], name="basket_item_added"),
        ]

    def __str__(self) -> str:
        return f"basket item {self.pk}"
