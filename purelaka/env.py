"""Typed readers of environment variables. They refuse a value they do not know."""

import os
import re
from collections.abc import Collection
from decimal import Decimal
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

TRUE = {"1", "true"}
FALSE = {"0", "false"}
AMOUNT, CURRENCY = re.compile(r"\d{1,12}(\.\d{1,3})?"), re.compile(r"[a-z]{3}")


def text(name: str, default: str = "") -> str:
    """The variable, stripped; an empty one counts as not set."""
    return os.environ.get(name, "").strip() or default


def required(name: str) -> str:
    """The variable, or ImproperlyConfigured when it is not set."""
    value = text(name)
    if not value:
        raise ImproperlyConfigured(f"{name} is not set. See .env.example for what it is.")
    return value


def flag(name: str, *, default: bool) -> bool:
    """True for 1 or true, False for 0 or false; anything else is an error."""
    value = text(name).lower()
    if not value:
        return default
    if value in TRUE:
        return True
    if value in FALSE:
        return False
    raise ImproperlyConfigured(f"{name}={value!r}: say 1 or 0.")


def choice(name: str, allowed: Collection[str], default: str) -> str:
    """One of `allowed`."""
    value = text(name, default)
    if value not in allowed:
        raise ImproperlyConfigured(f"{name}={value!r}: say one of {', '.join(sorted(allowed))}.")
    return value


def integer(name: str, default: int, *, minimum: int = 0) -> int:
    """A whole number of at least `minimum`."""
    value = text(name, str(default))
    try:
        number = int(value)
    except ValueError:
        raise ImproperlyConfigured(f"{name}={value!r}: say a whole number.") from None
    if number < minimum:
        raise ImproperlyConfigured(f"{name}={number}: must be at least {minimum}.")
    return number


def items(name: str, default: str = "") -> list[str]:
    """A comma-separated list; empty items are dropped."""
    return [item for part in text(name, default).split(",") if (item := part.strip())]


def amounts(name: str) -> dict[str, Decimal]:
    """Amounts in major units by currency, `""` for every other: `100` or `gbp=100, jpy=20000`."""
    found: dict[str, Decimal] = {}
    for item in items(name):
        currency, _, figure = item.rpartition("=")
        if not AMOUNT.fullmatch(figure) or (currency and not CURRENCY.fullmatch(currency)):
            raise ImproperlyConfigured(f"{name}={item!r}: say an amount such as 100, or gbp=100.")
        found[currency] = Decimal(figure)
    return found


def web_address(name: str, default: str = "") -> str:
    """An http or https address without a slash at the end, or empty."""
    value = text(name, default).rstrip("/")
    if value and not value.startswith(("https://", "http://")):
        raise ImproperlyConfigured(f"{name}={value!r}: say an address that begins with https://.")
    return value


def path(name: str, default: Path) -> Path:
    """A file path; a relative one counts from the current folder."""
    value = text(name)
    return Path(value) if value else default
