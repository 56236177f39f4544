"""What was done to a product and its variants, from the audit log, in words."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from django.db.models import Q

from audit.models import AuditLog
from catalog.models import Product, Variant

DEEDS = {
    "product.added": "added the product",
    "product.archived": "archived the product",
    "product.restored": "put the product back into the shop",
    "product.changed": "changed the product",
    "variant.added": "added {sku}",
    "variant.archived": "archived {sku}",
    "variant.restored": "put {sku} back into the shop",
    "variant.changed": "changed {sku}",
    "stock.receipt": "received stock of {sku}: {quantity}",
    "stock.return": "took {sku} back: {quantity}",
    "stock.import": "took over the stock of {sku}: {quantity}",
    "stock.adjustment": "adjusted the stock of {sku}: {quantity}",
}
NAMES = {"slug": "address", "image": "picture", "stock_tracked": "stock counted", "sku": "SKU"}
UNSAID = ("unit_amount", "currency", "unit_cost")  # said by the price and the cost
TOO_LONG = 60


class Deed(NamedTuple):
    """One thing that was done. `changes` are (field, was, is)."""

    row: AuditLog
    text: str
    changes: list[tuple[str, str, str]]
    note: str


def of_product(product: Product, variants: Sequence[Variant], number: int = 12) -> list[Deed]:
    """The newest deeds on the product and these variants. One query."""
    skus = {str(variant.pk): variant.sku for variant in variants}
    on = Q(target_type="product", target_id=str(product.pk)) | Q(
        target_type="variant", target_id__in=list(skus)
    )
    rows = AuditLog.objects.filter(on).select_related("actor").order_by("-id")[:number]
    return [_deed(row, skus.get(row.target_id, "") if row.target_type == "variant" else "") for row in rows]


def pieces(quantity: int) -> str:
    """With its sign: `+12`, `−3`."""
    return f"{quantity:+,}".replace("-", "\N{MINUS SIGN}")


def _deed(row: AuditLog, sku: str) -> Deed:
    text = DEEDS.get(row.event_type, row.event_type)
    text = text.format(sku=sku, quantity=pieces(row.data.get("quantity", 0)))
    return Deed(row, text, _changes(row), str(row.data.get("note", "")))


def _changes(row: AuditLog) -> list[tuple[str, str, str]]:
    return [
        (NAMES.get(name, name.replace("_", " ")), _short(name, row.data[f"{name}_was"]), _short(name, value))
        for name, value in row.data.items()
        if f"{name}_was" in row.data and name not in UNSAID
    ]


def _short(name: str, value: object) -> str:
    if name == "image":
        return f"…{Path(str(value)).name[-10:]}" if value else "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = str(value) or "nothing"
    return text if len(text) <= TOO_LONG else f"{text[: TOO_LONG - 1]}…"
