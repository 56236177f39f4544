"""What the warehouse gets: each data set's columns, where they come from, and what tells that it changed."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pyarrow as pa
from django.db import models
from django.db.models import Count, Max, Min, Q, Sum

from accounts.privacy import CustomerKey
from catalog.models import StockMovement, StockReason
from orders.models import SOLD, BasketItem, Order, OrderItem
from payments.models import Charge, Dispute, LedgerEntry, RefundLine, RefundRequest, RequestStatus
from wishlist.models import WishlistItem

TEXT, NUMBER, DAY = pa.string(), pa.int64(), pa.date32()
MOMENT = pa.timestamp("us", tz="UTC")


@dataclass(frozen=True)
class Dataset:
    """Columns by name with their type and where they come from, and the moment that makes the month."""

    name: str
    columns: dict[str, tuple[pa.DataType, str]]
    rows: Callable[[], models.QuerySet[Any]]
    month_of: str
    fingerprint: dict[str, Any]

    @property
    def schema(self) -> pa.Schema:
        return pa.schema([(name, kind) for name, (kind, _) in self.columns.items()])

    def without_people(self) -> "Dataset":
        """The same columns, with the customer key in the place of the email address."""
        if "email" not in self.columns:
            return self
        columns = {**self.columns, "email": (TEXT, "customer_key")}
        return replace(
            self, columns=columns, rows=lambda: self.rows().annotate(customer_key=CustomerKey("email"))
        )


LEDGER = Dataset(
    "ledger",
    {
        "id": (NUMBER, "id"),
        "kind": (TEXT, "kind"),
        "amount": (NUMBER, "amount"),
        "currency": (TEXT, "currency"),
        "order_id": (NUMBER, "order_id"),
        "source_id": (TEXT, "source_id"),
        "occurred_at": (MOMENT, "occurred_at"),
        "occurred_on": (DAY, "occurred_on"),
        "posted_at": (MOMENT, "posted_at"),
    },
    LedgerEntry.objects.all,
    "occurred_on",
    {},
)
CHANGING = (
    Dataset(
        "orders",
        {
            "id": (NUMBER, "id"),
            "number": (TEXT, "number"),
            "user_id": (NUMBER, "user_id"),
            "email": (TEXT, "email"),
            "country": (TEXT, "country"),
            "currency": (TEXT, "currency"),
            "amount_subtotal": (NUMBER, "amount_subtotal"),
            "amount_discount": (NUMBER, "amount_discount"),
            "amount_shipping": (NUMBER, "amount_shipping"),
            "amount_tax": (NUMBER, "amount_tax"),
            "amount_total": (NUMBER, "amount_total"),
            "amount_refunded": (NUMBER, "amount_refunded"),
            "tax_behavior": (TEXT, "tax_behavior"),
            "status": (TEXT, "status"),
            "refund_status": (TEXT, "refund_status"),
            "dispute_status": (TEXT, "dispute_status"),
            "created_at": (MOMENT, "created_at"),
            "paid_at": (MOMENT, "paid_at"),
            "fulfilled_at": (MOMENT, "fulfilled_at"),
            "canceled_at": (MOMENT, "canceled_at"),
        },
        Order.objects.all,
        "created_at",
        {
            "total": Sum("amount_total"),
            "refunded": Sum("amount_refunded"),
            "sold": Count("pk", Q(status__in=SOLD)),
            "fulfilled": Count("pk", Q(status="fulfilled")),
            "canceled": Count("pk", Q(status="canceled")),
            "disputed": Count("pk", ~Q(dispute_status="none")),
            "dispute_open": Count("pk", Q(dispute_status="open")),
            "dispute_won": Count("pk", Q(dispute_status="won")),
            "partial": Count("pk", Q(refund_status="partial")),
            "users": Count("user_id"),
            "last_refund": Max("refunded_at"),
            "last_sent": Max("fulfilled_at"),
        },
    ),
    Dataset(
        "order_items",
        {
            "id": (NUMBER, "id"),
            "order_id": (NUMBER, "order_id"),
            "variant_id": (NUMBER, "variant_id"),
            "sku": (TEXT, "sku"),
            "product": (TEXT, "product_name"),
            "quantity": (NUMBER, "quantity"),
            "unit_amount": (NUMBER, "unit_amount"),
            "unit_cost": (NUMBER, "unit_cost"),
            "amount_total": (NUMBER, "amount_total"),
            "amount_discount": (NUMBER, "amount_discount"),
            "amount_tax": (NUMBER, "amount_tax"),
            "currency": (TEXT, "order__currency"),
        },
        OrderItem.objects.all,
        "order__created_at",
        {
            "total": Sum("amount_total"),
            "discount": Sum("amount_discount"),
            "pieces": Sum("quantity"),
            "variants": Sum("variant_id"),
            "costs": Sum("unit_cost"),
        },
    ),
    Dataset(
        "refund_requests",
        {
            "id": (NUMBER, "id"),
            "order_id": (NUMBER, "order_id"),
            "refund_id": (TEXT, "refund_id"),
            "amount": (NUMBER, "amount"),
            "amount_delivery": (NUMBER, "amount_delivery"),
            "currency": (TEXT, "currency"),
            "created_at": (MOMENT, "created_at"),
        },
        lambda: RefundRequest.objects.filter(status=RequestStatus.ANSWERED),
        "created_at",
        {"total": Sum("amount"), "delivery": Sum("amount_delivery"), "told": Count("pk", ~Q(refund_id=""))},
    ),
    Dataset(
        "refund_lines",
        {
            "id": (NUMBER, "id"),
            "request_id": (NUMBER, "request_id"),
            "item_id": (NUMBER, "item_id"),
            "quantity": (NUMBER, "quantity"),
            "amount": (NUMBER, "amount"),
        },
        lambda: RefundLine.objects.filter(request__status=RequestStatus.ANSWERED),
        "request__created_at",
        {"total": Sum("amount"), "pieces": Sum("quantity")},
    ),
    Dataset(
        "stock_returns",
        {
            "id": (NUMBER, "id"),
            "item_id": (NUMBER, "order_item_id"),
            "variant_id": (NUMBER, "variant_id"),
            "quantity": (NUMBER, "quantity"),
            "at": (MOMENT, "at"),
        },
        lambda: StockMovement.objects.filter(reason=StockReason.RETURN, order_item__isnull=False),
        "at",
        {"pieces": Sum("quantity")},
    ),
    Dataset(
        "wishes",
        {
            "id": (NUMBER, "id"),
            "user_id": (NUMBER, "user_id"),
            "variant_id": (NUMBER, "variant_id"),
            "created_at": (MOMENT, "created_at"),
            "removed_at": (MOMENT, "removed_at"),
        },
        WishlistItem.objects.all,
        "created_at",
        {"removed": Count("removed_at"), "last": Max("removed_at")},
    ),
    Dataset(
        "basket_items",
        {
            "id": (NUMBER, "id"),
            "user_id": (NUMBER, "basket__user_id"),
            "variant_id": (NUMBER, "variant_id"),
            "quantity": (NUMBER, "quantity"),
            "added_at": (MOMENT, "added_at"),
            "removed_at": (MOMENT, "removed_at"),
        },
        lambda: BasketItem.objects.filter(basket__user__isnull=False),
        "added_at",
        {"removed": Count("removed_at"), "last": Max("removed_at"), "pieces": Sum("quantity")},
    ),
    Dataset(
        "charges",
        {
            "id": (NUMBER, "id"),
            "charge_id": (TEXT, "charge_id"),
            "order_id": (NUMBER, "order_id"),
            "provider": (TEXT, "provider"),
            "status": (TEXT, "status"),
            "amount": (NUMBER, "amount"),
            "amount_captured": (NUMBER, "amount_captured"),
            "amount_refunded": (NUMBER, "amount_refunded"),
            "currency": (TEXT, "currency"),
            "method": (TEXT, "method"),
            "card_brand": (TEXT, "card_brand"),
            "balance_transaction_id": (TEXT, "balance_transaction_id"),
            "created": (MOMENT, "created"),
        },
        Charge.objects.all,
        "created",
        {
            "captured": Sum("amount_captured"),
            "refunded": Sum("amount_refunded"),
            "succeeded": Count("pk", Q(status="succeeded")),
            "settled": Count("pk", ~Q(balance_transaction_id="")),
            "of_orders": Sum("order_id"),
            "newest": Max("as_of"),
        },
    ),
    Dataset(
        "disputes",
        {
            "id": (NUMBER, "id"),
            "dispute_id": (TEXT, "dispute_id"),
            "charge_id": (TEXT, "charge_id"),
            "order_id": (NUMBER, "order_id"),
            "amount": (NUMBER, "amount"),
            "currency": (TEXT, "currency"),
            "status": (TEXT, "status"),
            "reason": (TEXT, "reason"),
            "created": (MOMENT, "created"),
        },
        Dispute.objects.all,
        "created",
        {
            "total": Sum("amount"),
            "won": Count("pk", Q(status="won")),
            "lost": Count("pk", Q(status="lost")),
            "inquiries": Count("pk", Q(status__startswith="warning")),
            "of_orders": Sum("order_id"),
            "newest": Max("as_of"),
        },
    ),
    Dataset(
        "customers",
        {
            "email": (TEXT, "email"),
            "currency": (TEXT, "currency"),
            "orders": (NUMBER, "orders"),
            "amount_total": (NUMBER, "amount"),
            "first_paid_at": (MOMENT, "first_paid_at"),
            "last_paid_at": (MOMENT, "last_paid_at"),
        },
        lambda: (
            Order.objects.filter(status__in=SOLD)
            .values("email", "currency")
            .annotate(
                orders=Count("pk"),
                amount=Sum("amount_total"),
                first_paid_at=Min("paid_at"),
                last_paid_at=Max("paid_at"),
            )
        ),
        "",  # not by month: a customer buys in many
        {},
    ),
)
