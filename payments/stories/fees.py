"""What Stripe takes, and when money becomes available: its prices for a British shop."""

from datetime import date, timedelta

RATE_AT_HOME, RATE_EEA, RATE_ABROAD = 150, 250, 325  # hundredths of a per cent
FIXED = {"gbp": 20, "eur": 25, "usd": 30, "jpy": 30}
DISPUTE_FEE = {"gbp": 20_00, "eur": 20_00, "usd": 15_00, "jpy": 1500}
DAYS_TO_SETTLE = 3
EEA = frozenset(
    "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IS IT LI LT LU LV MT NL NO PL PT RO SE SI SK".split()
)


def processing_fee(amount: int, currency: str, country: str) -> int:
    """The fee for taking `amount` from a card of `country`, in minor units, half rounded up.

    It never exceeds the amount, so that what is left is not negative.
    """
    rate = RATE_AT_HOME if country == "GB" else RATE_EEA if country in EEA else RATE_ABROAD
    return min(amount, (amount * rate + 5_000) // 10_000 + FIXED.get(currency, 20))


def dispute_fee(currency: str) -> int:
    """What a chargeback costs, in minor units."""
    return DISPUTE_FEE.get(currency, 20_00)


def working_days_after(day: date, count: int) -> date:
    """The day `count` working days later; a weekend is none."""
    while count:
        day += timedelta(days=1)
        count -= day.weekday() < 5
    return day
