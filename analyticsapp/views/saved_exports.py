"""A person's saved exports: add one, change how often it comes, delete it."""

from typing import Any

from django import forms
from django.contrib import messages
from django.db import IntegrityError, transaction
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import User
from accounts.roles import SignedInRequest, analyst_required
from analyticsapp import windows
from analyticsapp.exports import saved_exports
from analyticsapp.exports.files import EXPORTS
from analyticsapp.exports.packing import FORMS
from analyticsapp.models import Rhythm, SavedExport
from analyticsapp.views import asked
from analyticsapp.windows import BadWindow
from audit import log
from purelaka.days import store_day

WINDOWS = [
    ("days=7", "Last 7 days"),
    ("days=30", "Last 30 days"),
    ("days=90", "Last 90 days"),
    *((f"period={name}", period.label) for name, period in windows.PERIODS.items()),
]
LABELS = {"csv": "CSV", "xlsx": "XLSX", "zip": "ZIP with manifest"}


class SavedExportForm(forms.Form):
    """Which file, of which window, in which form, how often."""

    name = forms.CharField(max_length=80, label="Name", error_messages={"required": "Give it a name."})
    export = forms.ChoiceField(label="File", choices=[(key, one.title) for key, one in EXPORTS.items()])
    window = forms.ChoiceField(label="Window", choices=WINDOWS, initial="period=last_month")
    form = forms.ChoiceField(label="Form", choices=[(ending, LABELS[ending]) for ending in FORMS])
    rhythm = forms.ChoiceField(label="By mail", choices=Rhythm.choices, initial=Rhythm.NEVER)


@analyst_required
@require_http_methods(["GET", "POST"])
def saved_export_list(request: SignedInRequest) -> HttpResponse:
    """Those of the person who asks, and the form for another one."""
    form = SavedExportForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        problem = _save(request.user, form.cleaned_data)
        if not problem:
            messages.success(request, f"Saved: {form.cleaned_data['name']}")
            return redirect("analyticsapp:saved-exports")
        form.add_error("name", problem)
    today = asked.today()
    rows = [
        {
            "saved": saved,
            "file": EXPORTS[saved.export],
            "window": dict(WINDOWS).get(saved.window, saved.window),
            "form": LABELS[saved.form],
            "url": saved_exports.address(saved, today=today),
        }
        for saved in SavedExport.objects.filter(owner=request.user, export__in=EXPORTS).order_by("name")
    ]
    status = 422 if form.is_bound else 200
    return render(request, "analyticsapp/saved_exports.html", {"rows": rows, "form": form}, status=status)


@analyst_required
@require_safe
def saved_file(request: SignedInRequest, key: str, form: str) -> HttpResponse:
    """The page that the mail's link leads to: its file comes by itself, and at a click."""
    if key not in EXPORTS or form not in FORMS:
        raise Http404
    try:
        window = windows.asked_or_default(request.GET.dict(), today=asked.today())
    except BadWindow:
        raise Http404 from None
    url = saved_exports.file_address(key, form, window)
    context = {"file": EXPORTS[key], "form": LABELS[form], "window": window, "url": url}
    response = render(request, "analyticsapp/saved_file.html", context)
    response["Refresh"] = f"0; url={url}"
    return response


@analyst_required
@require_POST
def delete_saved_export(request: SignedInRequest, pk: int) -> HttpResponse:
    """Delete one of one's own."""
    saved = get_object_or_404(SavedExport, pk=pk, owner=request.user)
    with transaction.atomic():
        log.record("export.unsaved", actor=request.user, target=saved, name=saved.name)
        saved.delete()
    messages.success(request, f"Deleted: {saved.name}")
    return redirect("analyticsapp:saved-exports")


def _save(owner: User, values: dict[str, Any]) -> str:
    """Keep it; what is wrong with it, if anything."""
    if SavedExport.objects.filter(owner=owner).count() >= saved_exports.MOST:
        return f"There are {saved_exports.MOST} already: delete one first."
    next_on = saved_exports.next_day(values["rhythm"], after=store_day(timezone.now()))
    try:
        with transaction.atomic():
            saved = SavedExport.objects.create(owner=owner, next_on=next_on, **values)
            log.record("export.saved", actor=owner, target=saved, **values)
    except IntegrityError:
        return "You have one of this name: choose another."
    return ""
