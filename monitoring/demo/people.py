"""Who buys. Customers have a number and no name: nobody real is meant."""

from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from typing import NamedTuple

from accounts.models import Address, User


class Home(NamedTuple):
    """A country in which people buy, with a town of it; `share` of the customers, in per cent."""

    code: str
    country: str
    currency: str
    cards: tuple[str, ...]
    share: int
    city: str
    postcode: str


HOMES = (
    Home(
        *("GB", "United Kingdom", "gbp"),
        ("visa", "visa_debit", "mastercard", "mastercard_debit", "amex"),
        *(88, "Bristol", "BS1 0AA"),
    ),
    Home("DE", "Germany", "eur", ("visa_de",), 5, "Cologne", "50667"),
    Home("FR", "France", "eur", ("visa_fr",), 4, "Lyon", "69001"),
    Home("JP", "Japan", "jpy", ("visa_jp",), 3, "Tokyo", "100-0001"),
)
COMES_BACK = 0.42  # share of the orders by people who have bought before, once there are some
REMEMBERED = 400  # those who bought longer ago than this many orders do not come back
HAS_ACCOUNT = 0.6
DEMO_CUSTOMER = 8  # the one who signs in as customer@example.com


@dataclass
class Customer:
    """`number` counts from 1. `since` is when they were first seen."""

    number: int
    home: Home
    card: str
    has_account: bool
    since: datetime
    wishes: dict[str, datetime] = field(default_factory=dict)  # SKU -> when it was wished for

    @property
    def country(self) -> str:
        return self.home.country

    @property
    def country_code(self) -> str:
        return self.home.code

    @property
    def currency(self) -> str:
        return self.home.currency

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
    def street(self) -> str:
        return f"{self.number} Example Street"

    @property
    def address(self) -> str:
        """As on a parcel, below the name."""
        return f"{self.street}\n{self.home.city} {self.home.postcode}\n{self.country}"

    def saved_address(self, user: User) -> Address:
        """The address that this person keeps in their account, not written yet."""
        return Address(
            user=user,
            name=self.name,
            line1=self.street,
            city=self.home.city,
            postcode=self.home.postcode,
            country=self.home.code,
            is_default=True,
        )


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
        home = self._home(number)
        customer = Customer(
            number=number,
            home=home,
            card=self.random.choice(home.cards),
            has_account=number == DEMO_CUSTOMER or self.random.random() < HAS_ACCOUNT,
            since=at,
        )
        self.customers.append(customer)
        if customer.is_demo:  # buys often, so that the demo login has a history
            self._visits += [customer] * 6
        return customer

    def _home(self, number: int) -> Home:
        if number == DEMO_CUSTOMER:
            return HOMES[0]
        return self.random.choices(HOMES, weights=[home.share for home in HOMES])[0]
