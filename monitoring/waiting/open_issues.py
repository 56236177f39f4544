"""Issues that the checks found and nobody has closed."""

from collections.abc import Iterator
from datetime import datetime

from django.db.models import Count, QuerySet, Window
from django.db.models.functions import RowNumber

from accounts.privacy import without_people
from monitoring.check import registry
from monitoring.models import DataQualityIssue
from monitoring.waiting.entry import SHOWN, Entry, address
from purelaka import moments

# Told by entries of their own, from the facts as they are at this moment.
TOLD_LIVE = ("events_failed", "orders_flagged", "refunds_arrived")


def found(now: datetime) -> Iterator[tuple[str, Entry]]:
    """Open issues with their severity: the first few of each check, the others by their number."""
    few = (
        QuerySet(DataQualityIssue)
        .filter(DataQualityIssue.awake_at(now))
        .exclude(check_name__in=TOLD_LIVE)
        .annotate(
            place=Window(RowNumber(), partition_by="check_name", order_by="-id"),
            number=Window(Count("pk"), partition_by="check_name"),
        )
        .filter(place__lte=SHOWN)
    )
    for issue in few.order_by("severity", "check_name", "-id"):
        yield issue.severity, _issue_entry(issue, now)
        if issue.place == SHOWN < issue.number:
            query = f"?check={issue.check_name}"
            url = address("monitoring:monitoring-issues", query=query)
            check = registry.get(issue.check_name)
            title = f"And {issue.number - SHOWN:,} more: {check.title if check else issue.check_name}"
            yield issue.severity, Entry("more", "More", title, "", url, "Show all")


def _issue_entry(issue: DataQualityIssue, now: datetime) -> Entry:
    check = registry.get(issue.check_name)
    arrow = check.arrow if check else issue.check_name
    return Entry(
        state=issue.severity,
        badge=issue.get_severity_display(),
        title=without_people(issue.message),
        why=f"{arrow} · opened {moments.spoken(issue.opened_at, now=now)}",
        url=address("monitoring:issue-detail", issue.pk),
        action="See evidence",
        amount=issue.difference,
    )
