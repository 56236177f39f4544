"""Apply several events again: first as a dry run, then for real."""

from uuid import UUID, uuid4

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from accounts.roles import SignedInRequest, ops_required, staff_required
from payments import replaying
from payments.models import StripeEvent
from payments.models.inbox import EventReplay
from payments.replay import in_order, rehearse


@ops_required
@require_POST
def rehearse_events(request: SignedInRequest) -> HttpResponse:
    """What applying the chosen events again would change. Nothing is written."""
    chosen = replaying.chosen(request.POST)
    if not chosen.pks:
        messages.error(
            request, "No event was chosen. Tick those to replay, or replay all that match a filter."
        )
        return redirect("payments:event-list")
    events = StripeEvent.objects.filter(pk__in=chosen.pks)
    context = {
        "chosen": chosen,
        "most": replaying.MOST,
        "rehearsal": rehearse(in_order(events)),
        "events": events.defer("payload").order_by("pk")[:20],
        "key": uuid4(),
    }
    return render(request, "payments/event_rehearsal.html", context)


@ops_required
@require_POST
def replay_events(request: SignedInRequest) -> HttpResponse:
    """Apply just the events of the dry run; the form's key makes two clicks one replay."""
    try:
        key = UUID(request.POST.get("key", ""))
        pks = sorted({int(text) for text in request.POST.get("events", "").split(",") if text})
    except ValueError:
        pks = []
    if not 0 < len(pks) <= replaying.MOST or max(pks) >= 2**63:
        messages.error(request, "The form was not complete, and nothing was done. Start with a dry run.")
        return redirect("payments:event-list")
    query = request.POST.get("query", "")[:2000]
    done = replaying.run(key, pks, query=query, actor=request.user)
    return redirect("payments:event-replay-detail", done.key)


@staff_required
@require_safe
def replay_detail(request: HttpRequest, key: UUID) -> HttpResponse:
    """What became of each event of a replay."""
    done = get_object_or_404(EventReplay.objects.select_related("actor"), key=key)
    counts = replaying.counts(done)
    context = {
        "replay": done,
        "counts": counts,
        "failed_url": f"{reverse('payments:event-list')}?status=failed",
    }
    return render(request, "payments/event_replay.html", context)
