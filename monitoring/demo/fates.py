"""What becomes of an order: it is paid or not, sent, refunded, disputed."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from uuid import UUID

from django.conf import settings

from monitoring.demo.orders import Ask, PlannedOrder
from payments.models import RefundStatus
from payments.stories.cards import DECLINES
from payments.stories.fees import working_days_after
from purelaka.days import day_start, store_day

PAYING = {"at once": 80, "declined first": 6, "with 3-D Secure": 6, "gives up": 5, "is declined": 3}
AFTERWARDS = {
    "nothing": 900,
    "part refund": 42,
    "full refund": 30,
    "refund before sending": 8,
    "slow refund": 6,
    "refund fails": 3,
    "dispute lost": 4,
    "dispute won": 4,
    "inquiry closed": 3,
}
REFUND_NOTES = (
    "One bottle arrived broken.",
    "The customer changed their mind.",
    "The wrong size was ordered.",
    "The parcel came a week late.",
)
NOTES = (
    "Asked to leave the parcel in the porch.",
    "A gift: no prices on the packing slip.",
    "Two samples added, with thanks for the patience.",
    "Address checked with the customer.",
)


def days(count: float) -> timedelta:
    return timedelta(days=count)


@dataclass(frozen=True)
class Role:
    """One order, `youngest` to `oldest` days old at the end, gets this fate: so the demo has one."""

    youngest: float
    oldest: float
    plays: Callable[["Fates", PlannedOrder], None]


class Fates:
    """Decides; the story ends at `end`, and what would happen later is not told."""

    def __init__(self, random: Random, end: datetime) -> None:
        self.random, self.end = random, end
        self.cast = list(CAST)

    def decide(self, order: PlannedOrder) -> None:
        """Tell the order's whole story."""
        if not self._pays(order):
            order.canceled_at = order.at + timedelta(minutes=settings.RESERVATION_MINUTES)
            order.story.waits_until(order.canceled_at)
            order.story.is_canceled()
            return
        if not order.waits_for_goods:
            order.sent_at = _post_run(order.story.clock)
            self._afterwards(order)
        if order.sent_at and self.random.random() < 0.03:
            order.notes.append((order.sent_at - timedelta(minutes=20), self.random.choice(NOTES)))

    # --- paying ----------------------------------------------------------------------------------

    def _pays(self, order: PlannedOrder) -> bool:
        story, how = order.story, self._choose(PAYING)
        story.passes(timedelta(seconds=self.random.randint(40, 240)))
        if how == "gives up":
            return False
        if how in ("declined first", "is declined"):
            story.is_declined(self.random.choice(sorted(DECLINES)))
            story.passes(timedelta(seconds=self.random.randint(30, 300)))
        if how == "is declined":
            story.is_declined("generic_decline")
            return False
        if how == "with 3-D Secure":
            story.asks_for_3d_secure()
            story.passes(timedelta(seconds=self.random.randint(15, 90)))
        story.is_paid(card=order.customer.card)
        return True

    # --- and then --------------------------------------------------------------------------------

    def _afterwards(self, order: PlannedOrder) -> None:
        age = self.end - order.at
        for role in self.cast:
            if days(role.youngest) <= age <= days(role.oldest):
                self.cast.remove(role)
                role.plays(self, order)
                return
        AFTER[self._choose(AFTERWARDS)](self, order)

    def _choose(self, shares: dict[str, int]) -> str:
        return self.random.choices(list(shares), weights=list(shares.values()))[0]

    def _at_work(self, moment: datetime, least: int = 1) -> datetime:
        """A moment in working hours, `least` working days later or one more."""
        day = working_days_after(store_day(moment), least + (self.random.random() < 0.2))
        return day_start(day) + timedelta(hours=8, seconds=self.random.randrange(8 * 3600))

    def weeks_after_sending(self, order: PlannedOrder) -> datetime:
        return self._at_work((order.sent_at or order.at) + days(self.random.randint(3, 16)))

    def refund(
        self,
        order: PlannedOrder,
        at: datetime,
        amount: int | None = None,
        *,
        status: RefundStatus = RefundStatus.SUCCEEDED,
        pending_reason: str = "processing",
    ) -> dict[str, object]:
        """Refund at `at`: mostly from this program, sometimes in Stripe's dashboard."""
        order.story.waits_until(at)
        key = UUID(int=self.random.getrandbits(128), version=4)
        asked = self.random.random() < 0.8
        refund = order.story.is_refunded(
            amount, status=status, pending_reason=pending_reason, request_key=str(key) if asked else ""
        )
        if asked:
            order.asks.append(Ask(key, at, refund, self.random.choice(REFUND_NOTES)))
        return refund

    def part(self, order: PlannedOrder) -> int:
        """Some of what was paid, in minor units."""
        return max(1, order.story.amount_paid * self.random.choice((20, 25, 50)) // 100)


def _post_run(paid_at: datetime) -> datetime:
    """When the parcel goes: Tuesday and Friday at four, all at once."""
    day = store_day(paid_at + timedelta(hours=10))
    while day.weekday() not in (1, 4):
        day += days(1)
    return day_start(day) + timedelta(hours=16)


# --- what can happen, by name -------------------------------------------------------------------------


def nothing(fates: Fates, order: PlannedOrder) -> None:
    """The customer is content."""


def part_refund(fates: Fates, order: PlannedOrder) -> None:
    refund = fates.refund(order, fates.weeks_after_sending(order), fates.part(order))
    order.story.passes(days(1))
    order.story.refund_is_confirmed(refund)


def full_refund(fates: Fates, order: PlannedOrder) -> None:
    """Half of the time the goods came back unopened."""
    at = fates.weeks_after_sending(order)
    if fates.random.random() < 0.5:
        order.returned_at = at - timedelta(minutes=15)
    refund = fates.refund(order, at)
    order.story.passes(days(1))
    order.story.refund_is_confirmed(refund)


def refund_before_sending(fates: Fates, order: PlannedOrder) -> None:
    order.sent_at = None
    fates.refund(order, order.story.clock + timedelta(minutes=fates.random.randint(20, 400)))


def slow_refund(fates: Fates, order: PlannedOrder) -> None:
    at = fates.weeks_after_sending(order)
    refund = fates.refund(order, at, fates.part(order), status=RefundStatus.PENDING)
    order.story.passes(days(4))
    order.story.refund_settles(refund)


def refund_fails(fates: Fates, order: PlannedOrder) -> None:
    """The bank sends it back; made again, it arrives."""
    amount = fates.part(order)
    refund = fates.refund(order, fates.weeks_after_sending(order), amount)
    order.story.passes(days(5))
    order.story.refund_fails(refund)
    order.notes.append((order.story.clock + days(1), "The refund came back: the customer has a new card."))
    fates.refund(order, order.story.clock + days(2), amount)


def dispute_lost(fates: Fates, order: PlannedOrder) -> None:
    dispute = _answered_dispute(fates, order)
    order.story.dispute_is_lost(dispute)


def dispute_won(fates: Fates, order: PlannedOrder) -> None:
    dispute = _answered_dispute(fates, order)
    order.story.dispute_is_won(dispute)


def inquiry_closed(fates: Fates, order: PlannedOrder) -> None:
    order.story.passes(days(fates.random.randint(12, 40)))
    dispute = order.story.is_disputed("product_not_received", inquiry=True)
    order.story.passes(days(2))
    order.story.dispute_is_answered(dispute)
    order.story.passes(days(30))
    order.story.inquiry_is_closed(dispute)


def _answered_dispute(fates: Fates, order: PlannedOrder) -> dict[str, object]:
    order.story.passes(days(fates.random.randint(10, 50)))
    reason = fates.random.choice(("fraudulent", "product_not_received", "product_unacceptable"))
    dispute = order.story.is_disputed(reason)
    order.story.passes(days(3))
    order.story.dispute_is_answered(dispute)
    order.story.passes(days(35))
    return dispute


AFTER: dict[str, Callable[[Fates, PlannedOrder], None]] = {
    "nothing": nothing,
    "part refund": part_refund,
    "full refund": full_refund,
    "refund before sending": refund_before_sending,
    "slow refund": slow_refund,
    "refund fails": refund_fails,
    "dispute lost": dispute_lost,
    "dispute won": dispute_won,
    "inquiry closed": inquiry_closed,
}


# --- what is still open at the end ------------------------------------------------------------------


def _disputed(reason: str, ago: float, *, inquiry: bool = False) -> Callable[[Fates, PlannedOrder], None]:
    """Disputed so many days before the end, and not answered yet."""

    def plays(fates: Fates, order: PlannedOrder) -> None:
        order.story.waits_until(fates.end - days(ago))
        order.story.is_disputed(reason, inquiry=inquiry)

    return plays


def _under_review(fates: Fates, order: PlannedOrder) -> None:
    order.story.waits_until(fates.end - days(18.3))
    dispute = order.story.is_disputed("product_unacceptable")
    order.story.passes(days(4))
    order.story.dispute_is_answered(dispute)


def _pending(reason: str, ago: float) -> Callable[[Fates, PlannedOrder], None]:
    """A refund asked for so many days before the end that has not arrived."""

    def plays(fates: Fates, order: PlannedOrder) -> None:
        at = fates.end - days(ago)
        fates.refund(order, at, fates.part(order), status=RefundStatus.PENDING, pending_reason=reason)

    return plays


def _came_back(fates: Fates, order: PlannedOrder) -> None:
    """A refund that failed yesterday and was made again."""
    amount = fates.part(order)
    refund = fates.refund(order, fates.end - days(6.4), amount)
    order.story.waits_until(fates.end - days(1.2))
    order.story.refund_fails(refund)
    fates.refund(order, fates.end - days(0.3), amount, status=RefundStatus.PENDING)


CAST = (
    Role(26, 45, _under_review),
    Role(18, 30, _disputed("product_not_received", 5.6)),
    Role(14, 25, _came_back),
    Role(12, 20, _disputed("fraudulent", 7.8)),
    Role(9, 18, _disputed("product_not_received", 2.3, inquiry=True)),
    Role(6, 12, _pending("processing", 2.2)),
    Role(5, 12, _pending("insufficient_funds", 0.9)),
    Role(4, 9, _disputed("fraudulent", 0.4)),
)
