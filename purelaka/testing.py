"""People and valid rows for tests, and a TransactionTestCase for guarded tables."""

from datetime import UTC, datetime
from itertools import count
from typing import Any

from django.db import connection, transaction
from django.test import TransactionTestCase

from accounts.models import Address, Role, User
from catalog.models import Category, Product, StockMovement, StockReason, Variant
from orders.models import Order
from orders.placing import Line, place_order
from purelaka import append_only

NOON = datetime(2026, 6, 15, 12, tzinfo=UTC)
numbers = count(1)


def make_user(role: Role = Role.OPS, email: str = "") -> User:
    """A person of this role, with the password `secret`."""
    return User.objects.create_user(email or f"{role}.{next(numbers)}@example.com", "secret", role=role)


def make_address(user: User | None = None, **fields: Any) -> Address:
    """An address of this person, or of somebody new."""
    fields = {"name": "Robin Doe", "line1": "14 Example Street", "city": "Bristol", "country": "GB", **fields}
    return Address.objects.create(user=user or make_user(Role.CUSTOMER), **fields)


def make_variant(
    *, stock: int = 10, unit_amount: int = 10_00, currency: str = "gbp", **fields: Any
) -> Variant:
    """A variant of a product of its own, with `stock` pieces received."""
    number = next(numbers)
    category, _ = Category.objects.get_or_create(slug="care", defaults={"name": "Care"})
    product = Product.objects.create(category=category, name=f"Product {number}", slug=f"product-{number}")
    variant = Variant.objects.create(
        **{"sku": f"SKU-{number}", **fields},
        product=product,
        unit_amount=unit_amount,
        currency=currency,
        stock=stock,
    )
    if stock:
        StockMovement.objects.create(variant=variant, quantity=stock, reason=StockReason.RECEIPT)
    return variant


def make_order(
    *,
    amount_total: int = 10_00,
    currency: str = "gbp",
    variant: Variant | None = None,
    quantity: int = 1,
    **fields: Any,
) -> Order:
    """A pending order of `quantity` pieces of a variant that costs `amount_total` in all."""
    variant = variant or make_variant(unit_amount=amount_total // quantity, currency=currency, stock=100)
    fields = {"email": "buyer@example.com", "at": NOON, **fields}
    return place_order([Line(variant, quantity)], **fields)


# Filled by `migrate` and never changed by a test.
KEPT_TABLES = {"django_content_type", "auth_permission"}


class GuardedTransactionTestCase(TransactionTestCase):
    """A TransactionTestCase that empties all tables after itself, the append-only ones too.

    It deletes where Django truncates: on Postgres that takes a fifth of the time for the few rows of a
    test.
    """

    def _fixture_teardown(self) -> None:
        tables = set(connection.introspection.django_table_names(only_existing=True, include_views=False))
        with append_only.lifted(), transaction.atomic(), connection.cursor() as cursor:
            for table in sorted(tables - KEPT_TABLES):
                cursor.execute(f"DELETE FROM {connection.ops.quote_name(table)}")
