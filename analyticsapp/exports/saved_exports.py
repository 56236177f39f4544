"""Files that somebody wants again and again, and the mails that bring their links.

A mail holds a link, not the file: who follows it must be signed in and still be allowed to.
"""

import logging
from datetime import date, datetime, timedelta
from urllib.parse import parse_qsl

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.urls import reverse
from django.utils.http import urlencode

from accounts.models import Role
from analyticsapp import windows
from analyticsapp.exports.files import EXPORTS
from analyticsapp.exports.packing import CSV
from analyticsapp.models import Rhythm, SavedExport
from analyticsapp.windows import Window
from audit import log
from purelaka.days import store_day
from purelaka.moments import day as spoken

MOST = 20  # per person
MAY_EXPORT = (Role.ANALYST, Role.ADMIN)

logger = logging.getLogger(__name__)


def window_of(saved: SavedExport, *, today: date) -> Window:
    """The days that its window is on a day."""
    return windows.asked_or_default(dict(parse_qsl(saved.window)), today=today)


def next_day(rhythm: str, *, after: date) -> date | None:
    """The first day after `after` on which a mail of this rhythm goes out."""
    if rhythm == Rhythm.DAILY:
        return after + timedelta(days=1)
    if rhythm == Rhythm.WEEKLY:
        return after + timedelta(days=7 - after.weekday())
    if rhythm == Rhythm.MONTHLY:
        return date(after.year + after.month // 12, after.month % 12 + 1, 1)
    return None


def address(saved: SavedExport, *, today: date) -> str:
    """The path of the file for the window as it is on a day: it stays the same file tomorrow."""
    return file_address(saved.export, saved.form, window_of(saved, today=today))


def file_address(export: str, form: str, window: Window) -> str:
    """The path of a file of these days."""
    if form == CSV.ending:
        name = export.replace("_", "-")
        return f"{reverse(f'analyticsapp:export-{name}')}?{_days(window)}"
    return f"{reverse(f'analyticsapp:export-{form}', args=[export])}?{_days(window)}"


def page_address(saved: SavedExport, *, today: date) -> str:
    """The path of the page that hands this file out: a browser that had to sign in has a page to show."""
    page = reverse("analyticsapp:saved-file", args=[saved.export, saved.form])
    return f"{page}?{_days(window_of(saved, today=today))}"


def _days(window: Window) -> str:
    return urlencode({"start": str(window.start), "end": str(window.end)})


def send_due(now: datetime) -> int:
    """Mail the links that are due on the store's day of `now`; returns how many went out.

    A mail counts as sent from the moment somebody begins to send it, so that none is sent twice; the
    error of one that could not be sent is kept, and the next tick tries again.
    """
    today, sent = store_day(now), 0
    for saved in SavedExport.objects.filter(next_on__lte=today).select_related("owner").order_by("pk"):
        if _claim(saved, today):
            sent += _send(saved, today, now)
    return sent


def _claim(saved: SavedExport, today: date) -> bool:
    """Only one process sends it."""
    due = SavedExport.objects.filter(pk=saved.pk, next_on=saved.next_on)
    return bool(due.update(next_on=next_day(saved.rhythm, after=today)))


def _send(saved: SavedExport, today: date, now: datetime) -> bool:
    owner = saved.owner
    if not owner.is_active or owner.role not in MAY_EXPORT:
        SavedExport.objects.filter(pk=saved.pk).update(
            next_on=None, error="Its owner may have no files any more."
        )
        return False
    try:
        _message(saved, today).send()
    except Exception as error:  # a mail server that is away stops nothing else
        logger.warning("the mail of %s was not sent: %s", saved, error)
        told = f"{type(error).__name__}: {error}"[:300]
        SavedExport.objects.filter(pk=saved.pk).update(error=told, next_on=saved.next_on)
        return False
    with transaction.atomic():
        SavedExport.objects.filter(pk=saved.pk).update(last_sent_at=now, error="")
        log.record("export.mailed", target=saved, to=owner.email, export=saved.export)
    return True


def _message(saved: SavedExport, today: date) -> EmailMessage:
    window = window_of(saved, today=today)
    days = f"{spoken(window.start)} to {spoken(window.end)}"
    text = (
        f"{EXPORTS[saved.export].title}, {days}:\n\n"
        f"{settings.SITE_URL}{page_address(saved, today=today)}\n\n"
        "You are asked to sign in. To change or stop these mails:\n\n"
        f"{settings.SITE_URL}{reverse('analyticsapp:saved-exports')}\n"
    )
    headers = {"Auto-Submitted": "auto-generated"}
    return EmailMessage(f"{settings.STORE_NAME}: {saved.name}", text, to=[saved.owner.email], headers=headers)
