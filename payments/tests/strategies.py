"""Random stories for property tests: whatever Stripe could send, with consistent money."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from payments.models import RefundStatus
from payments.stories.cards import DECLINES
from payments.stories.story import Story
from payments.stories.versions import VERSIONS
from purelaka.days import store_zone

Step = Callable[[], object]

# Store-local beginnings near midnight, and near the two nights on which London's clocks change.
BEGINNINGS = [
    "2026-06-14 23:59:58",
    "2026-06-15 00:00:00",
    "2026-06-15 12:30:00",
    "2026-03-28 23:59:59",
    "2026-03-29 00:59:59",
    "2026-10-25 00:30:00",
    "2026-10-25 23:59:59",
]
GAPS = [
    timedelta(0),
    timedelta(seconds=1),
    timedelta(minutes=20),
    timedelta(hours=7),
    timedelta(days=1),
    timedelta(days=30),
]


@st.composite
def stories(
    draw: st.DrawFn,
    *,
    order_number: str = "",
    amount: int = 0,
    currency: str = "gbp",
    seed: str = "",
    steps: int = 6,
) -> Story:
    """A story of an order, from an unpaid one to `steps` refunds and disputes after the payment.

    Two payments of one order are two stories of one `order_number` with different seeds.
    """
    beginning = datetime.fromisoformat(draw(st.sampled_from(BEGINNINGS))).replace(tzinfo=store_zone())
    story = Story(
        order_number=order_number or f"PL-{draw(st.integers(1, 10**6))}",
        amount=amount or draw(st.integers(100, 500_00)),
        currency=currency,
        at=beginning,
        api_version=draw(st.sampled_from(VERSIONS)),
        seed=seed,
        fee_after=draw(st.sampled_from([timedelta(0), timedelta(seconds=2), timedelta(hours=13)])),
    )
    for _ in range(draw(st.integers(0, 3))):
        draw(st.sampled_from(_attempts(draw, story)))()
        story.passes(draw(st.sampled_from(GAPS[:3])))
    ending: list[Step] = [story.is_paid, story.is_paid, story.is_paid, story.is_canceled, _nothing]
    draw(st.sampled_from(ending))()
    for _ in range(draw(st.integers(0, steps)) if story.charge else 0):
        story.passes(draw(st.sampled_from(GAPS)))
        possible = _refund_steps(draw, story) + _dispute_steps(draw, story)
        if possible:
            draw(st.sampled_from(possible))()
    return story


def paid_stories(**fields: Any) -> st.SearchStrategy[Story]:
    """Stories in which the money was taken."""
    return stories(**fields).filter(lambda story: story.charge is not None)


def _nothing() -> None:
    return None


def _attempts(draw: st.DrawFn, story: Story) -> list[Step]:
    why = draw(st.sampled_from(sorted(DECLINES)))
    return [lambda: story.is_declined(why), story.asks_for_3d_secure, story.is_processing]


def _refund_steps(draw: st.DrawFn, story: Story) -> list[Step]:
    steps: list[Step] = []
    if story.amount_refundable:
        amount = draw(st.integers(1, story.amount_refundable) | st.just(story.amount_refundable))
        status = draw(
            st.sampled_from([RefundStatus.SUCCEEDED, RefundStatus.PENDING, RefundStatus.REQUIRES_ACTION])
        )
        why = draw(st.sampled_from(["processing", "insufficient_funds", "charge_pending"]))
        key = draw(st.sampled_from(["", "", f"key-{len(story.refunds)}"]))
        steps.append(lambda: story.is_refunded(amount, status=status, pending_reason=why, request_key=key))
    if story.refunds:
        refund = draw(st.sampled_from(story.refunds))
        steps += _next_steps(story, refund)
    return steps


def _next_steps(story: Story, refund: dict[str, object]) -> list[Step]:
    settle, fail = (lambda: story.refund_settles(refund)), (lambda: story.refund_fails(refund))
    confirm, start = (lambda: story.refund_is_confirmed(refund)), (lambda: story.refund_starts(refund))
    cancel = lambda: story.refund_is_canceled(refund)  # noqa: E731
    by_status: dict[object, list[Step]] = {
        "succeeded": [confirm, fail],
        "pending": [settle, fail] if refund["balance_transaction"] else [settle, fail, cancel],
        "requires_action": [start, cancel],
    }
    return by_status.get(refund["status"], [])


def _dispute_steps(draw: st.DrawFn, story: Story) -> list[Step]:
    if not story.open_disputes:
        if not story.amount_refundable:
            return []
        amount = draw(st.just(story.amount_refundable) | st.integers(1, story.amount_refundable))
        inquiry = draw(st.booleans())
        return [lambda: story.is_disputed("fraudulent", inquiry=inquiry, amount=amount)]
    dispute = story.open_disputes[0]
    steps: list[Step] = []
    if dispute["status"].endswith("needs_response"):
        steps.append(lambda: story.dispute_is_answered(dispute))
    if not dispute["status"].startswith("warning"):
        fee_returned = draw(st.booleans())
        steps.append(lambda: story.dispute_is_won(dispute, fee_returned=fee_returned))
        steps.append(lambda: story.dispute_is_lost(dispute))
    else:
        steps.append(lambda: story.inquiry_is_closed(dispute))
        if dispute["amount"] <= story.amount_refundable:
            steps.append(lambda: story.inquiry_escalates(dispute))
    return steps
