"""What can be done to an order now, and why the rest can't."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from accounts.models import Role, User
from orders.dispatch import why_not_fulfil
from orders.models import Order, OrderStatus
from payments import refunds
from payments.ledger import Refundable
from payments.models import Payment, Provider
from purelaka.money import display
from purelaka.templatetags.purelaka import shortened

MAY_ACT = (Role.OPS, Role.ADMIN)


class Offer(NamedTuple):
    """An action in the list of them. `why_not` is empty when it can be done now."""

    name: str
    title: str
    consequence: str
    why_not: str = ""


class Choices(NamedTuple):
    """What this person can do to this order; `sources` are the payments that can be refunded.

    `blocked_by` is a dispute that keeps one of its payments from being refunded.
    """

    offers: list[Offer]
    sources: list[Refundable]
    blocked_by: str = ""

    @property
    def possible(self) -> set[str]:
        """The names of the actions that can be done now."""
        return {offer.name for offer in self.offers if not offer.why_not}


def choices(order: Order, user: User, payments: Iterable[Payment]) -> Choices:
    """Nothing for those who only read. `payments` are all of the order."""
    if user.role not in MAY_ACT:
        return Choices([], [])
    every = refunds.sources(order)
    sources = _at_stripe(payments, every)
    note = Offer("note", "Add a note", "For the timeline; customers do not see it.")
    offers = [_fulfilling(order), _refunding(order, sources, every), _cancelling(order), note]
    blocked_by = next((each.blocked_by for each in every if each.blocked_by), "")
    return Choices(sorted(offers, key=lambda offer: bool(offer.why_not)), sources, blocked_by)


def refundable_sources(order: Order) -> list[Refundable]:
    """The order's payments at Stripe of which something is left, the one that pays it first."""
    return _at_stripe(Payment.objects.filter(order=order), refunds.sources(order))


def _at_stripe(payments: Iterable[Payment], sources: Sequence[Refundable]) -> list[Refundable]:
    known = {each.payment_intent_id for each in payments if each.provider == Provider.STRIPE}
    left = (each for each in sources if each.amount > 0 and not each.blocked_by)
    return [each for each in left if each.payment_id in known]


def _fulfilling(order: Order) -> Offer:
    text = "No money moves. It can still be refunded afterwards."
    return Offer("fulfil", "Mark it fulfilled", text, why_not_fulfil(order))


def _refunding(order: Order, sources: Sequence[Refundable], every: Sequence[Refundable]) -> Offer:
    if not sources:
        return Offer("refund", "Refund", "", why_not_refund(order, every))
    most = display(sources[0].amount, sources[0].currency)
    gone = display(order.amount_refunded, order.currency)
    total = display(order.amount_total, order.currency)
    return Offer("refund", f"Refund up to {most}", f"{gone} of {total} has been refunded.")


def why_not_refund(order: Order, every: Sequence[Refundable]) -> str:
    """In words, where none of the order's payments (`every`) can be sent back."""
    disputed = next((source.blocked_by for source in every if source.blocked_by), "")
    if disputed:
        return (
            f"The customer's bank has taken the money back (dispute {shortened(disputed)}): "
            "a refund would pay the customer twice, and Stripe refuses it. Answer the dispute instead."
        )
    if order.paid_at is None:
        return "Nothing was paid."
    return "Nothing is left that Stripe could send back: all of it has gone, or waits for approval."


def _cancelling(order: Order) -> Offer:
    why_not = {
        OrderStatus.PAID: "It is paid: refund it instead.",
        OrderStatus.FULFILLED: "It was sent already.",
        OrderStatus.CANCELED: "It is cancelled already.",
    }.get(OrderStatus(order.status), "")
    return Offer("cancel", "Cancel the order", "Its reserved stock becomes free. No money moves.", why_not)
