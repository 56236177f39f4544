"""The inbox: each event of Stripe's, what became of it, and how to apply it once more."""

import json
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from accounts.models import Role
from accounts.privacy import masked
from accounts.roles import SignedInRequest, ops_required, staff_required
from audit import log
from payments import inbox
from payments.event_reading import others, read_event
from payments.filters import NEWEST, EventFilter
from payments.handlers import HANDLED
from payments.models import EventStatus, LedgerEntry, StripeEvent
from payments.ownership import order_number
from payments.replay import rehearse
from payments.replaying import MOST
from purelaka.listing import listing

# Whoever has it can act on the payment (docs.stripe.com/api/payment_intents/object).
SECRETS = ("client_secret",)
MAY_APPLY = (Role.OPS, Role.ADMIN)


@staff_required
@require_safe
def event_list(request: SignedInRequest) -> HttpResponse:
    """Events as Stripe made them, newest first."""
    form = EventFilter(request.GET)
    context = {
        "listing": listing(form, form.events(), by=NEWEST),
        "newest": StripeEvent.objects.order_by("-pk").values_list("received_at", flat=True).first(),
        "noun": "event",
        "nouns": "events",
        "may_apply": request.user.role in MAY_APPLY,
        "most": MOST,
        "types": sorted(HANDLED),
    }
    return render(request, "payments/event_list.html", context)


@staff_required
@require_safe
def event_detail(request: SignedInRequest, event_id: str) -> HttpResponse:
    """One event with its payload and what it led to."""
    event = get_object_or_404(StripeEvent, event_id=event_id)
    return render(request, "payments/event_detail.html", _context(request, event))


@ops_required
@require_POST
def apply_event(request: SignedInRequest, event_id: str) -> HttpResponse:
    """Apply an event once more; with `rehearse`, only show what that would do."""
    event = get_object_or_404(StripeEvent, event_id=event_id)
    if "rehearse" in request.POST:
        context = _context(request, event) | {"rehearsal": rehearse([event])}
        return render(request, "payments/event_detail.html", context)
    receipt = inbox.apply_again(event)
    log.record("event.applied", actor=request.user, target=event, event=event_id, status=receipt.status)
    if receipt.status == EventStatus.FAILED:
        messages.error(request, f"It failed again, and nothing was changed: {receipt.reason}")
    elif receipt.status == EventStatus.IGNORED:
        messages.warning(request, f"It was applied and has no effect: {receipt.reason}")
    else:
        messages.success(request, "The event was applied. Its order, ledger and stock are in line with it.")
    return redirect("payments:event-detail", event_id)


def _context(request: SignedInRequest, event: StripeEvent) -> dict[str, object]:
    return {
        "event": event,
        "payload": json.dumps(masked(_shown(event.body)), indent=2, ensure_ascii=False),
        "order_number": order_number(event.object_id),
        "entries": LedgerEntry.objects.filter(event=event).order_by("pk").select_related("order")[:200],
        "may_apply": request.user.role in MAY_APPLY,
        "reading": read_event(event),
        "others": others(event),
    }


def _shown(value: Any) -> Any:
    """A payload without what nobody needs to read."""
    if isinstance(value, dict):
        return {
            key: "(not shown)" if key in SECRETS and each else _shown(each) for key, each in value.items()
        }
    return [_shown(each) for each in value] if isinstance(value, list) else value
