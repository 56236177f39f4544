"""Valid rows of Stripe's side, for tests of pages."""

from datetime import timedelta
from itertools import count
from typing import Any
from uuid import uuid4

from accounts.models import Role
from payments import replaying
from payments.answers import take_in
from payments.models import Dispute, Payout, Refund, RefundRequest, StripeEvent
from payments.models.inbox import EventReplay
from payments.stories.payouts import PayoutBook
from purelaka.testing import NOON, make_order, make_user

numbers = count(1)


def make_event() -> StripeEvent:
    """An event in the inbox that tells of no payment of ours."""
    refund = {"id": f"re_made{next(numbers)}", "object": "refund", "amount": 5_00, "currency": "gbp"}
    receipt = take_in("refund.answered", {**refund, "status": "succeeded"}, at=NOON)
    return StripeEvent.objects.get(event_id=receipt.event_id)


def make_replay() -> EventReplay:
    """A replay of one event, by somebody of ops."""
    event = make_event()
    return replaying.run(uuid4(), [event.pk], query="", actor=make_user(Role.OPS))


def make_payout() -> Payout:
    """A payout that Stripe has told us of."""
    book = PayoutBook(at=NOON, seed=f"made{next(numbers)}")
    book.passes(timedelta(days=1))
    line = {"id": "txn_made", "net": 10_00, "currency": "gbp", "available_on": book.now, "status": "pending"}
    [payout] = book.pays_out([line])
    take_in("payout.created", payout, at=NOON)
    return Payout.objects.get(payout_id=payout["id"])


def make_refund(**fields: Any) -> Refund:
    """A refund that Stripe made, of no order."""
    number = next(numbers)
    fields = {
        "refund_id": f"re_made{number}",
        "charge_id": f"ch_made{number}",
        "amount": 5_00,
        "currency": "gbp",
        "status": "succeeded",
        "created": NOON,
        "as_of": NOON,
        **fields,
    }
    return Refund.objects.create(**fields)


def make_request(**fields: Any) -> RefundRequest:
    """A refund that waits for a second person."""
    fields = {"amount": 5_00, "currency": "gbp", "status": "requested", "actor": make_user(), **fields}
    return RefundRequest.objects.create(order=make_order(), payment_intent_id="pi_made", **fields)


def make_dispute(**fields: Any) -> Dispute:
    """A dispute that waits for our answer, of no order."""
    number = next(numbers)
    fields = {
        "dispute_id": f"du_made{number}",
        "charge_id": f"ch_made{number}",
        "amount": 10_00,
        "currency": "gbp",
        "status": "needs_response",
        "reason": "fraudulent",
        "due_by": NOON + timedelta(days=9),
        "created": NOON,
        "as_of": NOON,
        **fields,
    }
    return Dispute.objects.create(**fields)
