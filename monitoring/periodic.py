"""What has to be done every minute or so, step by step. A step that fails stops no other."""

import logging
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import NamedTuple

from django.conf import settings

from accounts import sessions
from analyticsapp.exports import saved_exports
from analyticsapp.rollups.build import build
from audit import sealing
from monitoring import alerts, running
from orders import basket, mailing
from payments import giving_up, inbox, refunds, sync
from payments.mock import bank
from payments.models import EventStatus, StripeEvent
from payments.projection import Cause, adopt_waiting, retry_allocation

logger = logging.getLogger(__name__)


class Done(NamedTuple):
    """What came of a step: a number of things, or an error."""

    step: str
    number: int
    error: str
    seconds: float


def steps(now: datetime) -> dict[str, Callable[[], int]]:
    """Each step by name, in order; each returns how many things it did."""
    return {
        "mock events delivered": lambda: bank.deliver_due(now),
        "reservations expired": lambda: giving_up.expire_reservations(now),
        "cancelled payments given up": lambda: giving_up.give_up_canceled(now),
        "failed events applied": retry_failed_events,
        "waiting payments adopted": lambda: adopt_waiting(Cause(at=now, tells=True)),
        "waiting orders tried": lambda: retry_allocation(Cause(at=now)),
        "refund requests answered": lambda: refunds.submit_pending(now),
        "oversold orders refunded": refunds.refund_what_cannot_be_sent,
        "balance transactions fetched": lambda: sync.pull_missing(now),
        "days built": lambda: build(now=now).days,
        "mails sent": lambda: mailing.send_waiting(now),
        "audit rows sealed": lambda: seal_audit(now),
        "checks run": lambda: run_due_checks(now),
        "saved exports mailed": lambda: saved_exports.send_due(now),
        "alerts sent": lambda: alerts.tell(now),
        "old baskets of guests forgotten": lambda: basket.forget_baskets(now),
        "old runs of checks forgotten": lambda: running.prune(now),
        "ended sessions forgotten": sessions.forget_ended,
    }


def run(now: datetime) -> Iterator[Done]:
    """Do every step and yield what came of each as it ends."""
    for name, step in steps(now).items():
        clock, number, error = time.monotonic(), 0, ""
        try:
            number = step()
        except Exception as problem:  # whatever it is, the other steps still run
            logger.exception("%s failed", name)
            error = f"{type(problem).__name__}: {problem}"
        yield Done(name, number, error, time.monotonic() - clock)


def retry_failed_events() -> int:
    """Apply failed events again, in the order they came; returns how many now went well."""
    failed = list(StripeEvent.objects.filter(status=EventStatus.FAILED).order_by("pk").values_list("pk"))
    receipts = (inbox.apply_again(StripeEvent.objects.get(pk=pk)) for (pk,) in failed)
    return sum(receipt.status != EventStatus.FAILED for receipt in receipts)


def seal_audit(now: datetime) -> int:
    """Seal the new rows of the audit log, where a key is set. The head is logged, outside the database."""
    if not settings.AUDIT_SEAL_KEY:
        return 0
    sealed = sealing.seal(now)
    if sealed:
        logger.info("audit log sealed: %s", sealing.head())
    return sealed


def run_due_checks(now: datetime) -> int:
    """Run every check, every five minutes. Raises RuntimeError when one could not prove anything."""
    if not running.are_due(now):
        return 0
    runs = list(running.run())
    unproven = [run.check_name for run in runs if not run.proves]
    if unproven:
        raise RuntimeError(f"nothing is proven by {', '.join(unproven)}")
    return len(runs)
