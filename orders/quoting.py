"""What an order would cost: goods, code, delivery and tax put together, and what stands in its way."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from orders import discounts, rates
from orders.discounts import CodeRefused, Purchase
from orders.models import DiscountCode
from orders.placing import Line, Terms
from orders.pricing import Amounts
from orders.rates import Offer
from purelaka.money import display


@dataclass(frozen=True)
class Asked:
    """What the customer wants: where to, how, with which code. All may be unknown yet."""

    country: str = ""
    method_id: int | None = None
    code: DiscountCode | None = None
    email: str = ""
    replaces: int | None = None  # the pk of the unpaid order that this one would take the place of


@dataclass(frozen=True)
class Quote:
    """The parts of what would be paid, named as on an Order: `orders/_amounts.html` shows both.

    `code_refused` says why the code asked for does not count; `obstacle` why nothing can be ordered.
    """

    currency: str
    country: str
    offers: Sequence[Offer]
    offer: Offer | None
    terms: Terms
    amounts: Amounts
    code_refused: str = ""
    obstacle: str = ""

    @property
    def amount_subtotal(self) -> int:
        return self.amounts.subtotal

    @property
    def amount_discount(self) -> int:
        return self.amounts.discount

    @property
    def amount_shipping(self) -> int:
        return self.amounts.shipping

    @property
    def amount_tax(self) -> int:
        return self.amounts.tax

    @property
    def amount_total(self) -> int:
        return self.amounts.total

    @property
    def shipping_method(self) -> str:
        return self.terms.shipping_method

    @property
    def discount_code(self) -> DiscountCode | None:
        return self.terms.discount_code

    @property
    def tax_rate(self) -> int:
        return self.terms.tax.rate

    @property
    def tax_name(self) -> str:
        return self.terms.tax.name

    @property
    def tax_behavior(self) -> str:
        return self.terms.tax.behavior

    @property
    def country_name(self) -> str:
        return rates.country_name(self.country)

    @property
    def until_free(self) -> int:
        """How much more in goods would make the chosen delivery free; 0 when it is, or never is."""
        if self.offer is None or self.offer.free_from is None:
            return 0
        return max(0, self.offer.free_from - (self.amounts.subtotal - self.amounts.discount))


def quote(lines: Sequence[Line], asked: Asked, *, currency: str, now: datetime) -> Quote:
    """What these lines would cost. A code that does not count is left out, and why is said."""
    refused = ""
    if asked.code:
        refused = _why_not(asked.code, lines, asked, currency, now)
        asked = replace(asked, code=None) if refused else asked
    return replace(_put_together(lines, asked, currency), code_refused=refused)


def _why_not(code: DiscountCode, lines: Sequence[Line], asked: Asked, currency: str, now: datetime) -> str:
    subtotal = sum(line.amount for line in lines)
    try:
        discounts.check(code, Purchase(subtotal, currency, asked.email, asked.replaces), now=now)
    except CodeRefused as refusal:
        return str(refusal)
    total = _put_together(lines, asked, currency).amount_total
    if lines and total < (least := rates.minimum_charge(currency)):
        return (
            f"A payment of at least {display(least, currency)} is needed,"
            f" and {code} would bring it down to {display(total, currency)}."
        )
    return ""


def _put_together(lines: Sequence[Line], asked: Asked, currency: str) -> Quote:
    goods = Terms(discount_code=asked.code).of(lines)
    found = rates.offers(asked.country, currency, goods.subtotal - goods.discount) if asked.country else []
    offer = next(
        (offer for offer in found if offer.method.pk == asked.method_id), found[0] if found else None
    )
    terms = Terms(
        shipping_method=offer.method.name if offer else "",
        shipping=offer.amount if offer else 0,
        tax=rates.tax(asked.country),
        discount_code=asked.code,
    )
    amounts = terms.of(lines)
    obstacle = _obstacle(offer, amounts, asked.country, currency)
    return Quote(currency, asked.country, found, offer, terms, amounts, obstacle=obstacle)


def _obstacle(offer: Offer | None, amounts: Amounts, country: str, currency: str) -> str:
    if offer is None:
        place = rates.country_name(country) or "this country"
        return f"Orders in {currency.upper()} are not sent to {place}. Choose another country."
    least = rates.minimum_charge(currency)
    if amounts.total < least:
        return (
            f"A payment of at least {display(least, currency)} is needed,"
            f" and this order would cost {display(amounts.total, currency)}. Add something to it."
        )
    return ""
