"""The way in."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.templatetags.static import static
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Everyone to where they want to be: staff to the overview, all others to the shop."""
    return redirect("monitoring:overview" if getattr(request.user, "works_here", False) else "catalog:shop")


@cache_control(public=True, max_age=86_400)
@require_safe
def favicon(request: HttpRequest) -> HttpResponse:
    """The icon, for those who ask for it by custom, such as beside a file; pages name it themselves."""
    return redirect(static("img/mark.svg"))
