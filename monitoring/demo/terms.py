"""What the demo shop asks for delivery, which tax it owes, and which codes it gave out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import NamedTuple

from monitoring.demo.people import Customer
from orders.models import DiscountCode, ShippingMethod, ShippingRate, TaxRate
from orders.placing import Terms
from orders.pricing import Amounts, Discount, Tax, price

STANDARD, EXPRESS = "Standard", "Express"
METHODS = {STANDARD: "2 to 4 working days", EXPRESS: "The next working day"}
TAKES_EXPRESS = 0.12


class Rate(NamedTuple):
    """Minor units; `free_from` if it costs nothing from there."""

    amount: int
    free_from: int | None = None


class Country(NamedTuple):
    """Where the shop sends parcels, in which currency, and the tax there in hundredths of a per cent."""

    code: str
    currency: str
    tax_name: str
    tax_rate: int


COUNTRIES = (
    Country("GB", "gbp", "VAT", 20_00),
    Country("AT", "eur", "USt", 20_00),
    Country("BE", "eur", "BTW/TVA", 21_00),
    Country("DE", "eur", "MwSt", 19_00),
    Country("ES", "eur", "IVA", 21_00),
    Country("FR", "eur", "TVA", 20_00),
    Country("IE", "eur", "VAT", 23_00),
    Country("IT", "eur", "IVA", 22_00),
    Country("NL", "eur", "BTW", 21_00),
    Country("JP", "jpy", "Consumption tax", 10_00),
)
RATES = {
    (STANDARD, "gbp"): Rate(3_95, 40_00),
    (EXPRESS, "gbp"): Rate(6_95),
    (STANDARD, "eur"): Rate(6_90, 60_00),
    (EXPRESS, "eur"): Rate(12_90),
    (STANDARD, "jpy"): Rate(600, 8_000),
    (EXPRESS, "jpy"): Rate(1_400),
}
TAXES = {country.code: Tax(country.tax_rate, name=country.tax_name) for country in COUNTRIES}


@dataclass(frozen=True)
class Code:
    """A discount code. `taken` is the share of the orders it could be used for that use it.

    It started `begins` days before the end of the story, or before all of it, and ended `ends` days
    before. `currency` is that of its amounts.
    """

    code: str
    discount: Discount
    taken: float
    currency: str = ""
    minimum_amount: int | None = None
    first_order: bool = False
    begins: int = 10 * 365
    ends: int | None = None

    def fits(self, order: "Wanted", end: datetime) -> bool:
        """Whether this order could use it."""
        ended = self.ends is not None and order.at >= end - timedelta(days=self.ends)
        return (
            self.currency in ("", order.customer.currency)
            and order.subtotal >= (self.minimum_amount or 0)
            and (order.is_first or not self.first_order)
            and order.at >= end - timedelta(days=self.begins)
            and not ended
        )


CODES = (
    Code("SUMMER15", Discount(percent_off=15), 0.3, begins=160, ends=130),
    Code("WELCOME10", Discount(percent_off=10), 0.25, first_order=True),
    Code("SKIN5", Discount(amount_off=5_00), 0.1, "gbp", minimum_amount=30_00, begins=300),
)


class Wanted(NamedTuple):
    """An order before it is known what comes on top of the goods, or off them."""

    customer: Customer
    at: datetime
    lines: Sequence[int]  # what each line of goods costs

    @property
    def subtotal(self) -> int:
        return sum(self.lines)

    @property
    def is_first(self) -> bool:
        return self.at == self.customer.since


@dataclass(frozen=True)
class PlannedTerms:
    """How an order is sent, what it costs in all, and with which code if any."""

    method: str
    amounts: Amounts
    tax: Tax
    code: str = ""

    def with_rows(self, codes: Mapping[str, DiscountCode]) -> Terms:
        """The terms to place the order with."""
        return Terms(self.method, self.amounts.shipping, self.tax, codes[self.code] if self.code else None)


def choose(random: Random, order: Wanted, end: datetime) -> PlannedTerms:
    """What this customer chooses, and what it costs. Draws the same number of times for every order."""
    method = EXPRESS if random.random() < TAKES_EXPRESS else STANDARD
    luck = [random.random() for _ in CODES]
    fitting = [
        code for code, drawn in zip(CODES, luck, strict=True) if drawn < code.taken and code.fits(order, end)
    ]
    code = fitting[0] if fitting else None
    discount = code.discount if code else Discount()
    rate = RATES[method, order.customer.currency]
    goods = order.subtotal - discount.of(order.subtotal)
    is_free = rate.free_from is not None and goods >= rate.free_from
    tax = TAXES[order.customer.country_code]
    amounts = price(order.lines, discount=discount, shipping=0 if is_free else rate.amount, tax=tax)
    return PlannedTerms(method, amounts, tax, code.code if code else "")


def offer(end: datetime) -> dict[str, DiscountCode]:
    """Write rates and codes into the store; returns the codes. What is there already stays as it is."""
    for country in COUNTRIES:
        TaxRate.objects.get_or_create(
            country=country.code, defaults={"name": country.tax_name, "rate": country.tax_rate}
        )
    for position, (name, description) in enumerate(METHODS.items()):
        method, _ = ShippingMethod.objects.get_or_create(
            name=name, defaults={"description": description, "position": position}
        )
        for country in COUNTRIES:
            rate = RATES[name, country.currency]
            ShippingRate.objects.get_or_create(
                method=method, country=country.code, currency=country.currency, defaults=rate._asdict()
            )
    return {code.code: _write(code, end) for code in CODES}


def _write(code: Code, end: datetime) -> DiscountCode:
    row, _ = DiscountCode.objects.get_or_create(
        code=code.code,
        defaults={
            "percent_off": code.discount.percent_off or None,
            "amount_off": code.discount.amount_off or None,
            "currency": code.currency,
            "minimum_amount": code.minimum_amount,
            "starts_at": end - timedelta(days=code.begins),
            "expires_at": None if code.ends is None else end - timedelta(days=code.ends),
            "max_per_customer": 1 if code.first_order else None,
        },
    )
    return row
