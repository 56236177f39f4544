"""Disputes: the queue, one of them, its evidence, and how they ended."""

from typing import NamedTuple

from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_safe

from accounts.models import Role
from accounts.roles import SignedInRequest, ops_required, staff_required
from audit import log
from payments.disputes import rates
from payments.disputes.case import case_of
from payments.disputes.deadline import Deadline, deadline
from payments.disputes.pack import pack
from payments.disputes.page import dispute_page
from payments.disputes.rates import Window
from payments.disputes.reasons import Reason, reason_of
from payments.filters import NEWEST, DisputeFilter
from payments.models import Dispute
from purelaka.listing import listing


class Row(NamedTuple):
    """A dispute in the queue."""

    dispute: Dispute
    reason: Reason
    deadline: Deadline


@staff_required
@require_safe
def dispute_list(request: HttpRequest) -> HttpResponse:
    """What is open, the most urgent first, or how it ended; below, how often we won, by reason."""
    form, now = DisputeFilter(request.GET), timezone.now()
    found = listing(form, form.disputes(), by=form.by, money=[("At stake", "amount")])
    window = rates.window_of(request.GET.get("window", ""), now)
    context = {
        "listing": found,
        "rows": [Row(dispute, reason_of(dispute.reason), deadline(dispute, now)) for dispute in found.rows],
        "noun": "dispute",
        "nouns": "disputes",
        "rates": rates.rates(window),
        "window": window,
        "windows": _windows(form, window),
    }
    if form.by != NEWEST:
        context |= {"newer_label": "Sooner", "older_label": "Later"}
    return render(request, "payments/dispute_list.html", context)


@staff_required
@require_safe
def dispute_detail(request: SignedInRequest, dispute_id: str) -> HttpResponse:
    """What the bank claims, what answers it, and what we have of that."""
    dispute = _dispute(dispute_id)
    context = {
        "page": dispute_page(dispute, timezone.now()),
        "dispute": dispute,
        "order": dispute.order,
        "may_export": request.user.role in (Role.OPS, Role.ADMIN),
    }
    return render(request, "payments/dispute_detail.html", context)


@ops_required
@require_GET
def dispute_evidence(request: SignedInRequest, dispute_id: str) -> HttpResponseBase:
    """The evidence pack as a ZIP. It holds personal data: who took it is in the audit log."""
    made = pack(case_of(_dispute(dispute_id)), actor=request.user, now=timezone.now())
    response = FileResponse(made.file, as_attachment=True, filename=made.name, content_type="application/zip")
    response["Cache-Control"] = "no-store"
    return response


@staff_required
@require_GET
def dispute_rates(request: SignedInRequest) -> HttpResponse:
    """The table of how disputes ended, as CSV."""
    window = rates.window_of(request.GET.get("window", ""), timezone.now())
    found = rates.rates(window)
    name = f"dispute-rates-{window.key}.csv"
    log.record("dispute.rates_exported", actor=request.user, file=name, window=window.key, rows=len(found))
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    body = b"".join(rates.csv_lines(found, window))
    return HttpResponse(body, content_type="text/csv; charset=utf-8", headers=headers)


def _dispute(dispute_id: str) -> Dispute:
    return get_object_or_404(Dispute.objects.select_related("order__discount_code"), dispute_id=dispute_id)


def _windows(form: DisputeFilter, chosen: Window) -> list[tuple[str, str, bool]]:
    return [
        (label, f"{form.query(window=key)}#rates", key == chosen.key)
        for key, (label, _) in rates.WINDOWS.items()
    ]
