"""How the audit log names an issue."""

from collections.abc import Sequence

from django.urls import reverse

from audit import targets
from audit.targets import Target
from monitoring.models import DataQualityIssue


@targets.describer("dataqualityissue")
def issues(keys: Sequence[str]) -> dict[str, Target]:
    """By primary key, as the log keeps it."""
    pks = [int(key) for key in keys if key.isascii() and key.isdigit() and len(key) < 19]
    found = DataQualityIssue.objects.filter(pk__in=pks).values_list("pk", "subject")
    return {
        str(pk): Target(f"issue {subject}", reverse("monitoring:issue-detail", args=[pk]))
        for pk, subject in found
    }


@targets.finder
def issues_of(text: str) -> list[tuple[str, str]]:
    """By what the issue is about, such as an order's number."""
    found = DataQualityIssue.objects.filter(subject=text).values_list("pk", flat=True)[:30]
    return [("dataqualityissue", str(pk)) for pk in found]
