"""Orders and ledger entries as the payments projection would leave them."""

from datetime import UTC, date, datetime
from itertools import count

from django.utils import timezone

from accounts.models import User
from catalog.models import Category, Product, Variant
from orders.models import Order, OrderItem, OrderStatus
from payments.models import Kind, LedgerEntry
from purelaka.days import store_day

numbers = count(1)


def at(day: int, hour: int = 12, *, month: int = 6, year: int = 2026) -> datetime:
    """A moment of June 2026 in UTC; the store is an hour ahead then."""
    return datetime(year, month, day, hour, tzinfo=UTC)


def june(first: int, last: int) -> tuple[date, date]:
    """Two days of June 2026."""
    return date(2026, 6, first), date(2026, 6, last)


def post(
    kind: Kind,
    amount: int,
    moment: datetime,
    *,
    order: Order | None = None,
    currency: str = "",
    source_id: str = "",
    posted_at: datetime | None = None,
) -> LedgerEntry:
    """One ledger entry, in the order's currency."""
    return LedgerEntry.objects.create(
        kind=kind,
        amount=amount,
        currency=currency or (order.currency if order else "gbp"),
        order=order,
        source_id=source_id or f"src_{next(numbers)}",
        occurred_at=moment,
        occurred_on=store_day(moment),
        posted_at=posted_at or timezone.now(),
    )


def variant(sku: str, name: str = "") -> Variant:
    """The variant of this SKU, with a product of its own."""
    found = Variant.objects.filter(sku=sku).first()
    if found:
        return found
    category, _ = Category.objects.get_or_create(slug="care", defaults={"name": "Care"})
    product = Product.objects.create(category=category, name=name or sku, slug=f"p{next(numbers)}")
    return Variant.objects.create(product=product, sku=sku, unit_amount=1, currency="gbp")


def placed(
    amount: int,
    *,
    currency: str = "gbp",
    email: str = "buyer@example.com",
    user: User | None = None,
    number: str = "",
    lines: list[tuple[str, int, int]] | None = None,
    **fields: object,
) -> Order:
    """An order with lines (sku, pieces, price of one), nothing paid. Without lines: one piece of `A`."""
    order = Order.objects.create(
        number=number or f"PL-{next(numbers)}",
        email=email,
        user=user,
        currency=currency,
        amount_total=amount,
        **{"created_at": at(1, 0), "amount_subtotal": amount, **fields},
    )
    for sku, pieces, price in lines or [("A", 1, amount)]:
        OrderItem.objects.create(
            order=order,
            variant=variant(sku),
            sku=sku,
            product_name=sku,
            unit_amount=price,
            quantity=pieces,
            amount_total=pieces * price,
        )
    return order


def sold(amount: int, moment: datetime, **fields: object) -> Order:
    """A paid order and its sale entry."""
    order = placed(amount, **{"status": OrderStatus.PAID, "paid_at": moment, **fields})  # type: ignore[arg-type]
    post(Kind.SALE, amount, moment, order=order)
    return order


def refunded(order: Order, amount: int, moment: datetime, source_id: str = "") -> LedgerEntry:
    """Money that went back for an order."""
    return post(Kind.REFUND, -amount, moment, order=order, source_id=source_id)
