"""The audit log, for those who answer for what was done."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.roles import ops_required
from audit.filters import AuditFilter
from purelaka.listing import listing


@ops_required
@require_safe
def audit_log(request: HttpRequest) -> HttpResponse:
    """Deeds, the last written first."""
    form = AuditFilter(request.GET)
    context = {"listing": listing(form, form.rows(), by=("-id",)), "noun": "deed", "nouns": "deeds"}
    return render(request, "audit/log.html", context)
