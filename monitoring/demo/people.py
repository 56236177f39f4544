"""Who buys. Customers have a number and no name: nobody real is meant."""

from dataclasses import dataclass, field
from datetime import datetime
from random import Random

# country, currency, cards, share of the customers
COUNTRIES = (
    ("United Kingdom", "gbp", ("visa", "visa_debit", "mastercard", "mastercard_debit", "amex"), 88),
    ("Germany", "eur", ("visa_de",), 5),
    ("France", "eur", ("visa_fr",), 4),
    ("Japan", "jpy", ("visa_jp",), 3),
)
COMES_BACK = 0.42  # share of the orders by people who have bought before, once there are some
REMEMBERED = 400  # those who bought longer ago than this many orders do not come back
HAS_ACCOUNT = 0.6
DEMO_CUSTOMER = 8  # the one who signs in as customer@example.com


@dataclass
class Customer:
    """`number` counts from 1. `since` is when they were first seen."""

    number: int
    country: str
    currency: str
    card: str
    has_account: bool
    since: datetime
    wishes: dict[str, datetime] = field(default_factory=dict)  # SKU -> when it was wished for

    @property
    def email(self) -> str:
        return "customer@example.com" if self.is_demo else f"customer{self.number}@example.com"

    @property
    def is_demo(self) -> bool:
        return self.number == DEMO_CUSTOMER

    @property
    def name(self) -> str:
        return f"Customer {self.number}"

    @property
    def address(self) -> str:
        return f"{self.number} Example Street"


class Clientele:
    """Everybody who has bought so far."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.customers: list[Customer] = []
        self._visits: list[Customer] = []

    def comes(self, at: datetime) -> Customer:
        """Who orders now: somebody who has before, the more often the likelier, or somebody new."""
        known = min(1.0, len(self._visits) / 60)
        if self.random.random() < COMES_BACK * known:
            customer = self.random.choice(self._visits[-REMEMBERED:])
        else:
            customer = self.appears(at)
        self._visits.append(customer)
        return customer

    def appears(self, at: datetime) -> Customer:
        """Somebody new."""
        number = len(self.customers) + 1
        country, currency, cards, _ = self._country(number)
        customer = Customer(
            number=number,
            country=country,
            currency=currency,
            card=self.random.choice(cards),
            has_account=number == DEMO_CUSTOMER or self.random.random() < HAS_ACCOUNT,
            since=at,
        )
        self.customers.append(customer)
        if customer.is_demo:  # buys often, so that the demo login has a history
            self._visits += [customer] * 6
        return customer

    def _country(self, number: int) -> tuple[str, str, tuple[str, ...], int]:
        if number == DEMO_CUSTOMER:
            return COUNTRIES[0]
        return self.random.choices(COUNTRIES, weights=[share for *_, share in COUNTRIES])[0]
