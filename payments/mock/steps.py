"""The steps a payment of the pretended Stripe can take, and the story they make."""

from collections.abc import Callable
from typing import Any

from payments.models import MockIntent, RefundStatus
from payments.stories.cards import CARDS, REAL_CARD, Card
from payments.stories.journal import StoryError, moment
from payments.stories.story import Story
from payments.stories.versions import Json

# `at` in Unix seconds, `does` (a name in DOES), `with` its arguments.
Step = dict[str, Any]


def tell(row: MockIntent, steps: list[Step] | None = None) -> Story:
    """The story until now, or until the last of `steps`."""
    story = Story(
        order_number=row.order_number,
        amount=row.amount,
        currency=row.currency,
        at=row.created,
        seed=row.key,
        instance=row.instance,
        email=row.email,
    )
    for step in row.steps if steps is None else steps:
        do(story, step)
    return story


def do(story: Story, step: Step) -> None:
    """Take a step more. Raises StoryError where Stripe would refuse it."""
    story.waits_until(moment(step["at"]))
    DOES[step["does"]](story, **step["with"])


def card_of(steps: list[Step]) -> str:
    """The key of the card that was tried last."""
    return next((step["with"]["card"] for step in reversed(steps) if "card" in step["with"]), "")


def _refuses_real_card(story: Story, *, last4: str, brand: str) -> None:
    story.is_refused(REAL_CARD, Card(last4.zfill(16), brand))


def _asks_for_3d_secure(story: Story, *, card: str) -> None:
    story.asks_for_3d_secure()


def _is_approved(story: Story, *, card: str) -> None:
    if story.intent["status"] != "requires_action":
        raise StoryError("Nothing is to be confirmed.")
    story.is_paid(card=card)


def _is_refunded(story: Story, *, amount: int, reason: str, request_key: str) -> None:
    card = story.charge["payment_method_details"]["card"]["last4"] if story.charge else ""
    waits = card == CARDS["refund_pending"].last4
    status = RefundStatus.PENDING if waits else RefundStatus.SUCCEEDED
    story.is_refunded(amount, status=status, reason=reason, request_key=request_key)


def _refund_settles(story: Story, *, refund_id: str) -> None:
    story.refund_settles(_refund(story, refund_id))


def _refund_fails(story: Story, *, refund_id: str) -> None:
    story.refund_fails(_refund(story, refund_id))


def _refund(story: Story, refund_id: str) -> Json:
    return next(refund for refund in story.refunds if refund["id"] == refund_id)


DOES: dict[str, Callable[..., object]] = {
    "is_declined": Story.is_declined,
    "refuses_real_card": _refuses_real_card,
    "asks_for_3d_secure": _asks_for_3d_secure,
    "fails_3d_secure": Story.fails_3d_secure,
    "is_approved": _is_approved,
    "is_processing": Story.is_processing,
    "is_paid": Story.is_paid,
    "is_canceled": Story.is_canceled,
    "is_refunded": _is_refunded,
    "refund_settles": _refund_settles,
    "refund_fails": _refund_fails,
    "is_disputed": Story.is_disputed,
}
