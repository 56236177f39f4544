"""The way in."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_safe


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Everyone to where they want to be: staff to the overview, all others to the shop."""
    return redirect("monitoring:overview" if getattr(request.user, "works_here", False) else "catalog:shop")
