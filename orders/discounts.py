"""Whether a discount code counts, and if not, why: the customer is told exactly."""

from datetime import datetime
from typing import NamedTuple

from accounts.models import normalised
from orders.models import DiscountCode, Order, OrderStatus
from purelaka.days import store_day
from purelaka.moments import day
from purelaka.money import display


class CodeRefused(ValueError):
    """The code does not count; the message is for the customer."""


class Purchase(NamedTuple):
    """What a code is asked for. `subtotal` is the worth of the goods in minor units of `currency`.

    `email` may be unknown yet. `replaces` is the pk of an unpaid order that this purchase would
    replace, whose own use of the code does not count.
    """

    subtotal: int
    currency: str
    email: str = ""
    replaces: int | None = None


def find(text: str) -> DiscountCode:
    """The code as a customer typed it, in any case. Raises CodeRefused."""
    typed = text.replace("\x00", "").strip()
    if not typed:
        raise CodeRefused("Enter a code.")
    code = DiscountCode.objects.filter(code__iexact=typed).first()
    if code is None:
        raise CodeRefused(f"There is no code {typed[:40].upper()}. Check the spelling.")
    return code


def check(code: DiscountCode, purchase: Purchase, *, now: datetime) -> None:
    """Raises CodeRefused with the first reason why it does not count.

    Its uses are counted from orders: to be exact, hold the code's row until the order is written.
    """
    _refuse_by_date(code, now)
    if code.currency and code.currency != purchase.currency:
        raise CodeRefused(
            f"{code} is for orders in {code.currency.upper()}; yours is in {purchase.currency.upper()}."
        )
    if code.minimum_amount and purchase.subtotal < code.minimum_amount:
        needed, there = (display(sum, purchase.currency) for sum in (code.minimum_amount, purchase.subtotal))
        raise CodeRefused(f"{code} needs goods of at least {needed}; yours cost {there}.")
    _refuse_by_uses(code, purchase)


def _refuse_by_date(code: DiscountCode, now: datetime) -> None:
    if not code.is_active:
        raise CodeRefused(f"{code} is not valid any more.")
    if now < code.starts_at:
        raise CodeRefused(f"{code} starts on {day(store_day(code.starts_at))}.")
    if code.expires_at and now >= code.expires_at:
        raise CodeRefused(f"{code} ended on {day(store_day(code.expires_at))}.")


def _refuse_by_uses(code: DiscountCode, purchase: Purchase) -> None:
    uses = Order.objects.filter(discount_code=code).exclude(status=OrderStatus.CANCELED)
    if purchase.replaces:
        uses = uses.exclude(pk=purchase.replaces)
    if code.max_redemptions is not None and uses.count() >= code.max_redemptions:
        raise CodeRefused(f"{code} was used up.")
    if code.max_per_customer is not None and purchase.email:
        own = uses.filter(email=normalised(purchase.email)).count()
        if own >= code.max_per_customer:
            raise CodeRefused(_used_by_you(code, own))


def _used_by_you(code: DiscountCode, times: int) -> str:
    said = "once" if times == 1 else f"{times} times"
    return f"You have used {code} {said} already, as often as one may." if times else f"{code} can't be used."
