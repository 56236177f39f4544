"""The way in."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import NoReverseMatch, reverse
from django.views.decorators.http import require_safe


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Everyone to where their work is: staff to the overview, customers to their account."""
    if not request.user.is_authenticated:
        return redirect("account_login")
    return redirect(_overview() if request.user.works_here else "account_email")


def _overview() -> str:
    try:
        return reverse("monitoring:overview")
    except NoReverseMatch:
        return reverse("account_email")
