"""Mails to customers: written in the transaction of what they tell of, sent once it is committed.

The table is the queue. A mail that could not be sent is tried again by `tick`, after growing pauses,
for a day. Who sends a mail claims its row first, so of two processes one sends it. A process that
dies between the mail server's answer and the note of it leaves a claim that runs out, and the mail is
sent again: rather twice than never. Both have the same Message-ID, by which mail programs know.
"""

import logging
from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime, timedelta
from smtplib import SMTPConnectError, SMTPException, SMTPRecipientsRefused, SMTPServerDisconnected

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from accounts.models import User
from audit import log
from orders import letters, postman
from orders.models import Mail, MailKind, Order
from purelaka import sql

logger = logging.getLogger(__name__)

PAUSES = [timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 240)]  # the last one again and again
GIVEN_UP_AFTER = timedelta(days=1)
# Longer than a mail server can keep us: each step of the talk with it has EMAIL_TIMEOUT.
CLAIM = timedelta(minutes=15)
AGAIN_AFTER = timedelta(minutes=1)
AT_ONCE = 200  # by one tick


class ServerAway(Exception):
    """The mail server can't be reached: no other mail could be sent now either."""


def write(order: Order, kind: MailKind, about: str = "") -> None:
    """Note that the customer is to be told; nothing when it was noted before. Costs one INSERT.

    Call it in the transaction of what the mail tells of: it is sent when that is committed.
    """
    write_each([order], kind, about)


def write_each(orders: Iterable[Order], kind: MailKind, about: str = "") -> None:
    """The same mail about each of several orders, with one INSERT."""
    rows = [
        {"order_id": order.pk, "kind": kind.value, "about": about, "email": order.email}
        for order in orders
        if order.email  # an imported order may have none
    ]
    written = sql.insert(Mail, rows, then="ON CONFLICT (order_id, kind, about) DO NOTHING")
    for (pk,) in written:
        _send_after_commit(pk)


def send_again(mail: Mail, *, actor: User, now: datetime) -> bool:
    """Send a mail once more, to the order's address of today; audited.

    False when it went out, or was asked for, within the last minute. The WHERE clause is the lock.
    """
    before = now - AGAIN_AFTER
    with transaction.atomic():
        rested = Mail.objects.filter(Q(sent_at=None) | Q(sent_at__lte=before), pk=mail.pk).filter(
            Q(asked_again_at=None) | Q(asked_again_at__lte=before)
        )
        fresh = {"sent_at": None, "next_try_at": now, "attempts": 0, "error": "", "asked_again_at": now}
        if not rested.update(**fresh, email=mail.order.email or mail.email):
            return False
        log.record("mail.sent_again", actor=actor, target=mail.order, kind=mail.kind, about=mail.about)
        _send_after_commit(mail.pk)
    return True


def send(pk: int, now: datetime | None = None) -> bool:
    """Send one mail, if it is due and nobody else is at it. Raises ServerAway; the try is noted."""
    now = now or timezone.now()
    if not _claim(pk, now):
        return False
    mail = Mail.objects.select_related("order__discount_code").get(pk=pk)
    try:
        letters.letter(mail).send()
    except Exception as error:  # whatever it is, no payment and no page may fail with it
        _note_error(mail, error, now)
        if _is_away(error):
            raise ServerAway(str(error)) from error
        return False
    Mail.objects.filter(pk=pk).update(sent_at=timezone.now(), next_try_at=None, error="")
    return True


def send_waiting(now: datetime) -> int:
    """Send what is due, oldest first; returns how many went out. Stops when the mail server is away."""
    due = Mail.objects.filter(sent_at=None, next_try_at__lte=now).order_by("next_try_at")
    sent = 0
    for pk in due.values_list("pk", flat=True)[:AT_ONCE]:
        try:
            sent += send(pk, now)
        except ServerAway:
            break
    return sent


def _send_after_commit(pk: int) -> None:
    def send_now() -> None:
        with suppress(ServerAway):  # noted on the row and in the log; the tick goes on with it
            send(pk)

    transaction.on_commit(lambda: postman.hand_over(send_now), robust=True)


def _claim(pk: int, now: datetime) -> bool:
    """The WHERE clause is the lock: of two who ask, one gets it."""
    due = Mail.objects.filter(pk=pk, sent_at=None, next_try_at__lte=now)
    return bool(due.update(attempts=F("attempts") + 1, next_try_at=now + CLAIM))


def _note_error(mail: Mail, error: Exception, now: datetime) -> None:
    logger.warning("%s about %s was not sent: %s", mail, mail.order, type(error).__name__, exc_info=error)
    pause = PAUSES[min(mail.attempts, len(PAUSES)) - 1]
    is_over = _is_for_ever(error) or now + pause > (mail.asked_again_at or mail.created_at) + GIVEN_UP_AFTER
    said = f"{type(error).__name__}: {error}"[:300]
    Mail.objects.filter(pk=mail.pk).update(error=said, next_try_at=None if is_over else now + pause)


def _is_away(error: Exception) -> bool:
    if isinstance(error, SMTPException):
        return isinstance(error, SMTPServerDisconnected | SMTPConnectError)
    return isinstance(error, OSError)


def _is_for_ever(error: Exception) -> bool:
    """The server said that there is no such recipient (RFC 5321, 4.2.1: a reply of 5xx)."""
    return isinstance(error, SMTPRecipientsRefused) and all(
        code >= 500 for code, _ in error.recipients.values()
    )
