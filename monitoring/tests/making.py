"""Makers of valid rows for the tests of monitoring."""

from itertools import count
from typing import Any

from monitoring.models import DataQualityIssue, Severity

numbers = count(1)


def make_issue(**fields: Any) -> DataQualityIssue:
    """An open issue about an order's stock."""
    subject = f"SKU-{next(numbers)}"
    values = {
        "check_name": "stock_moved",
        "subject": subject,
        "severity": Severity.CRITICAL,
        "message": f"The stock of {subject} is not what its movements say",
        "expected": "5 pieces",
        "found": "4 pieces",
        "difference": "−1 piece",
    }
    return DataQualityIssue.objects.create(**{**values, **fields})
