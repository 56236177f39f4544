"""The files of a window in each form, and what their columns mean."""

from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from accounts.privacy import is_hidden
from accounts.roles import SignedInRequest, analyst_required, staff_required
from analyticsapp import windows
from analyticsapp.exports.download import respond
from analyticsapp.exports.files import EXPORTS
from analyticsapp.exports.packing import CSV, Download, Form
from analyticsapp.views import asked
from analyticsapp.views.asked import Asked
from analyticsapp.views.frame import GET_ONLY, PLAIN, file_links, said, switches
from analyticsapp.windows import BadWindow


@analyst_required
@GET_ONLY
def export(request: SignedInRequest, key: str, form: Form = CSV) -> HttpResponseBase:
    """One of the files, of the window that `days`, or `start` and `end`, name."""
    if key not in EXPORTS:
        raise Http404
    file, today = EXPORTS[key], asked.today()
    try:
        found = windows.asked(request.GET.dict(), today=today)
    except BadWindow as problem:
        return HttpResponse(f"{problem}\n", status=400, content_type=PLAIN)
    these = file.windows(found, today=today)
    span = [str(these[0].start), str(these[0].end)] if len(these) == 1 else [str(today)]
    return respond(
        request,
        Download(
            name="-".join(["purelaka", key, *span]),
            columns=file.columns,
            lines=file.lines_for(these, hidden=is_hidden()),
            says={"export": key, **said(these)},
        ),
        form,
    )


@staff_required
@require_safe
def column_dictionary(request: SignedInRequest) -> HttpResponse:
    """What each column of each file means, and where to get the files of a window in each form."""
    page = asked.read(request)
    links = file_links(request, page)
    files = [(file, _forms(key, page, links[key]) if links else []) for key, file in EXPORTS.items()]
    here = reverse("analyticsapp:columns")
    context = {**switches(page, "", [], here), "files": files, "may_export": bool(links)}
    return render(request, "analyticsapp/columns.html", context, status=400 if page.error else 200)


def _forms(key: str, page: Asked, csv_url: str) -> list[tuple[str, str]]:
    """A file's addresses by form, as buttons say them."""
    others = [("XLSX", "export-xlsx"), ("ZIP with manifest", "export-zip")]
    return [("CSV", csv_url)] + [
        (label, page.address(reverse(f"analyticsapp:{name}", args=[key]))) for label, name in others
    ]
