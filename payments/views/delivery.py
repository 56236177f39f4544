"""How well Stripe's events reach us."""

from datetime import timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.roles import staff_required
from payments import inbox_health, signing
from purelaka.filters import written


@staff_required
@require_safe
def event_delivery(request: HttpRequest) -> HttpResponse:
    """The lag of 7 days by day, or with `?by=hour` by hour; gaps; and which signing secrets are used."""
    now, hourly = timezone.now(), request.GET.get("by") == "hour"
    context = {
        "reached": inbox_health.reached(now),
        "chart": inbox_health.lag_chart(inbox_health.lags(now, hourly=hourly), hourly=hourly),
        "hourly": hourly,
        "gaps": inbox_health.gaps(now),
        "secrets": signing.secrets_in_use(now),
        "days": inbox_health.DAYS,
        "since": written(now - timedelta(days=inbox_health.DAYS)),
    }
    return render(request, "payments/event_delivery.html", context)
