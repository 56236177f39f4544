"""Payment intents of the pretended Stripe, each told anew as a story from the steps it took.

Steps are taken one at a time, under the lock of the intent's row: a card can't be charged twice.
"""

from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Min
from django.utils import timezone

from payments.gateway_error import GatewayError
from payments.mock import courier, outbox
from payments.mock.steps import Step, card_of, do, tell
from payments.models import MockIntent
from payments.stories.cards import CARDS, DECLINES, Card, brand_of
from payments.stories.journal import StoryError, moment
from payments.stories.story import Story
from payments.stories.versions import Json

SOON = timedelta(seconds=10)  # until a bank disputes, or says what became of a refund
KEY_OF_NUMBER = {card.number: key for key, card in CARDS.items()}
DISPUTES: dict[str, Step] = {
    "disputed_fraudulent": {"reason": "fraudulent"},
    "disputed_not_received": {"reason": "product_not_received"},
    "disputed_inquiry": {"reason": "product_not_received", "inquiry": True},
}


def begin(*, amount: int, currency: str, key: str, metadata: dict[str, str], email: str) -> Story:
    """A payment intent; the one of an earlier call with this key. Raises GatewayError for another amount."""
    now = timezone.now().replace(microsecond=0)
    row = MockIntent(
        key=key,
        order_number=metadata["order_number"],
        instance=metadata["instance"],
        amount=amount,
        currency=currency,
        email=email,
        created=now,
    )
    row.payment_intent_id = tell(row).payment_intent_id
    with transaction.atomic():
        MockIntent.objects.bulk_create([row], ignore_conflicts=True)
        known = MockIntent.objects.select_for_update().get(key=key)
        if (known.amount, known.currency, known.order_number) != (amount, currency, row.order_number):
            raise GatewayError("This idempotency key was used with other parameters.", is_final=True)
        story = tell(known)
        _post(known, story, now)
    return story


def deliver_due(now: datetime) -> int:
    """Let happen what comes by itself, and post what is due; returns how many events were taken.

    Nothing happens while payments go to Stripe.
    """
    if settings.PAYMENTS_USE_STRIPE:
        return 0
    take_due(now)
    return outbox.deliver(now)


def next_due() -> datetime | None:
    """When there is something to do next, if ever."""
    planned = MockIntent.objects.filter(planned_for__isnull=False).aggregate(Min("planned_for"))
    moments = [planned["planned_for__min"], outbox.next_due()]
    return min((at for at in moments if at), default=None)


def find(payment_id: str) -> MockIntent | None:
    """The payment with this id of a payment intent or of a charge; None for one of the demo's."""
    column = "payment_intent_id" if payment_id.startswith("pi_") else "charge_id"
    return MockIntent.objects.filter(**{column: payment_id}).first() if payment_id else None


def pay(payment_intent_id: str, number: str) -> Story:
    """Try to pay with a card. Raises StoryError when it is paid or cancelled already.

    The story's intent says what came of it: paid, refused (`last_payment_error`), or the customer
    has to confirm with the bank.
    """
    key = KEY_OF_NUMBER.get(number, "")
    if not key:
        return take(payment_intent_id, "refuses_real_card", last4=number[-4:], brand=brand_of(number))
    if key in DECLINES:
        return take(payment_intent_id, "is_declined", why=key)
    if key.startswith("three_d_secure"):
        return take(payment_intent_id, "asks_for_3d_secure", card=key)
    return take(payment_intent_id, "is_paid", card=key)


def approve(payment_intent_id: str) -> Story:
    """The customer confirms with the bank. Raises StoryError when nothing is to be confirmed."""
    return take(payment_intent_id, "is_approved", card=_key_of_card(payment_intent_id))


def refuse(payment_intent_id: str) -> Story:
    """The customer does not confirm. Raises StoryError when nothing is to be confirmed."""
    return take(payment_intent_id, "fails_3d_secure", card=_key_of_card(payment_intent_id))


def card_asked(row: MockIntent) -> Card:
    """The card that was tried last, such as the one that waits for its owner."""
    return CARDS[card_of(row.steps) or "three_d_secure"]


def refund(row: MockIntent, *, amount: int, reason: str, request_key: str) -> Json:
    """Refund and say what Stripe answers; the same key gives the same answer. Raises StoryError."""
    row = take_step(
        row.payment_intent_id, "is_refunded", amount=amount, reason=reason, request_key=request_key
    )
    until = next(i for i, step in enumerate(row.steps) if step["with"].get("request_key") == request_key)
    return tell(row, row.steps[: until + 1]).refunds[-1]


# --- steps ----------------------------------------------------------------------------------------


def take(payment_intent_id: str, does: str, **arguments: Any) -> Story:
    """Take a step now and return the story with it. Raises StoryError; nothing was written then."""
    return tell(take_step(payment_intent_id, does, **arguments))


def take_step(payment_intent_id: str, does: str, **arguments: Any) -> MockIntent:
    """The same; returns the row. A refund that was asked for before is not made again."""
    now = timezone.now()
    with transaction.atomic():
        row = MockIntent.objects.select_for_update().get(payment_intent_id=payment_intent_id)
        _take_planned(row, now)
        key = arguments.get("request_key")
        if not (key and any(step["with"].get("request_key") == key for step in row.steps)):
            _take(row, {"at": int(now.timestamp()), "does": does, "with": arguments})
        _write(row, now)
    return row


def take_due(now: datetime) -> int:
    """Take the steps that come by themselves and are due; returns how many."""
    taken = 0
    for pk in (
        MockIntent.objects.filter(planned_for__lte=now).order_by("planned_for").values_list("pk", flat=True)
    ):
        with transaction.atomic():
            row = MockIntent.objects.select_for_update().get(pk=pk)
            taken += _take_planned(row, now)
            _write(row, now)
    return taken


def _take(row: MockIntent, step: Step) -> None:
    """Do one step more, and plan what follows from it. Raises StoryError."""
    story = tell(row)
    do(story, step)
    row.steps.append(step)
    if story.charge:
        row.charge_id = story.charge["id"]
    _plan(row, story, step)


def _take_planned(row: MockIntent, now: datetime) -> int:
    due = [step for step in row.planned if moment(step["at"]) <= now]
    row.planned = [step for step in row.planned if step not in due]
    taken = 0
    for step in due:
        try:
            _take(row, step)
            taken += 1
        except StoryError:  # overtaken: what was to be disputed has been refunded
            continue
    return taken


def _plan(row: MockIntent, story: Story, step: Step) -> None:
    """What the banks will do after this step by themselves: some test cards are for that."""
    follows = _after_paying(row, step) or _after_refunding(row, story, step)
    if follows:
        at = int((story.clock + SOON).timestamp())
        row.planned.append({"at": at, **follows})


def _after_paying(row: MockIntent, step: Step) -> Step | None:
    if step["does"] not in ("is_paid", "is_approved"):
        return None
    dispute = DISPUTES.get(card_of(row.steps))
    return {"does": "is_disputed", "with": dispute} if dispute else None


def _after_refunding(row: MockIntent, story: Story, step: Step) -> Step | None:
    does = {"refund_pending": "refund_settles", "refund_fails": "refund_fails"}.get(card_of(row.steps))
    if step["does"] != "is_refunded" or not does:
        return None
    return {"does": does, "with": {"refund_id": story.refunds[-1]["id"]}}


def _write(row: MockIntent, now: datetime) -> None:
    moments = [moment(step["at"]) for step in row.planned]
    row.planned_for = min(moments) if moments else None
    row.save(update_fields=["charge_id", "steps", "planned", "planned_for"])
    _post(row, tell(row), now)


def _post(row: MockIntent, story: Story, now: datetime) -> None:
    outbox.put(row, story.events, now)
    transaction.on_commit(partial(courier.wake, deliver_due, next_due))


def _key_of_card(payment_intent_id: str) -> str:
    row = MockIntent.objects.get(payment_intent_id=payment_intent_id)
    return card_of(row.steps) or "three_d_secure"
