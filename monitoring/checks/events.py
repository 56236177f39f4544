"""Stripe events → facts: what Stripe said is what we know."""

from collections.abc import Iterator
from datetime import datetime

from monitoring.check import Finding, check, rows
from monitoring.models import Severity
from payments.inbox import ODD
from payments.models import EventStatus, StripeEvent

ARROW = ("Stripe events", "Facts")


@check(ARROW, "No event has failed", compares=StripeEvent.objects.all)
def events_failed(now: datetime) -> Iterator[Finding]:
    """Events that are stored but could not be applied, each with the error.

    Nothing is lost: Stripe sends them again, and so does every tick. If the error stays, it is a
    fault in this program. Open the event, read its error, and try it again when it is mended.
    """
    failed = StripeEvent.objects.filter(status=EventStatus.FAILED)
    for event in failed.only("event_id", "type", "reason", "attempts").iterator():
        yield Finding(
            event.event_id,
            f"{event.type} failed {_times(event.attempts)}: {event.reason}",
            expected="processed",
            found="failed",
            event_id=event.pk,
        )


@check(ARROW, "No event was too odd to read", compares=StripeEvent.objects.all, severity=Severity.WARNING)
def events_odd(now: datetime) -> Iterator[Finding]:
    """Events whose object has a field that can't be understood. They are kept, and have no effect.

    Sending them again would not help. Look at the object in Stripe's dashboard: if its money
    matters, this program has to learn the new shape, and the event can be tried again then.
    """
    odd = StripeEvent.objects.filter(status=EventStatus.IGNORED, reason__startswith=ODD)
    for event in odd.only("event_id", "type", "reason").iterator():
        yield Finding(
            event.event_id,
            f"{event.type} could not be read: {event.reason.removeprefix(ODD)}",
            expected="processed",
            found="ignored",
            event_id=event.pk,
        )


# One pass over the events: each type joins its own kind of fact.
EVENTS_AND_FACTS = """
    WITH both_ends AS (
        SELECT e.id, e.event_id, e.type, e.object_id, e.created,
            COALESCE(p.as_of, c.as_of, r.as_of, d.as_of, o.as_of) AS as_of
        FROM payments_stripeevent e
            LEFT JOIN payments_payment p
                ON e.object_type = 'payment_intent' AND p.payment_intent_id = e.object_id
            LEFT JOIN payments_charge c ON e.object_type = 'charge' AND c.charge_id = e.object_id
            LEFT JOIN payments_refund r ON e.object_type = 'refund' AND r.refund_id = e.object_id
            LEFT JOIN payments_dispute d ON e.object_type = 'dispute' AND d.dispute_id = e.object_id
            LEFT JOIN payments_payout o ON e.object_type = 'payout' AND o.payout_id = e.object_id
        WHERE e.status = 'processed'
            AND e.object_type IN ('payment_intent', 'charge', 'refund', 'dispute', 'payout')
    )
    SELECT * FROM both_ends WHERE as_of IS NULL OR as_of < created
"""


@check(ARROW, "Each event has made its fact", compares=StripeEvent.objects.all)
def events_in_facts(now: datetime) -> Iterator[Finding]:
    """Each processed event of a mirrored object against the fact: it is there, and at least as new.

    A difference means that a fact was lost or went back in time. Open the event and try it again:
    that writes the fact anew. If it comes back, it is a fault in this program.
    """
    for pk, event_id, kind, object_id, created, as_of in rows(EVENTS_AND_FACTS):
        yield Finding(
            event_id,
            f"{kind} is processed, but {object_id} {'is older' if as_of else 'is missing'}",
            expected=f"as of {created}",
            found=f"as of {as_of}" if as_of else "no fact",
            event_id=pk,
        )


def _times(number: int) -> str:
    return "once" if number == 1 else f"{number} times"
