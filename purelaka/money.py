"""Minor units: how many digits each currency has, and how an amount is written.

Stripe gives amounts as integers in the currency's smallest unit
(docs.stripe.com/currencies). No float touches money.
"""

from decimal import Decimal, InvalidOperation

ZERO_DECIMAL = frozenset("bif clp djf gnf jpy kmf krw mga pyg rwf ugx vnd vuv xaf xof xpf".split())
THREE_DECIMAL = frozenset("bhd jod kwd omr tnd".split())
SYMBOLS = {"gbp": "£", "eur": "€", "usd": "$", "jpy": "¥"}


class BadAmount(ValueError):
    """A text that is no amount of this currency; the message says what is wrong with it."""


def exponent(currency: str) -> int:
    """Digits after the point: 0 for JPY, 3 for KWD, 2 for most."""
    if currency in ZERO_DECIMAL:
        return 0
    return 3 if currency in THREE_DECIMAL else 2


def to_major(amount: int, currency: str) -> str:
    """Minor units as a plain decimal text: `(123456, "gbp")` gives `1234.56`. For files."""
    digits = exponent(currency)
    return f"{Decimal(amount).scaleb(-digits):.{digits}f}"


def to_minor(text: str, currency: str) -> int:
    """The inverse of `to_major`. Raises BadAmount: no number, too many digits, not finite."""
    digits = exponent(currency)
    try:
        scaled = Decimal(text.strip()).scaleb(digits)
    except InvalidOperation:
        raise BadAmount(f"{text!r} is not a number") from None
    if not scaled.is_finite() or abs(scaled) >= 10**15:
        raise BadAmount(f"{text!r} is out of range")
    if scaled != scaled.to_integral_value():
        raise BadAmount(f"{text!r} has more than {digits} digits after the point for {currency.upper()}")
    return int(scaled)


def display(amount: int, currency: str) -> str:
    """For people: `£1,234.56`, `−£0.30`, `¥1,200`, `KWD 1.234`."""
    digits = exponent(currency)
    figure = f"{Decimal(abs(amount)).scaleb(-digits):,.{digits}f}"
    symbol = SYMBOLS.get(currency, currency.upper() + "\N{NO-BREAK SPACE}")
    sign = "\N{MINUS SIGN}" if amount < 0 else ""
    return f"{sign}{symbol}{figure}"
