"""How Stripe's objects are said to people."""

from payments.models import Charge

BRANDS = {"amex": "Amex", "visa": "Visa", "jcb": "JCB", "unionpay": "UnionPay", "diners": "Diners Club"}
# Where the object with such an id is described.
OF_ORDERS = ("pi_", "ch_", "py_", "re_", "pyr_", "dp_", "du_")


def words(code: str) -> str:
    """A code of Stripe's as words: `insufficient_funds` becomes `insufficient funds`."""
    return code.replace("_", " ").replace("canceled", "cancelled")


def method(charge: Charge | None) -> str:
    """How it was paid: `Visa •••• 3155`, `SEPA debit`, or nothing when it is not known."""
    return how_paid(charge.method, charge.card_brand, charge.card_last4) if charge else ""


def how_paid(kind: str, brand: str, last4: str) -> str:
    """The same from its parts."""
    if brand:
        name = BRANDS.get(brand, words(brand).capitalize())
        return f"{name} •••• {last4}" if last4 else name
    return words(kind).capitalize().replace("Sepa", "SEPA")
