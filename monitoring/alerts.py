"""Tell the staff of issues: of each when it opens, and once a day of all that are open.

A round writes its messages and marks the issues as told in one transaction; sending comes after.
So a restart sends nothing twice, and what could not be sent is tried again.
"""

import json
import logging
import urllib.request
from collections.abc import Callable, Sequence
from datetime import datetime, time, timedelta
from email.utils import formatdate

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone

from monitoring.models import Alert, Channel, DataQualityIssue, Severity
from purelaka.days import store_day

SHOWN = 20  # issues in one message; the page has all
# When each attempt is made, counted from the alert; after the last one it is given up.
ATTEMPTS = [timedelta(minutes=minutes) for minutes in (0, 1, 5, 15, 60, 180, 600, 1200)]
DIGEST_AT = time(8)  # of the store's day
TIMEOUT = 10  # seconds

logger = logging.getLogger(__name__)


def tell(now: datetime) -> int:
    """Tell of what opened since, tell the day's digest once, send what waits; returns how many went out."""
    if channels():
        tell_opened(now)
        tell_digest(now)
    return send_waiting(now)


def channels() -> list[Channel]:
    """Where alerts go, by the settings; empty when nobody wants any."""
    wanted = [(Channel.EMAIL, settings.ALERT_EMAILS), (Channel.WEBHOOK, settings.ALERT_WEBHOOK_URL)]
    return [channel for channel, address in wanted if address]


def tell_opened(now: datetime) -> None:
    """Write a message about the issues nobody was told of since they opened, or woke from a snooze."""
    with transaction.atomic():
        news = list(
            DataQualityIssue.objects.awake(now)
            .filter(
                Q(alerted_at=None) | Q(alerted_at__lt=F("opened_at")) | Q(alerted_at__lt=F("snoozed_until"))
            )
            .select_for_update()
            .order_by("severity", "pk")
        )
        if news:
            number = f"{len(news):,} issue{'' if len(news) == 1 else 's'}"
            _write(f"opened {now.isoformat()}", f"{number} opened", news, now)
            DataQualityIssue.objects.filter(pk__in=[issue.pk for issue in news]).update(alerted_at=now)


def tell_digest(now: datetime) -> None:
    """Write the day's digest of all open issues, once, after eight; none when there are no issues."""
    day = store_day(now)
    key = f"digest {day.isoformat()}"
    if timezone.localtime(now).time() < DIGEST_AT or Alert.objects.filter(key=key).exists():
        return
    with transaction.atomic():
        open_issues = list(DataQualityIssue.objects.awake(now).order_by("severity", "pk"))
        if open_issues:
            number = f"{len(open_issues):,} issue{' is' if len(open_issues) == 1 else 's are'}"
            _write(key, f"Daily digest: {number} open", open_issues, now)


def send_waiting(now: datetime) -> int:
    """Send what is due; returns how many messages went out. An error is kept, and tried again later."""
    sent = 0
    waiting = Alert.objects.filter(sent_at=None, attempts__lt=len(ATTEMPTS))
    for alert in waiting.order_by("created_at", "pk"):
        if now >= alert.created_at + ATTEMPTS[alert.attempts] and _claim(alert, now):
            sent += _send(alert)
    return sent


def _claim(alert: Alert, now: datetime) -> bool:
    """Only one process sends it; one that dies in the middle does not send it again."""
    return bool(
        Alert.objects.filter(pk=alert.pk, sent_at=None).update(sent_at=now, attempts=F("attempts") + 1)
    )


def _send(alert: Alert) -> bool:
    try:
        SENDERS[Channel(alert.channel)](alert)
    except Exception as error:  # a mail server, the network, the other side: whatever it is
        logger.warning("alert %s was not sent: %s", alert.pk, error)
        told = f"{type(error).__name__}: {error}"[:300]
        Alert.objects.filter(pk=alert.pk).update(sent_at=None, error=told)
        return False
    return True


def _email(alert: Alert) -> None:
    headers = {"Date": formatdate(alert.created_at.timestamp()), "Auto-Submitted": "auto-generated"}
    EmailMessage(alert.subject, alert.text, to=settings.ALERT_EMAILS, headers=headers).send()


def _webhook(alert: Alert) -> None:
    """Slack and what understands its messages: `{"text": …}` (api.slack.com/messaging/webhooks)."""
    request = urllib.request.Request(  # noqa: S310 - settings let nothing but http and https in
        settings.ALERT_WEBHOOK_URL,
        data=json.dumps({"text": f"*{alert.subject}*\n{alert.text}"}).encode(),
        headers={"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=TIMEOUT):  # noqa: S310
        pass  # another status than 2xx is an error already


SENDERS: dict[Channel, Callable[[Alert], None]] = {Channel.EMAIL: _email, Channel.WEBHOOK: _webhook}


def _write(key: str, subject: str, issues: Sequence[DataQualityIssue], now: datetime) -> None:
    text = _text(issues)
    Alert.objects.bulk_create(
        [
            Alert(
                channel=channel,
                key=key,
                subject=f"{settings.STORE_NAME}: {subject}",
                text=text,
                created_at=now,
            )
            for channel in channels()
        ],
        ignore_conflicts=True,
    )


def _text(issues: Sequence[DataQualityIssue]) -> str:
    lines = [_line(issue) for issue in issues[:SHOWN]]
    if len(issues) > SHOWN:
        lines.append(f"and {len(issues) - SHOWN:,} more.")
    return "\n\n".join([*lines, f"All of them: {_address(reverse('monitoring:monitoring-issues'))}"])


def _line(issue: DataQualityIssue) -> str:
    gap = f" (expected {issue.expected}, found {issue.found})" if issue.expected else ""
    mark = "CRITICAL" if issue.severity == Severity.CRITICAL else "Warning"
    return f"{mark}: {issue.message}{gap}\n{_address(reverse('monitoring:issue-detail', args=[issue.pk]))}"


def _address(path: str) -> str:
    return f"{settings.SITE_URL.rstrip('/')}{path}"
