"""The catalogue as a file, for staff: sent, and taken in after a look at what it would do."""

from django.contrib import messages
from django.core import signing
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts.roles import SignedInRequest, admin_required, staff_required
from audit import log
from catalog.csv_files.columns import COLUMNS
from catalog.csv_files.reading import MOST_BYTES, BadFile, read
from catalog.csv_files.running import Outcome, Report, apply, preview
from catalog.csv_files.writing import written
from catalog.models import Variant
from purelaka.days import store_day

SALT = "catalog.import"
LIFETIME = 24 * 60 * 60  # seconds between a preview and its confirmation
SHOWN = 300  # rows on the page


@staff_required
@require_safe
def catalogue_export(request: SignedInRequest) -> HttpResponseBase:
    """Every variant as a row of a CSV file."""
    headers = {
        "Content-Type": "text/csv; charset=utf-8",
        "Content-Disposition": f'attachment; filename="catalogue-{store_day(timezone.now())}.csv"',
        "Cache-Control": "no-store",
        "X-Accel-Buffering": "no",
    }
    if request.method == "HEAD":
        return HttpResponse(headers=headers)
    log.record("catalogue.exported", actor=request.user, rows=Variant.objects.count())
    return StreamingHttpResponse(written(), headers=headers)


@admin_required
@require_http_methods(["GET", "POST"])
def catalogue_import(request: SignedInRequest) -> HttpResponse:
    """Choose a file, see what it would do, confirm. The file travels with the preview, signed."""
    if request.method != "POST":
        return _page(request)
    if "content" in request.POST:
        return _confirmed(request)
    upload = request.FILES.get("file")
    if upload is None:
        return _page(request, problem="Choose a CSV file.")
    return _previewed(request, _name(upload), upload.read(MOST_BYTES + 1))


def _previewed(request: SignedInRequest, name: str, data: bytes) -> HttpResponse:
    try:
        lines = read(data)
    except BadFile as why:
        return _page(request, problem=str(why))
    return _preview(request, name, data, preview(lines, actor=request.user))


def _confirmed(request: SignedInRequest) -> HttpResponse:
    try:
        sent = signing.loads(request.POST["content"], salt=SALT, max_age=LIFETIME)
    except signing.BadSignature:
        return _page(request, problem="This preview is too old. Choose the file again.")
    name, data = sent["name"], sent["text"].encode()
    report = apply(read(data), actor=request.user, file_name=name, expected=sent["digest"])
    if not report.errors and not report.is_needed:
        messages.success(request, f"Everything in {name} is in the catalogue: there is nothing left to do.")
    elif not report.is_applied:
        messages.warning(
            request, "The catalogue has changed since the preview, so nothing was imported. Look again."
        )
        return _preview(request, name, data, report)
    else:
        messages.success(
            request,
            f"{name} is imported: {report.number(Outcome.CREATE):,} new, "
            f"{report.number(Outcome.CHANGE):,} changed, {report.number(Outcome.NOTHING):,} as they were.",
        )
    return redirect("catalog:product-list")


def _preview(request: SignedInRequest, name: str, data: bytes, report: Report) -> HttpResponse:
    telling = [step for step in report.steps if step.outcome in (Outcome.CREATE, Outcome.CHANGE)]
    steps = [*report.errors, *telling]
    sent = {"name": name, "text": data.decode("utf-8-sig"), "digest": report.digest}
    context = {
        "name": name,
        "steps": steps[:SHOWN],
        "more": max(0, len(steps) - SHOWN),
        "rows": len(report.steps),
        "added": report.number(Outcome.CREATE),
        "changed": report.number(Outcome.CHANGE),
        "unchanged": report.number(Outcome.NOTHING),
        "errors": len(report.errors),
        "is_needed": report.is_needed,
        "content": "" if report.errors else signing.dumps(sent, salt=SALT, compress=True),
    }
    status = 422 if report.errors else 200
    return render(request, "catalog/desk/import_preview.html", context, status=status)


def _page(request: SignedInRequest, problem: str = "") -> HttpResponse:
    context = {"problem": problem, "columns": COLUMNS}
    return render(request, "catalog/desk/import.html", context, status=422 if problem else 200)


def _name(upload: "UploadedFile[bytes]") -> str:
    return (upload.name or "file.csv")[:100]
