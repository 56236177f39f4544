"""What the customer agreed to pay: the amounts on the form that was sent, against those of now."""

from orders.quoting import Quote
from purelaka.money import display

# As many parts as a text of amounts has after its currency; the total follows from the others.
PARTS = ("", "The goods cost", "The discount is", "Delivery costs", "Tax is", "")
LONGEST = 15  # digits of an amount


def seen_of(quote: Quote) -> str:
    """The delivery and the amounts of a quote as one text, for the form that shows them."""
    method = quote.offer.method.pk if quote.offer else 0
    amounts = quote.amounts
    parts = (method, amounts.subtotal, amounts.discount, amounts.shipping, amounts.tax, amounts.total)
    return "-".join([quote.currency, *map(str, parts)])


def differences(seen: str, quote: Quote) -> list[str]:
    """What is not as the customer saw it, part by part, in words."""
    currency, *was = seen.split("-")
    _, *now = seen_of(quote).split("-")
    if currency != quote.currency or len(was) != len(now) or not all(map(_is_number, was)):
        return ["Check the amounts below."]
    told = [
        f"{part} {display(int(new), currency)} instead of {display(int(old), currency)}."
        for part, old, new in zip(PARTS, was, now, strict=True)
        if part and old != new
    ]
    if was[0] != now[0] and quote.offer:
        told.insert(0, f"It is delivered by {quote.offer.method}.")
    return [quote.code_refused, *told] if quote.code_refused else told


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= LONGEST
