"""What the cells of a row say: texts become values, or a reason why not."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils import timezone

from accounts.models import normalised
from purelaka import money

ORDER_COLUMNS = (
    *("order_number", "placed_at", "email", "country"),
    *("sku", "product_name", "quantity", "unit_price", "currency"),
)
REFUND_COLUMNS = ("refund_number", "order_number", "refunded_at", "amount", "currency")

NUMBER = re.compile(r"[\w#][\w#.:+-]{0,31}")  # it goes into addresses of pages
WHOLE = re.compile(r"[0-9]{1,12}")
DECIMAL = re.compile(r"[0-9]{1,12}(\.[0-9]{1,12})?")
EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
MOST = 10**12  # minor units of one order: enough for anybody, and sums of millions stay exact
LONGEST_EMAIL = 254
LONGEST_SKU = 50  # the column holds more: see `goods.TWIN`
LONGEST_NAME = 200
LONGEST_COUNTRY = 64


class BadCell(ValueError):
    """A cell that does not hold what it should; the message says what is wrong with it."""


class Item(NamedTuple):
    """One line of an order; `unit_amount` in minor units."""

    sku: str
    product_name: str
    unit_amount: int
    quantity: int

    @property
    def amount_total(self) -> int:
        return self.unit_amount * self.quantity


class OrderHead(NamedTuple):
    """What all lines of an order must agree on."""

    email: str
    country: str
    currency: str


class OrderLine(NamedTuple):
    """One line of the orders file. `placed_at` is in UTC."""

    head: OrderHead
    placed_at: datetime
    item: Item


class RefundLine(NamedTuple):
    """One line of the refunds file. `amount` in minor units, `refunded_at` in UTC."""

    refund_number: str
    order_number: str
    refunded_at: datetime
    amount: int
    currency: str


def order_line(cells: Sequence[str]) -> OrderLine:
    """Read the cells of `ORDER_COLUMNS`. Raises BadCell for the first that is wrong."""
    _, placed_at, email, country, sku, product_name, quantity, unit_price, currency = cells
    head = _head(email, country, currency)
    item = Item(
        text("sku", sku, LONGEST_SKU),
        text("product_name", product_name, LONGEST_NAME),
        amount("unit_price", unit_price, head.currency),
        _quantity(quantity),
    )
    return OrderLine(head, moment("placed_at", placed_at, settings.TIME_ZONE), item)


def refund_line(cells: Sequence[str]) -> RefundLine:
    """Read the cells of `REFUND_COLUMNS`. Raises BadCell for the first that is wrong."""
    refund_number, order_number, refunded_at, paid_back, currency = cells
    code = _currency(currency)
    line = RefundLine(
        number("refund_number", refund_number),
        number("order_number", order_number),
        moment("refunded_at", refunded_at, settings.TIME_ZONE),
        amount("amount", paid_back, code),
        code,
    )
    if not line.amount:
        raise BadCell("amount is 0: no money went back")
    return line


# --- one cell -------------------------------------------------------------------------------------
# Many lines have the same email, moment or price: what was read once is kept.


@lru_cache(maxsize=4096)
def number(column: str, cell: str) -> str:
    """Up to 32 letters, digits and `#_.:+-`."""
    value = cell.strip()
    if not NUMBER.fullmatch(value):
        raise BadCell(f"{column} is {shown(value)}: write up to 32 letters, digits or any of _ # . : + -")
    return value


@lru_cache(maxsize=4096)
def moment(column: str, cell: str, zone: str) -> datetime:
    """A moment in UTC. A time without an offset is one of the zone, the store's.

    Of the hour that comes twice when clocks go back, the first is meant; a time in the hour that is
    left out when they go forward is counted on from before the change. A day alone is its start.
    """
    iso = cell.strip()
    try:
        value = datetime.fromisoformat(iso)
        value = (value if value.tzinfo else value.replace(tzinfo=ZoneInfo(zone))).astimezone(UTC)
    except (ValueError, OverflowError):
        raise BadCell(f"{column} is {shown(iso)}: write it as 2010-12-01T08:26:00") from None
    if not EARLIEST <= value <= timezone.now():
        raise BadCell(f"{column} is {shown(iso)}: history lies between 1970 and now")
    return value


@lru_cache(maxsize=4096)
def amount(column: str, cell: str, currency: str) -> int:
    """Minor units of a plain decimal number, exactly."""
    value = cell.strip()
    if not DECIMAL.fullmatch(value):
        raise BadCell(f"{column} is {shown(value)}: write a number from 0 on, such as 2.55")
    try:
        minor = money.to_minor(value, currency)
    except money.BadAmount as error:
        raise BadCell(f"{column}: {error}") from None
    if minor > MOST:
        raise BadCell(f"{column} is {shown(value)}: that is too much")
    return minor


@lru_cache(maxsize=4096)
def _head(email: str, country: str, currency: str) -> OrderHead:
    return OrderHead(_email(email), _country(country), _currency(currency))


def _email(cell: str) -> str:
    value = normalised(cell)
    try:
        validate_email(value)
    except ValidationError:
        raise BadCell(f"email is {shown(value)}: write one such as guest536414@example.com") from None
    if len(value) > LONGEST_EMAIL:
        raise BadCell(f"email is longer than {LONGEST_EMAIL} characters")
    return value


def _country(cell: str) -> str:
    return text("country", cell, LONGEST_COUNTRY) if cell.strip() else ""


def _currency(cell: str) -> str:
    value = cell.strip().lower()
    if not re.fullmatch(r"[a-z]{3}", value):
        raise BadCell(f"currency is {shown(cell.strip())}: write its three letters, such as GBP")
    return value


@lru_cache(maxsize=4096)
def text(column: str, cell: str, longest: int) -> str:
    """Any text that is not empty, trimmed."""
    value = cell.strip()
    if not value:
        raise BadCell(f"{column} is empty")
    if len(value) > longest:
        raise BadCell(f"{column} is longer than {longest} characters")
    return value


@lru_cache(maxsize=4096)
@lru_cache(maxsize=4096)
def _quantity(cell: str) -> int:
    value = cell.strip()
    if not WHOLE.fullmatch(value) or not int(value):
        raise BadCell(f"quantity is {shown(value)}: write a whole number from 1 on")
    return int(value)


def shown(value: str) -> str:
    """For a message: quoted, and not too long."""
    return repr(value if len(value) <= 40 else value[:40] + "…") if value else "empty"
