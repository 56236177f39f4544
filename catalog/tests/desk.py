"""What tests of the staff's catalogue share: an admin at work, filled-in forms, the log."""

import logging
from typing import Any

from django.test import TestCase
from django.urls import reverse

from accounts.models import Role
from audit.models import AuditLog
from catalog.changes import stamp
from catalog.models import Category, Product, Variant
from purelaka.testing import make_user

LIST = reverse("catalog:product-list")


def deeds(event_type: str) -> list[dict[str, Any]]:
    """What the log keeps of these deeds, oldest first."""
    return list(AuditLog.objects.filter(event_type=event_type).order_by("id").values_list("data", flat=True))


class DeskTestCase(TestCase):
    """`self.admin` is signed in."""

    def setUp(self) -> None:
        logging.disable(logging.WARNING)  # each form that comes back is a line otherwise
        self.addCleanup(logging.disable, logging.NOTSET)
        self.admin = make_user(Role.ADMIN, "ada@example.com")
        self.client.force_login(self.admin)

    def product_url(self, product: Product) -> str:
        return reverse("catalog:product-edit", args=[product.pk])

    def variant_url(self, variant: Variant) -> str:
        return reverse("catalog:variant-edit", args=[variant.pk])

    def errors(self, response: Any, form: str = "form") -> dict[str, list[str]]:
        """What is wrong, by field; the answer must be a page with a form to correct."""
        self.assertEqual(response.status_code, 422)
        found: dict[str, list[str]] = response.context[form].errors
        return found


def new_product(**changes: Any) -> dict[str, Any]:
    """The page of a new product as somebody fills it in."""
    category, _ = Category.objects.get_or_create(slug="masks", defaults={"name": "Masks"})
    return {
        "key": "one-showing",
        "name": "Clay Mask",
        "description": "For Sundays.",
        "category": category.pk,
        "v-sku": "CLAY-75",
        "v-name": "75 ml",
        "v-price": "19.00",
        "v-currency": "gbp",
        "v-stock_tracked": "on",
        "v-opening_stock": "12",
        **changes,
    }


def product_form(product: Product, **changes: Any) -> dict[str, Any]:
    """A product's page as it is shown, with these changes."""
    return {
        "seen": stamp(product),
        "name": product.name,
        "description": product.description,
        "category": product.category.pk,
        "slug": product.slug,
        **changes,
    }


def variant_form(variant: Variant, **changes: Any) -> dict[str, Any]:
    """A variant's page as it is shown, with these changes; None unticks."""
    shown = {
        "seen": stamp(variant),
        "sku": variant.sku,
        "name": variant.name,
        "price": f"{variant.unit_amount / 100:.2f}",
        "currency": variant.currency,
        "stock_tracked": "on" if variant.stock_tracked else None,
        "preorder": "on" if variant.preorder else None,
        **changes,
    }
    return {name: value for name, value in shown.items() if value is not None}
