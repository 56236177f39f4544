"""The page that an invitation's link leads to."""

from allauth.account.internal.flows.login import record_authentication
from allauth.account.utils import perform_login
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts import sessions
from accounts.models import User
from staff import invitations
from staff.forms import JoinForm
from staff.models import Invitation


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def join(request: HttpRequest, token: str) -> HttpResponse:
    """Somebody new says a name and a password; the owner of an account signs in and confirms."""
    invitation = invitations.usable(token, timezone.now())
    if invitation is None:
        return render(request, "staff/join_over.html", status=404)
    account = invitations.account_of(invitation)
    user = request.user
    if user.is_authenticated and user != account:
        status = 409 if request.method == "POST" else 200
        return render(request, "staff/join_other.html", {"invitation": invitation}, status=status)
    try:
        if account and (user.is_authenticated or invitations.is_proven(account)):
            return _confirm(request, invitation, account)
        return _make_account(request, invitation)
    except invitations.Over:
        return render(request, "staff/join_over.html", status=404)


def _confirm(request: HttpRequest, invitation: Invitation, account: User) -> HttpResponse:
    if not request.user.is_authenticated:
        return redirect_to_login(request.get_full_path())
    if request.method != "POST":
        return render(request, "staff/join_confirm.html", {"invitation": invitation})
    invitations.confirm(invitation, account)
    sessions.end_others(request)  # type: ignore[arg-type]  # signed in, as was just seen
    messages.success(request, f"Welcome. You are {invitation.role_name} now.")
    return redirect("home")


def _make_account(request: HttpRequest, invitation: Invitation) -> HttpResponse:
    form = JoinForm(request.POST if request.method == "POST" else None, email=invitation.email)
    if not form.is_valid():
        context = {"form": form, "invitation": invitation}
        return render(request, "staff/join.html", context, status=422 if form.errors else 200)
    account = invitations.join(
        invitation, name=form.cleaned_data["name"], password=form.cleaned_data["password1"]
    )
    # The password was just typed: setting up a second factor does not ask for it again.
    record_authentication(request, account, method="password", reauthenticated=True)
    response: HttpResponse = perform_login(request, account)
    return response
