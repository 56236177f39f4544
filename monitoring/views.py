"""Health for probes, the checks and their issues, and the staff's first page."""

from django.contrib import messages
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.roles import SignedInRequest, ops_required, staff_required
from audit.models import AuditLog
from monitoring import issues, running, since
from monitoring.check import registry
from monitoring.filters import IssueFilter, RunFilter
from monitoring.forms import MAY_ACT, AssignForm, NoteForm, ResolveForm, SeenForm, SnoozeForm
from monitoring.health import OK, health
from monitoring.models import CheckRun, DataQualityIssue, RunStatus
from monitoring.overview import overview as read_overview
from monitoring.standing import standing
from purelaka import moments
from purelaka.days import store_day
from purelaka.listing import listing


@never_cache
@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """200 when this process can serve; 503 with the reason when it can't."""
    state = health()
    return JsonResponse({"status": state}, status=200 if state == OK else 503)


@staff_required
@require_safe
def overview(request: SignedInRequest) -> HttpResponse:
    now = timezone.now()
    may_act = request.user.role in MAY_ACT
    context = {
        "desk": read_overview(now, may_act=may_act),
        "since": since.since(request.user, now),
        "may_act": may_act,
    }
    return render(request, "monitoring/overview.html", context)


@staff_required
@require_POST
def mark_seen(request: SignedInRequest) -> HttpResponse:
    """Move the moment of this person's last look to when the page that they saw was made."""
    form = SeenForm(request.POST)
    if not form.is_valid():
        messages.error(request, "Until when was not said. Try again from this page.")
    elif since.mark(request.user, form.cleaned_data["until"], timezone.now()):
        messages.success(request, "Marked as seen. What changes from now on is told here.")
    else:
        messages.info(request, "You have marked this, or a later page, as seen already.")
    return redirect("monitoring:overview")


@staff_required
@require_safe
def index(request: SignedInRequest) -> HttpResponse:
    """The section begins with its issues."""
    return redirect("monitoring:monitoring-issues")


@staff_required
@require_safe
def issue_list(request: SignedInRequest) -> HttpResponse:
    form = IssueFilter(request.GET)
    found = listing(form, form.issues(), by=form.by)
    context = {
        "standing": standing(),
        "listing": found,
        "rows": [(issue, registry.get(issue.check_name)) for issue in found.rows],
        "noun": "issue",
        "nouns": "issues",
        "may_act": request.user.role in MAY_ACT,
    }
    return render(request, "monitoring/issue_list.html", context)


@staff_required
@require_safe
def issue_detail(request: SignedInRequest, issue_id: int) -> HttpResponse:
    return _show_issue(request, _issue(issue_id))


@ops_required
@require_POST
def resolve_issue(request: SignedInRequest, issue_id: int) -> HttpResponse:
    issue, form = _issue(issue_id), ResolveForm(request.POST)
    if not form.is_valid():
        return _show_issue(request, issue, resolve_form=form)
    try:
        issues.resolve(issue, actor=request.user, note=form.cleaned_data["note"])
    except issues.AlreadyResolved:
        messages.info(request, "This issue was resolved in the meantime. Your note was not kept.")
    else:
        messages.success(request, f"Resolved: {issue.message}")
    return redirect("monitoring:issue-detail", issue_id)


@ops_required
@require_POST
def assign_issue(request: SignedInRequest, issue_id: int) -> HttpResponse:
    issue, form = _issue(issue_id), AssignForm(request.POST)
    if not form.is_valid():
        return _show_issue(request, issue, assign_form=form)
    assignee = form.cleaned_data["assignee"]
    issues.assign(issue, actor=request.user, assignee=assignee)
    messages.success(
        request, f"{assignee.get_short_name()} looks into it." if assignee else "Nobody looks into it."
    )
    return redirect("monitoring:issue-detail", issue_id)


@ops_required
@require_POST
def note_issue(request: SignedInRequest, issue_id: int) -> HttpResponse:
    issue, form = _issue(issue_id), NoteForm(request.POST)
    if not form.is_valid():
        return _show_issue(request, issue, note_form=form)
    issues.annotate(issue, actor=request.user, note=form.cleaned_data["note"])
    messages.success(request, "Note kept.")
    return redirect("monitoring:issue-detail", issue_id)


@ops_required
@require_POST
def snooze_issue(request: SignedInRequest, issue_id: int) -> HttpResponse:
    issue, form = _issue(issue_id), SnoozeForm(request.POST)
    if not form.is_valid():
        return _show_issue(request, issue, snooze_form=form)
    until = form.cleaned_data["until"]
    try:
        issues.snooze(issue, actor=request.user, until=until)
    except issues.AlreadyResolved:
        messages.info(request, "This issue was resolved in the meantime.")
    else:
        messages.success(
            request, f"Put off until {moments.day(store_day(until))}." if until else "It is back in the list."
        )
    return redirect("monitoring:issue-detail", issue_id)


@staff_required
@require_safe
def run_list(request: SignedInRequest) -> HttpResponse:
    """Runs of the checks with their times, newest first."""
    form = RunFilter(request.GET)
    found = listing(form, form.runs(), by=("-id",))
    rows = [(run, registry.get(run.check_name)) for run in found.rows]
    context = {"listing": found, "rows": rows, "noun": "run", "nouns": "runs", "kept_days": running.KEPT.days}
    return render(request, "monitoring/run_list.html", context)


@ops_required
@require_POST
def run_checks(request: SignedInRequest) -> HttpResponse:
    """Run all checks now, and say what came of it. It takes as long as they take."""
    runs = list(running.run(wait=0))
    unproven = [run for run in runs if not run.proves]
    if any(run.status == RunStatus.SKIPPED for run in runs):
        messages.info(request, "The checks are running at this moment. Load the page again in a minute.")
    elif unproven:
        messages.error(
            request, f"{len(unproven)} of {len(runs)} checks proved nothing. Their reasons are below."
        )
    else:
        messages.success(request, _what_came_of(runs))
    return redirect("monitoring:monitoring-issues")


def _what_came_of(runs: list[CheckRun]) -> str:
    opened, resolved = sum(run.opened for run in runs), sum(run.resolved for run in runs)
    noun = "issue" if opened == 1 else "issues"
    seconds = sum(run.seconds for run in runs)
    return f"{len(runs)} checks ran in {seconds:.1f} s: {opened} {noun} opened, {resolved} resolved."


def _issue(issue_id: int) -> DataQualityIssue:
    return get_object_or_404(
        DataQualityIssue.objects.select_related("order", "event", "resolved_by", "assignee"), pk=issue_id
    )


def _show_issue(request: SignedInRequest, issue: DataQualityIssue, **forms: BaseForm) -> HttpResponse:
    """The issue's page; `forms` are those that were sent and not accepted."""
    history = AuditLog.objects.filter(target_type="dataqualityissue", target_id=str(issue.pk))
    snoozed_until = issue.snoozed_until and store_day(issue.snoozed_until)
    context = {
        "issue": issue,
        "check": registry.get(issue.check_name),
        "history": history.select_related("actor").order_by("-id"),
        "may_act": request.user.role in MAY_ACT,
        "is_snoozed": bool(issue.snoozed_until and issue.snoozed_until > timezone.now()),
        "resolve_form": ResolveForm(),
        "note_form": NoteForm(),
        "assign_form": AssignForm(initial={"assignee": issue.assignee_id}),
        "snooze_form": SnoozeForm(initial={"until": snoozed_until}),
        **forms,
    }
    return render(request, "monitoring/issue_detail.html", context)
