"""The audit log, for those who answer for what was done."""

from typing import NamedTuple

from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_safe

from accounts.models import Role
from accounts.roles import SignedInRequest, admin_required, ops_required
from audit import csv_file
from audit.filters import AuditFilter
from audit.models import AuditLog, AuditSeal
from audit.reading import Detail, details
from audit.targets import Target, targets_of
from purelaka import distinct
from purelaka.days import store_day
from purelaka.listing import listing


class Row(NamedTuple):
    """A deed, what it was done to, where an app can say it, and what it says."""

    deed: AuditLog
    target: Target | None
    details: list[Detail]


@ops_required
@require_safe
def audit_log(request: SignedInRequest) -> HttpResponse:
    """Deeds, the last written first."""
    form = AuditFilter(request.GET)
    found = listing(form, form.rows(), by=("-id",))
    targets = targets_of(found.rows)
    is_admin = request.user.role == Role.ADMIN
    rows = [Row(deed, targets.get((deed.target_type, deed.target_id)), details(deed)) for deed in found.rows]
    context = {
        "listing": found,
        "rows": rows,
        "noun": "deed",
        "nouns": "deeds",
        "deeds": distinct.values(AuditLog, "event_type")["event_type"],
        "seal": AuditSeal.objects.order_by("-position").first(),
        "csv_query": f"?{form.understood}" if is_admin else "",
        "is_admin": is_admin,
    }
    return render(request, "audit/log.html", context)


@admin_required
@require_GET
def audit_csv(request: SignedInRequest) -> StreamingHttpResponse:
    """The deeds that match the filter, as a file."""
    form = AuditFilter(request.GET)
    body = csv_file.lines(form.rows(), actor=request.user, query=form.understood)
    name = f"audit-{store_day(timezone.now())}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return StreamingHttpResponse(body, content_type="text/csv; charset=utf-8", headers=headers)
