"""Django's admin behind the store's own login: one way to sign in, with its limits and second factor."""

from typing import Any

from django.contrib.admin import AdminSite
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse


class Site(AdminSite):
    site_header = site_title = "PureLaka administration"
    index_title = "Tables"

    def has_permission(self, request: HttpRequest) -> bool:
        """Only admins. For anyone else who is signed in there is nothing here."""
        if request.user.is_authenticated and not request.user.is_staff:
            raise Http404
        return super().has_permission(request)

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """To the store's login, and back to the page that was asked for."""
        if self.has_permission(request):
            return redirect("admin:index")
        return redirect_to_login(request.GET.get("next", reverse("admin:index")))
