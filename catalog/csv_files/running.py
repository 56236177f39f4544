"""Compare a file with the catalogue and apply it, all or nothing.

A preview does everything and takes it back: so what it says is what happens, row by row.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypeVar

from django.db import transaction
from django.utils.text import slugify

from accounts.models import User
from audit import log
from catalog import changes
from catalog.csv_files.columns import OF_PRODUCT
from catalog.csv_files.reading import Line
from catalog.csv_files.values import BadCell, Reader, check_level
from catalog.models import Category, Product, Variant
from catalog.stock import OutOfStock
from purelaka.money import display

T = TypeVar("T")
AT_ONCE = 5_000


class Outcome(StrEnum):
    """What a row does."""

    CREATE, CHANGE, NOTHING, ERROR = "create", "change", "nothing", "error"


@dataclass(frozen=True)
class Step:
    """A row, what it does, and in words what that is, or what is wrong with it."""

    number: int
    sku: str
    outcome: Outcome
    said: list[str]


@dataclass(frozen=True)
class Report:
    """What a file does or did. `digest` stands for all of it."""

    steps: list[Step]
    is_applied: bool = False

    def number(self, outcome: Outcome) -> int:
        return sum(step.outcome == outcome for step in self.steps)

    @property
    def errors(self) -> list[Step]:
        return [step for step in self.steps if step.outcome == Outcome.ERROR]

    @property
    def is_needed(self) -> bool:
        """Whether anything would change."""
        return any(step.outcome in (Outcome.CREATE, Outcome.CHANGE) for step in self.steps)

    @property
    def digest(self) -> str:
        return hashlib.sha256(repr(self.steps).encode()).hexdigest()


def preview(lines: Sequence[Line], *, actor: User | None) -> Report:
    """What the file would do now. Nothing is written."""
    with transaction.atomic():
        report = Report(_Run(lines, actor, "").steps())
        transaction.set_rollback(True)
    return report


def apply(lines: Sequence[Line], *, actor: User | None, file_name: str, expected: str = "") -> Report:
    """Do it, in one transaction, if no row is wrong and, where given, it is what was `expected`.

    Otherwise nothing is written and `is_applied` is False.
    """
    with transaction.atomic():
        report = Report(_Run(lines, actor, f"Import of {file_name}"[:200]).steps())
        if report.errors or (expected and expected != report.digest):
            transaction.set_rollback(True)
            return report
        if report.is_needed:
            _record(report, actor, file_name)
    return Report(report.steps, is_applied=True)


def _record(report: Report, actor: User | None, file_name: str) -> None:
    log.record(
        "catalogue.imported",
        actor=actor,
        file=file_name,
        rows=len(report.steps),
        added=report.number(Outcome.CREATE),
        changed=report.number(Outcome.CHANGE),
    )


@dataclass
class _Stated:
    """What the first row of a product said of it."""

    number: int
    product: Product | None
    cells: dict[str, str] = field(default_factory=dict)


class _Run:
    """One pass over the rows, in their order."""

    def __init__(self, lines: Sequence[Line], actor: User | None, note: str) -> None:
        self.lines, self.actor, self.note = lines, actor, note
        self.variants = _locked({line.cells.get("sku", "") for line in lines})
        self.categories = {each.name.lower(): each for each in Category.objects.order_by("-pk")}
        self.stated: dict[str, _Stated] = {}
        self.seen: dict[str, int] = {}

    def steps(self) -> list[Step]:
        return [self._step(line) for line in self.lines]

    def _step(self, line: Line) -> Step:
        reader, sku = Reader(line), line.cells.get("sku", "")
        said: list[str] = []
        is_new = sku not in self.variants
        self._check_sku(reader, sku)
        with transaction.atomic():
            if not reader.problems:
                product = self._product(reader, self.variants.get(sku), said)
            if not reader.problems:
                self._variant(reader, product, sku, said)
        if reader.problems:
            return Step(line.number, sku, Outcome.ERROR, reader.problems)
        outcome = Outcome.CREATE if is_new else Outcome.CHANGE if said else Outcome.NOTHING
        return Step(line.number, sku, outcome, said)

    def _check_sku(self, reader: Reader, sku: str) -> None:
        if not sku:
            reader.problems.append("sku: Each row needs one: it tells variants apart.")
        elif sku in self.seen:
            reader.problems.append(f"sku: It stands in line {self.seen[sku]} already. Keep one of the two.")
        else:
            reader.text("sku")
            self.seen[sku] = reader.line.number

    # --- the product ------------------------------------------------------------------------------

    def _product(self, reader: Reader, variant: Variant | None, said: list[str]) -> Product | None:
        slug = reader.slug("product_slug")
        name = reader.text("product_name")
        slug = slug or (variant.product.slug if variant else slugify(name))
        if variant and variant.product.slug != slug:
            reader.problems.append(
                f"product_slug: {variant.sku} belongs to {variant.product.slug}, and a variant stays with "
                "its product. Write that, or choose another SKU."
            )
            return None
        if not slug:
            reader.problems.append(
                "sku: No variant has this one. Correct it; or, for a new one, say its product's name, "
                "category, price and currency."
            )
            return None
        if slug in self.stated:
            return self._stated_before(reader, self.stated[slug])
        known = Product.objects.select_for_update(of=("self",)).select_related("category")
        product = known.filter(slug=slug).first()
        product = self._changed(reader, product, said) if product else self._made(reader, slug, said)
        own = {name: reader.line.cells.get(name, "") for name in OF_PRODUCT}
        self.stated[slug] = _Stated(reader.line.number, product, own)
        return product

    def _stated_before(self, reader: Reader, stated: _Stated) -> Product | None:
        for name in OF_PRODUCT:
            if reader.line.has(name) and reader.line.cells[name] != stated.cells[name]:
                reader.problems.append(
                    f"{name}: Line {stated.number} says something else of the same product. "
                    "Write the same in both, or leave this one empty."
                )
        if stated.product is None:
            reader.problems.append(f"product_slug: Its product is wrong in line {stated.number}.")
        return stated.product

    def _made(self, reader: Reader, slug: str, said: list[str]) -> Product | None:
        name, description = reader.text("product_name"), reader.text("description")
        if not name:
            reader.problems.append("product_name: The product is new: say what it is called.")
        if not reader.line.has("category"):
            reader.problems.append("category: The product is new: say its category.")
        is_active = reader.flag("product_active", True)
        category = self._category(reader, None, said)
        if reader.problems or category is None:
            return None
        values = {"name": name, "slug": slug, "description": description, "category": category}
        product = changes.create_product(values, actor=self.actor)
        said.append(f"new product {name}")
        self._activate(product, is_active, said, "product")
        return product

    def _changed(self, reader: Reader, product: Product, said: list[str]) -> Product | None:
        values: dict[str, Any] = {}
        if reader.line.has("product_name"):
            values["name"] = reader.text("product_name")
        if "description" in reader.line.cells:
            values["description"] = reader.text("description")
        is_active = reader.flag("product_active", product.is_active)
        if reader.line.has("category"):
            values["category"] = self._category(reader, product.category, said)
        if reader.problems:
            return None
        self._change(product, values, said, "product ")
        self._activate(product, is_active, said, "product")
        return product

    def _category(self, reader: Reader, now: Category | None, said: list[str]) -> Category | None:
        name = reader.text("category")
        if not name or reader.problems:
            return now
        if now and now.name == name:
            return now
        key = name.lower()
        if key not in self.categories:
            self.categories[key] = changes.add_category(name, actor=self.actor)
            said.append(f"new category {name}")
        return self.categories[key]

    # --- the variant ------------------------------------------------------------------------------

    def _variant(self, reader: Reader, product: Product | None, sku: str, said: list[str]) -> None:
        variant = self.variants.get(sku)
        values: dict[str, Any] = reader.price_and_cost(variant)
        if variant is None or "variant_name" in reader.line.cells:
            values["name"] = reader.text("variant_name")
        for name in ("stock_tracked", "preorder"):
            values[name] = reader.flag(name, getattr(variant, name) if variant else name == "stock_tracked")
        is_active = reader.flag("active", variant.is_active if variant else True)
        level = reader.stock()
        self._check_stock(reader, level, values["stock_tracked"], variant)
        if reader.problems or product is None:
            return
        try:
            if variant is None:
                variant = self._new_variant(product, {**values, "sku": sku}, level or 0, said)
            else:
                self._keep(variant, values, level, said)
        except changes.StillStocked:
            reader.problems.append(
                f"stock_tracked: {sku} has stock. Set its stock to 0 as well, or leave it counted."
            )
            return
        except changes.SoldUncounted:
            reader.problems.append(
                f"stock_tracked: {sku} was sold while its stock was not counted, so counting can't begin. "
                "Archive it, and use a new SKU that is counted."
            )
            return
        except OutOfStock as why:
            reader.problems.append(
                f"stock: {why.variant.reserved:,} are promised to unpaid orders. Set it to that or more."
            )
            return
        self._activate(variant, is_active, said, "")

    def _check_stock(
        self, reader: Reader, level: int | None, is_tracked: bool, variant: Variant | None
    ) -> None:
        if level is None:
            return
        if level and not is_tracked:
            reader.problems.append(
                "stock: It is not counted here. Leave it empty, or set stock_tracked to yes."
            )
        try:
            check_level(level, variant)
        except BadCell as why:
            reader.problems.append(f"stock: {why}")

    def _new_variant(self, product: Product, values: dict[str, Any], level: int, said: list[str]) -> Variant:
        variant = changes.add_variant(product, values, actor=self.actor, opening_stock=level, note=self.note)
        price = display(variant.unit_amount, variant.currency)
        said.append(f"new variant of {product.name} at {price}, {level:,} on the shelf")
        return variant

    def _keep(self, variant: Variant, values: dict[str, Any], level: int | None, said: list[str]) -> None:
        """Stock first where counting ends, last where it begins: only what is counted can be adjusted."""
        ends = variant.stock_tracked and not values["stock_tracked"]
        if ends:
            self._set_stock(variant, level, said)
        self._change(variant, values, said, "")
        if not ends and values["stock_tracked"]:
            self._set_stock(variant, level, said)

    def _set_stock(self, variant: Variant, level: int | None, said: list[str]) -> None:
        if level is None or level == variant.stock:
            return
        changes.set_stock(variant, level, actor=self.actor, note=self.note)
        said.append(f"stock {variant.stock:,} → {level:,}")
        variant.refresh_from_db(fields=["stock", "reserved"])

    # --- both -------------------------------------------------------------------------------------

    def _change(self, item: Product | Variant, values: dict[str, Any], said: list[str], prefix: str) -> None:
        was = {name: getattr(item, name) for name in values}
        if was == values:  # the item is locked: nobody changes it meanwhile
            return
        changes.change(item, values, actor=self.actor)
        price, cost = _price(item), _cost(item)
        for name, value in values.items():
            setattr(item, name, value)
            if name not in changes.MONEY_FIELDS and was[name] != value:
                said.append(f"{prefix}{name.replace('_', ' ')} {_short(was[name])} → {_short(value)}")
        if price != _price(item):
            said.append(f"price {price} → {_price(item)}")
        if cost != _cost(item):
            said.append(f"cost {cost} → {_cost(item)}")

    def _activate(self, item: Product | Variant, is_active: bool, said: list[str], word: str) -> None:
        if is_active == item.is_active:
            return
        (changes.restore if is_active else changes.archive)(item, actor=self.actor)
        said.append(f"{word} {'restored' if is_active else 'archived'}".strip())


def _locked(skus: set[str]) -> dict[str, Variant]:
    """The variants of these SKUs, locked in the order of their ids."""
    known = Variant.objects.values_list("pk", flat=True)
    ids = sorted(pk for part in _parts(sorted(skus)) for pk in known.filter(sku__in=part))
    found = Variant.objects.select_for_update(of=("self",)).select_related("product__category").order_by("pk")
    return {variant.sku: variant for part in _parts(ids) for variant in found.filter(pk__in=part)}


def _parts(values: Sequence[T]) -> Iterator[Sequence[T]]:
    """A few thousand at a time: a statement has only so many parameters."""
    return (values[start : start + AT_ONCE] for start in range(0, len(values), AT_ONCE))


def _price(item: Product | Variant) -> str:
    return display(item.unit_amount, item.currency) if isinstance(item, Variant) else ""


def _cost(item: Product | Variant) -> str:
    return changes.cost_text(item) if isinstance(item, Variant) else ""


def _short(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = " ".join(str(value).split())
    return (text if len(text) <= 40 else f"{text[:39]}…") or "nothing"
