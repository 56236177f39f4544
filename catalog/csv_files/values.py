"""The cells of a row as values, or what is wrong with them and what to do."""

import re
from collections.abc import Callable
from typing import Any, TypeVar

from catalog.csv_files.columns import NO, UNKNOWN, YES
from catalog.csv_files.reading import Line
from catalog.forms import MOST_PIECES, cost_of, price_of
from catalog.models import Variant
from purelaka import money

T = TypeVar("T")

SLUG = re.compile(r"[-a-zA-Z0-9_]+")
WORDS = {YES: True, "y": True, "true": True, "1": True, NO: False, "n": False, "false": False, "0": False}
LONGEST = {
    "category": 80,
    "product_slug": 200,
    "product_name": 200,
    "description": 10_000,
    "sku": 64,
    "variant_name": 120,
}


class BadCell(ValueError):
    """A cell that can't be taken; the message says what to do."""


class Reader:
    """Reads cells one by one and collects what is wrong with them."""

    def __init__(self, line: Line) -> None:
        self.line = line
        self.problems = list(line.problems)

    def take(self, read: Callable[..., T], name: str, *more: Any) -> T | None:
        """What `read` makes of the cell; None, and a problem more, when it can't."""
        try:
            return read(self.line.cells.get(name, ""), *more)
        except BadCell as why:
            self.problems.append(f"{name}: {why}")
            return None

    def text(self, name: str) -> str:
        return self.take(_text, name, LONGEST[name], name == "description") or ""

    def slug(self, name: str) -> str:
        text = self.text(name)
        if text and not SLUG.fullmatch(text):
            self.problems.append(f"{name}: Write letters, digits and hyphens only.")
        return text

    def flag(self, name: str, default: bool) -> bool:
        found = self.take(_flag, name) if self.line.has(name) else default
        return default if found is None else found

    def stock(self) -> int | None:
        """The level that is asked for; None to leave it as it is."""
        return self.take(_pieces, "stock") if self.line.has("stock") else None

    def price_and_cost(self, variant: Variant | None) -> dict[str, Any]:
        """`unit_amount`, `currency` and `unit_cost` as they will be; what is missing stays as it is."""
        values = self._price(variant)
        currency = values.get("currency") or (variant.currency if variant else "")
        return values | self._cost(variant, currency) if currency else values

    def _price(self, variant: Variant | None) -> dict[str, Any]:
        currency = self.take(_currency, "currency") if self.line.has("currency") else None
        now = variant.currency if variant else ""
        if not (currency or now):
            self._ask("currency", "Say the currency, such as GBP.")
            return {}
        wanted = currency or now
        if not self.line.has("price"):
            if variant is None or wanted != now:
                self._ask("price", f"Say the price in {wanted.upper()}.")
            return {}
        amount = self.take(_amount, "price", wanted, variant)
        return {} if amount is None else {"unit_amount": amount, "currency": wanted}

    def _cost(self, variant: Variant | None, currency: str) -> dict[str, Any]:
        if not self.line.has("cost"):
            if variant and variant.unit_cost is not None and currency != variant.currency:
                self._ask("cost", f"Say the cost in {currency.upper()}, or write {UNKNOWN}.")
            return {}
        if self.line.cells["cost"].lower() == UNKNOWN:
            return {"unit_cost": None}
        amount = self.take(_cost, "cost", currency)
        return {} if amount is None else {"unit_cost": amount}

    def _ask(self, name: str, what: str) -> None:
        if not any(problem.startswith(f"{name}:") for problem in self.problems):
            self.problems.append(f"{name}: {what}")


def _text(cell: str, longest: int, may_have_lines: bool) -> str:
    if len(cell) > longest:
        raise BadCell(f"At most {longest:,} characters; it has {len(cell):,}.")
    if not may_have_lines and re.search(r"[\t\r\n]", cell):
        raise BadCell("Write it in one line.")
    return cell


def _flag(cell: str) -> bool:
    try:
        return WORDS[cell.lower()]
    except KeyError:
        raise BadCell(f"Write yes or no, not “{cell}”.") from None


def _pieces(cell: str) -> int:
    if not re.fullmatch(r"[0-9]{1,18}", cell):
        raise BadCell(f"Write a whole number from 0, not “{cell}”.")
    return int(cell)


def _currency(cell: str) -> str:
    if cell.lower() not in money.CURRENCIES:
        raise BadCell(f"Stripe does not take “{cell}”. Write an ISO code such as GBP, EUR or USD.")
    return cell.lower()


def _amount(cell: str, currency: str, variant: Variant | None) -> int:
    try:
        amount = money.typed(cell, currency)
        is_same = variant is not None and (amount, currency) == (variant.unit_amount, variant.currency)
        return amount if is_same else price_of(cell, currency)
    except money.BadAmount as why:
        raise BadCell(str(why)) from None


def _cost(cell: str, currency: str) -> int:
    try:
        return cost_of(cell, currency)
    except money.BadAmount as why:
        raise BadCell(str(why)) from None


def check_level(level: int, variant: Variant | None) -> None:
    """Raises BadCell for more pieces than anybody has, unless they are there."""
    if level > MOST_PIECES and not (variant and variant.stock == level):
        raise BadCell(f"At most {MOST_PIECES:,} pieces.")
