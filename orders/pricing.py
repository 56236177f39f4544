"""What an order costs: pure functions over integers, in minor units of one currency.

Tax is worked out once on the whole (goods less discount, plus delivery), rounded half up, and then
shared out; discount likewise. So the shares sum to the whole, to the penny
(largest remainder: each share is its exact part rounded down, and the pennies left over go to those
that lost most).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from orders.models import TaxBehavior

WHOLE = 10_000  # hundredths of a per cent in 100 %


@dataclass(frozen=True)
class Discount:
    """`percent_off` of the goods, or `amount_off` at most; nothing by default."""

    percent_off: int = 0
    amount_off: int = 0

    def of(self, subtotal: int) -> int:
        """What is taken off goods worth `subtotal`: never more than they cost."""
        share = (subtotal * self.percent_off + 50) // 100
        return min(subtotal, share + self.amount_off)


@dataclass(frozen=True)
class Tax:
    """`rate` in hundredths of a per cent, held in the prices or added to them."""

    rate: int = 0
    behavior: TaxBehavior = TaxBehavior.INCLUSIVE
    name: str = ""

    def of(self, amount: int) -> int:
        """The tax on `amount`, or in it; half a minor unit is rounded up."""
        whole = WHOLE + self.rate if self.behavior == TaxBehavior.INCLUSIVE else WHOLE
        return (2 * amount * self.rate + whole) // (2 * whole)


@dataclass(frozen=True)
class LineShare:
    """Of one line: what it costs before all else, what of the discount and the tax is its own."""

    amount: int
    discount: int
    tax: int


@dataclass(frozen=True)
class Amounts:
    """The parts of an order. `total` is what the customer pays."""

    subtotal: int
    discount: int
    shipping: int
    tax: int
    total: int
    lines: tuple[LineShare, ...]


def price(
    amounts: Sequence[int], *, discount: Discount | None = None, shipping: int = 0, tax: Tax | None = None
) -> Amounts:
    """Put together what an order costs whose lines cost `amounts` (price times quantity).

    Discount takes off the goods only, not delivery.
    """
    discount, tax = discount or Discount(), tax or Tax()
    subtotal = sum(amounts)
    off = discount.of(subtotal)
    discounts = share_out(off, amounts)
    taxed = [amount - less for amount, less in zip(amounts, discounts, strict=True)]
    due = tax.of(subtotal - off + shipping)
    *taxes, _on_shipping = share_out(due, [*taxed, shipping])
    added = due if tax.behavior == TaxBehavior.EXCLUSIVE else 0
    return Amounts(
        subtotal=subtotal,
        discount=off,
        shipping=shipping,
        tax=due,
        total=subtotal - off + shipping + added,
        lines=tuple(map(LineShare, amounts, discounts, taxes)),
    )


def share_out(amount: int, weights: Sequence[int]) -> list[int]:
    """Split `amount` in proportion to `weights`; the shares sum to it. Nothing to share out over: zeros.

    With `amount` not above the sum of the weights no share exceeds its weight.
    """
    whole = sum(weights)
    if not whole:
        return [0] * len(weights)
    shares = [amount * weight // whole for weight in weights]
    lost_most = sorted(range(len(weights)), key=lambda i: (-(amount * weights[i] % whole), i))
    for i in lost_most[: amount - sum(shares)]:
        shares[i] += 1
    return shares
