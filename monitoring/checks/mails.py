"""Orders → customers: the mails that tell them of their orders go out."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db.models import Count, Min

from monitoring.check import Finding, check
from monitoring.models import Severity
from orders.models import Mail
from purelaka import moments

ARROW = ("Orders", "Customers")
WITHIN = timedelta(hours=1)


@check(
    ARROW,
    "Each mail to a customer reached the mail server",
    compares=Mail.objects.all,
    severity=Severity.WARNING,
    person_decides=True,
)
def mails_sent(now: datetime) -> Iterator[Finding]:
    """Mails that were given up: tried for a day, or refused because there is no such recipient.

    The customer does not know what the mail was to tell. Open the order, reach them in another way,
    and resolve the issue with a note.
    """
    given_up = Mail.objects.filter(sent_at=None, next_try_at=None).select_related("order")
    for mail in given_up.iterator():
        yield Finding(
            f"{mail.order} {mail.kind} {mail.about}".strip(),
            f"{mail.get_kind_display()} of {mail.order} could not be sent: {mail.error}",
            expected="sent",
            found=f"given up after {mail.attempts} tr{'y' if mail.attempts == 1 else 'ies'}",
            order_id=mail.order_id,
        )


@check(ARROW, "No mail waits for long", compares=Mail.objects.all, severity=Severity.WARNING)
def mails_waiting(now: datetime) -> Iterator[Finding]:
    """Whether mails have waited for an hour or more: told once, however many they are.

    The mail server does not take them, or `manage.py tick` does not run. Each waiting mail has its
    error on its order's page. They go out by themselves once it works again, within a day.
    """
    waiting = Mail.objects.filter(sent_at=None, next_try_at__isnull=False, created_at__lt=now - WITHIN)
    number, since = waiting.aggregate(number=Count("pk"), since=Min("created_at")).values()
    if number:
        last = waiting.exclude(error="").order_by("-next_try_at").first()
        yield Finding(
            "mail server",
            f"{number:,} mail{'' if number == 1 else 's'} wait{'s' if number == 1 else ''} since "
            f"{moments.full(since)}: {last.error if last else 'none was tried, so tick does not run'}",
            expected="sent within an hour",
            found=f"{number:,} waiting",
            order_id=last.order_id if last else None,
        )
