"""The audit log, for those who answer for what was done."""

from typing import NamedTuple

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.roles import ops_required
from audit.filters import AuditFilter
from audit.models import AuditLog
from audit.targets import Target, targets_of
from purelaka.listing import listing


class Row(NamedTuple):
    """A deed and what it was done to, where an app can say it."""

    deed: AuditLog
    target: Target | None


@ops_required
@require_safe
def audit_log(request: HttpRequest) -> HttpResponse:
    """Deeds, the last written first."""
    form = AuditFilter(request.GET)
    found = listing(form, form.rows(), by=("-id",))
    targets = targets_of(found.rows)
    rows = [Row(deed, targets.get((deed.target_type, deed.target_id))) for deed in found.rows]
    return render(
        request, "audit/log.html", {"listing": found, "rows": rows, "noun": "deed", "nouns": "deeds"}
    )
