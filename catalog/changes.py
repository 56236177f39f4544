"""Change the catalogue. Each change is one transaction and says in the audit log what was and what is.

Nothing is deleted: past orders point at products and variants. What is not sold any more is archived.
"""

import hashlib
import json
import uuid
from collections.abc import Mapping
from functools import partial
from typing import Any, TypeVar

from django.db import IntegrityError, transaction
from django.utils.text import slugify

from accounts.models import User
from audit import log
from catalog import stock
from catalog.models import Category, Product, StockMovement, StockReason, Variant
from purelaka.money import display

Item = TypeVar("Item", Category, Product, Variant)

CATEGORY_FIELDS = ("name", "slug")
PRODUCT_FIELDS = ("category", "name", "slug", "description", "image")
VARIANT_FIELDS = ("sku", "name", "unit_amount", "currency", "unit_cost", "stock_tracked", "preorder")
MONEY_FIELDS = ("unit_amount", "currency", "unit_cost")
FIELDS = {Category: CATEGORY_FIELDS, Product: PRODUCT_FIELDS, Variant: VARIANT_FIELDS}
UNIQUE = {Category: "slug", Product: "slug", Variant: "sku"}


class Overtaken(Exception):
    """Somebody else changed it after the page was shown. Carries it as it is now."""

    def __init__(self, now: Any) -> None:
        self.now = now
        super().__init__(f"{now} was changed meanwhile")


class Taken(Exception):
    """Another has this slug or SKU. Carries the field's name."""

    def __init__(self, field: str) -> None:
        self.field = field
        super().__init__(f"{field} is taken")


class StillStocked(Exception):
    """Stock that is there, or promised, can't go untold."""


class SoldUncounted(Exception):
    """It was sold while its stock was not counted: those orders took nothing off the shelf."""


def stamp(item: Category | Product | Variant) -> str:
    """What the item says, in short: another text as soon as one of its fields is another."""
    said = json.dumps([_plain(getattr(item, name)) for name in FIELDS[type(item)]])
    return hashlib.sha256(said.encode()).hexdigest()[:32]


# --- add ------------------------------------------------------------------------------------------


def add_category(name: str, *, actor: User | None, slug: str = "") -> Category:
    """A category; its slug is made of its name unless given. Raises Taken for a given one."""
    with transaction.atomic():
        category = _create(Category, {"name": name, "slug": slug or free_slug(Category, name)})
        log.record("category.added", actor=actor, target=category, name=name)
    return category


def add_product(
    values: Mapping[str, Any],
    variant: Mapping[str, Any],
    *,
    actor: User | None,
    opening_stock: int = 0,
    form_key: str = "",
) -> Product:
    """A product with its first variant, and what of it is there already. Raises Taken."""
    with transaction.atomic():
        product = create_product(values, actor=actor, form_key=form_key)
        add_variant(product, variant, actor=actor, opening_stock=opening_stock)
    return product


def create_product(values: Mapping[str, Any], *, actor: User | None, form_key: str = "") -> Product:
    """A product that has no variant yet. Raises Taken."""
    with transaction.atomic():
        product = _create(Product, values)
        said = _said(product, PRODUCT_FIELDS) | ({"form_key": form_key} if form_key else {})
        log.record("product.added", actor=actor, target=product, **said)
    return product


def add_variant(
    product: Product,
    values: Mapping[str, Any],
    *,
    actor: User | None,
    opening_stock: int = 0,
    note: str = "Opening stock",
) -> Variant:
    """A variant, and what of it is there already. Raises Taken."""
    with transaction.atomic():
        variant = _create(Variant, {**values, "product": product})
        said = _said(variant, VARIANT_FIELDS)
        log.record("variant.added", actor=actor, target=variant, product=product.name, **said)
        if opening_stock:
            stock.change(variant, opening_stock, reason=StockReason.RECEIPT, actor=actor, note=note)
    return variant


# --- change ---------------------------------------------------------------------------------------


def change(
    item: Category | Product | Variant, values: Mapping[str, Any], *, actor: User | None, seen: str = ""
) -> bool:
    """Write what differs; False, and nothing is written, when nothing does.

    `seen` is the item's stamp on the page that asks. Raises Overtaken when it is another by now,
    Taken, StillStocked when stock would not be tracked any more that is there, and SoldUncounted
    when it would be tracked from now on, after sales.
    """
    with transaction.atomic():
        now = type(item)._default_manager.select_for_update().get(pk=item.pk)
        names = [name for name, value in values.items() if getattr(now, name) != value]
        if not names:
            return False
        if seen and seen != stamp(now):
            raise Overtaken(now)
        _check_tracking(now, values)
        was = _said(now, names)
        if was.get("image"):
            transaction.on_commit(partial(now.image.storage.delete, was["image"]))  # type: ignore[union-attr]
        for name in names:
            setattr(now, name, values[name])
        _save(now, names)
        log.record(f"{_kind(now)}.changed", actor=actor, target=now, **_both(was, _said(now, names)))
    return True


def archive(item: Product | Variant, *, actor: User | None) -> bool:
    """Take it off the shop; False when it is off already. Orders that hold it stay as they are."""
    return _set_active(item, False, actor)


def restore(item: Product | Variant, *, actor: User | None) -> bool:
    """Put it back into the shop; False when it is there."""
    return _set_active(item, True, actor)


def delete_category(category: Category, *, actor: User | None) -> bool:
    """Delete an empty category; False when it has products."""
    with transaction.atomic():
        now = Category.objects.select_for_update().filter(pk=category.pk).first()
        if now is None or now.products.exists():
            return now is None
        log.record("category.deleted", actor=actor, target=now, name=now.name, slug=now.slug)
        now.delete()
    return True


# --- stock ----------------------------------------------------------------------------------------


def move_stock(
    variant: Variant,
    quantity: int,
    *,
    reason: StockReason,
    actor: User | None,
    note: str,
    form_key: uuid.UUID | None = None,
) -> StockMovement | None:
    """Receive or adjust; None when the page with this key did it before. Raises OutOfStock."""
    if _was_sent(form_key):
        return None
    try:
        with transaction.atomic():
            return stock.change(variant, quantity, reason=reason, actor=actor, note=note, form_key=form_key)
    except IntegrityError:
        if _was_sent(form_key):  # by the other of two clicks
            return None
        raise


def set_stock(
    variant: Variant,
    level: int,
    *,
    actor: User | None,
    note: str,
    form_key: uuid.UUID | None = None,
) -> StockMovement | None:
    """Adjust to what was counted; None when that is what is there. Raises OutOfStock."""
    with transaction.atomic():
        now = Variant.objects.select_for_update().get(pk=variant.pk)
        if _was_sent(form_key):
            return None
        if now.stock == level:
            return None
        return move_stock(
            now,
            level - now.stock,
            reason=StockReason.ADJUSTMENT,
            actor=actor,
            note=note,
            form_key=form_key,
        )


def _was_sent(form_key: uuid.UUID | None) -> bool:
    return form_key is not None and StockMovement.objects.filter(form_key=form_key).exists()


# --- inner ----------------------------------------------------------------------------------------


def free_slug(model: type[Category] | type[Product], name: str) -> str:
    """A slug of this name that nobody has yet: `clay-mask`, `clay-mask-2`."""
    longest = model._meta.get_field("slug").max_length or 50
    base = slugify(name)[: longest - 8] or _kind(model)
    taken = set(model._default_manager.filter(slug__startswith=base).values_list("slug", flat=True))
    number = 1
    while (slug := base if number == 1 else f"{base}-{number}") in taken:
        number += 1
    return slug


def _create(model: type[Item], values: Mapping[str, Any]) -> Item:
    try:
        with transaction.atomic():
            return model._default_manager.create(**values)
    except IntegrityError:
        raise _taken(model, values) from None


def _save(item: Category | Product | Variant, names: list[str]) -> None:
    try:
        with transaction.atomic():
            item.save(update_fields=names)
    except IntegrityError:
        raise _taken(type(item), {name: getattr(item, name) for name in names}) from None


def _taken(model: type[Category | Product | Variant], values: Mapping[str, Any]) -> Exception:
    return Taken(UNIQUE[model]) if UNIQUE[model] in values else IntegrityError(f"{model} {values}")


def _set_active(item: Product | Variant, is_active: bool, actor: User | None) -> bool:
    with transaction.atomic():
        others = type(item)._default_manager.filter(pk=item.pk, is_active=not is_active)
        if not others.update(is_active=is_active):
            return False
        word = "restored" if is_active else "archived"
        log.record(f"{_kind(item)}.{word}", actor=actor, target=item, name=_name(item))
    item.is_active = is_active
    return True


def _check_tracking(now: Any, values: Mapping[str, Any]) -> None:
    if "stock_tracked" not in values or values["stock_tracked"] == now.stock_tracked:
        return
    if now.stock or now.reserved:
        raise StillStocked(f"{now}: {now.stock}")
    if values["stock_tracked"] and _was_sold_uncounted(now):
        raise SoldUncounted(str(now))


def _was_sold_uncounted(variant: Variant) -> bool:
    """Whether paid orders hold it that no sale movement answers: counted, they would seem to be missing."""
    lines = StockMovement._meta.get_field("order_item").related_model  # orders stand above us
    sold = lines._default_manager.filter(variant=variant, order__paid_at__isnull=False)
    moved = StockMovement.objects.filter(variant=variant, reason=StockReason.SALE).values("order_item")
    return bool(sold.exclude(pk__in=moved).exists())


def cost_text(variant: Variant) -> str:
    """What a piece costs the shop, for people."""
    known = variant.unit_cost is not None
    return display(variant.unit_cost, variant.currency) if known else "not known"  # type: ignore[arg-type]


def _kind(item: Any) -> str:
    return str(item._meta.model_name)


def _name(item: Product | Variant) -> str:
    return item.sku if isinstance(item, Variant) else item.name


def _said(item: Category | Product | Variant, names: Any) -> dict[str, Any]:
    """Values as the log keeps them: price and cost with their currency, a relation by its name."""
    said = {name: _plain(getattr(item, name)) for name in names if name not in MONEY_FIELDS}
    if isinstance(item, Variant) and {"unit_amount", "currency"} & set(names):
        said["price"] = display(item.unit_amount, item.currency)
        said |= {"unit_amount": item.unit_amount, "currency": item.currency}
    if isinstance(item, Variant) and "unit_cost" in names:
        said |= {"cost": cost_text(item), "unit_cost": item.unit_cost}
    return said


def _both(was: dict[str, Any], now: dict[str, Any]) -> dict[str, Any]:
    return {key: value for name in now for key, value in ((f"{name}_was", was[name]), (name, now[name]))}


def _plain(value: Any) -> Any:
    return value if isinstance(value, (bool, int)) else str(value)
