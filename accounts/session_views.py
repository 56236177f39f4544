"""Where a person is signed in, and the page before a second factor is set up."""

from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST, require_safe

from accounts import second_factor, sessions
from accounts.models import UserSession
from accounts.roles import SignedInRequest, signed_in_required


@signed_in_required
@require_safe
def session_list(request: SignedInRequest) -> HttpResponse:
    """One's own, the present one first."""
    sessions.note(request)
    own = list(sessions.open_sessions(request.user))
    own.sort(key=lambda session: session.session_key != request.session.session_key)
    context = {"sessions": own, "own_key": request.session.session_key}
    return render(request, "accounts/sessions.html", context)


@signed_in_required
@require_POST
def end_session(request: SignedInRequest, pk: int) -> HttpResponse:
    """One of one's own. Those of others are not there, as those that have ended."""
    session = UserSession.objects.filter(pk=pk, user=request.user).first()
    if session is None:
        messages.info(request, "That session had ended already. Nothing was changed.")
        return redirect("accounts:sessions")
    sessions.end(session)
    if session.session_key == request.session.session_key:
        logout(request)
        return redirect("account_login")
    messages.success(request, f"{session.device} is signed out.")
    return redirect("accounts:sessions")


@signed_in_required
@require_POST
def end_others(request: SignedInRequest) -> HttpResponse:
    number = sessions.end_others(request)
    if number:
        messages.success(request, f"{number} other session{'' if number == 1 else 's'} ended.")
    else:
        messages.info(request, "You were signed in nowhere else.")
    return redirect("accounts:sessions")


@signed_in_required
@require_safe
def second_factor_needed(request: SignedInRequest) -> HttpResponse:
    """Says why no page of the staff opens yet. Whoever has a second factor, or needs none, goes on."""
    if second_factor.is_missing_here(request):
        return render(request, "accounts/second_factor.html")
    wanted = request.GET.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(wanted, request.get_host(), require_https=request.is_secure())
    return redirect(wanted if is_ours else "home")
