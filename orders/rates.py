"""Which ways of delivery there are to a country, what they cost, and which tax is due there."""

from collections.abc import Iterable
from typing import NamedTuple

from django.conf import settings
from django_countries import countries as all_countries

from orders.models import ShippingMethod, ShippingRate, TaxBehavior, TaxRate
from orders.pricing import Tax

EVERYWHERE = ""  # the country of a rate that counts for all others

# What Stripe charges at least, in minor units ("Minimum and maximum charge amounts" on
# docs.stripe.com/currencies).
MINIMUM_CHARGE = {
    "aed": 2_00,
    "bgn": 1_00,
    "czk": 15_00,
    "dkk": 2_50,
    "gbp": 30,
    "hkd": 4_00,
    "huf": 175_00,
    "mxn": 10_00,
    "myr": 2_00,
    "nok": 3_00,
    "pln": 2_00,
    "ron": 2_00,
    "sek": 3_00,
    "thb": 10_00,
}
MINIMUM_ELSEWHERE = 50


class Offer(NamedTuple):
    """A way of delivery and what it costs, in minor units; `free_from` if it costs nothing from there."""

    method: ShippingMethod
    amount: int
    free_from: int | None


def offers(country: str, currency: str, goods: int) -> list[Offer]:
    """The ways of delivery to a country for goods worth `goods` after discount, in the shop's order."""
    rates = (
        ShippingRate.objects.filter(
            method__is_active=True, currency=currency, country__in=[country, EVERYWHERE]
        )
        .select_related("method")
        .order_by("method__position", "method__name", "country")
    )
    # A country of its own comes after the empty one, and takes its place.
    return [_offer(rate, goods) for rate in {rate.method_id: rate for rate in rates}.values()]


def _offer(rate: ShippingRate, goods: int) -> Offer:
    free = rate.free_from is not None and goods >= rate.free_from
    return Offer(rate.method, 0 if free else rate.amount, rate.free_from)


def countries(currency: str) -> list[tuple[str, str]]:
    """Code and name of each country that orders in this currency are sent to, by name."""
    rated = ShippingRate.objects.filter(method__is_active=True, currency=currency)
    codes = {str(country) for country in rated.values_list("country", flat=True)}
    if EVERYWHERE in codes:
        return _named(code for code, _ in all_countries)
    return _named(codes)


def _named(codes: Iterable[str]) -> list[tuple[str, str]]:
    return sorted(((code, country_name(code)) for code in codes), key=lambda pair: pair[1].casefold())


def country_name(code: str) -> str:
    """`GB` is `United Kingdom`; empty for a code that is none."""
    return str(all_countries.name(code))


def tax(country: str) -> Tax:
    """The tax due on what is sent there, held in the prices or added to them as the store says."""
    rate = TaxRate.objects.filter(country__in=[country, EVERYWHERE]).order_by("-country").first()
    behavior = TaxBehavior.INCLUSIVE if settings.PRICES_INCLUDE_TAX else TaxBehavior.EXCLUSIVE
    return Tax(rate.rate, behavior, rate.name) if rate else Tax(behavior=behavior)


def minimum_charge(currency: str) -> int:
    """The least that can be paid, in minor units."""
    return MINIMUM_CHARGE.get(currency, MINIMUM_ELSEWHERE)
