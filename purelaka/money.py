"""Minor units: how many digits each currency has, and how an amount is written.

Stripe gives amounts as integers in the currency's smallest unit
(docs.stripe.com/currencies). No float touches money.
"""

import re
from decimal import Decimal, InvalidOperation

ZERO_DECIMAL = frozenset("bif clp djf gnf jpy kmf krw mga pyg rwf ugx vnd vuv xaf xof xpf".split())
THREE_DECIMAL = frozenset("bhd jod kwd omr tnd".split())
# Those Stripe takes payments in (docs.stripe.com/currencies#presentment-currencies).
CURRENCIES = frozenset(
    """
    aed afn all amd ang aoa ars aud awg azn bam bbd bdt bgn bhd bif bmd bnd bob brl bsd bwp byn bzd cad cdf
    chf clp cny cop crc cve czk djf dkk dop dzd egp etb eur fjd fkp gbp gel gip gmd gnf gtq gyd hkd hnl htg
    huf idr ils inr isk jmd jod jpy kes kgs khr kmf krw kwd kyd kzt lak lbp lkr lrd lsl mad mdl mga mkd mmk
    mnt mop mur mvr mwk mxn myr mzn nad ngn nio nok npr nzd omr pab pen pgk php pkr pln pyg qar ron rsd rub
    rwf sar sbd scr sek sgd shp sle sos srd std szl thb tjs tnd top try ttd twd tzs uah ugx usd uyu uzs vnd
    vuv wst xaf xcd xof xpf yer zar zmw
    """.split()
)
SYMBOLS = {"gbp": "£", "eur": "€", "usd": "$", "jpy": "¥"}


# A comma separates thousands, as our pages write them; where it might be a decimal comma, we ask.
FIGURE = re.compile(r"-?[0-9.,]+")
THOUSANDS = re.compile(r"\d{1,3}(,\d{3})+(\.\d*)?")


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


def typed(text: str, currency: str) -> int:
    """Minor units of an amount as people type it: `14`, `14.50`, `1,234.50`.

    Raises BadAmount, which says in a sentence what to do.
    """
    if not FIGURE.fullmatch(text.strip()):
        raise BadAmount(f"Write an amount, such as {to_major(12_50, currency)}.")
    plain = text.strip()
    plain = plain.replace(",", "") if THOUSANDS.fullmatch(plain) else plain
    if "," in plain:
        raise BadAmount("Write a point before the smaller unit: 12.50, or 1,250.00.")
    try:
        return to_minor(plain, currency)
    except BadAmount as why:
        raise BadAmount(f"{why}.") from None


def display(amount: int, currency: str) -> str:
    """For people: `£1,234.56`, `−£0.30`, `¥1,200`, `KWD 1.234`."""
    digits = exponent(currency)
    figure = f"{Decimal(abs(amount)).scaleb(-digits):,.{digits}f}"
    symbol = SYMBOLS.get(currency, currency.upper() + "\N{NO-BREAK SPACE}")
    sign = "\N{MINUS SIGN}" if amount < 0 else ""
    return f"{sign}{symbol}{figure}"
