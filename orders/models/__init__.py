"""What customers put in their baskets and ordered, what delivery and tax cost, and what they are told."""

from orders.models.backorder import BackOrder
from orders.models.basket import Basket, BasketItem
from orders.models.mail import REPEATABLE, Mail, MailKind
from orders.models.order import (
    SOLD,
    DisputeState,
    Flag,
    Order,
    OrderItem,
    OrderNote,
    OrderStatus,
    RefundState,
    TaxBehavior,
)
from orders.models.rates import DiscountCode, ShippingMethod, ShippingRate, TaxRate
from orders.models.saved import SavedView

__all__ = [
    "REPEATABLE",
    "SOLD",
    "BackOrder",
    "Basket",
    "BasketItem",
    "DiscountCode",
    "DisputeState",
    "Flag",
    "Mail",
    "MailKind",
    "Order",
    "OrderItem",
    "OrderNote",
    "OrderStatus",
    "RefundState",
    "SavedView",
    "ShippingMethod",
    "ShippingRate",
    "TaxBehavior",
    "TaxRate",
]
