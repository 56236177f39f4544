"""The staff, for admins: who works here, and what can be done about it. Each deed is a POST, done once."""

from functools import partial
from typing import Protocol

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import sessions
from accounts.models import STAFF_ROLES, Role, User
from accounts.roles import SignedInRequest, admin_required
from audit.models import AuditLog
from purelaka.listing import listing
from staff import invitations, members
from staff.factors import Factors, factors_of
from staff.filters import StaffFilter
from staff.forms import InviteForm, RoleForm
from staff.models import Invitation

HISTORY = 20  # deeds shown on a person's page; the audit log has them all


class Deed(Protocol):
    """What an admin does to somebody; see members.py."""

    def __call__(self, person: User, *, actor: User | None) -> object: ...


@admin_required
@require_safe
def staff_list(request: SignedInRequest) -> HttpResponse:
    """Everybody who works here, and those who are asked to."""
    form = StaffFilter(request.GET)
    found = listing(form, form.people(), by=("email", "id"))
    factors = factors_of(found.rows)
    context = {
        "listing": found,
        "rows": [(person, factors.get(person.pk, Factors())) for person in found.rows],
        "invitations": Invitation.objects.filter(Invitation.OPEN)
        .select_related("invited_by")
        .order_by("-pk"),
        "is_factor_required": settings.REQUIRE_STAFF_MFA,
        "noun": "person",
        "nouns": "people",
    }
    return render(request, "staff/list.html", context)


@admin_required
@require_http_methods(["GET", "HEAD", "POST"])
def invite(request: SignedInRequest) -> HttpResponse:
    form = InviteForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            invitation = invitations.invite(**form.cleaned_data, actor=request.user)
        except invitations.Refused as refusal:
            form.add_error("email", str(refusal))
        else:
            _say_sent(request, invitation)
            return redirect("staff:list")
    return render(request, "staff/invite.html", {"form": form}, status=422 if form.errors else 200)


@admin_required
@require_POST
def send_again(request: SignedInRequest, pk: int) -> HttpResponse:
    invitation = get_object_or_404(Invitation, pk=pk)
    try:
        if invitations.send_again(invitation, actor=request.user):
            _say_sent(request, invitation)
        else:
            messages.info(request, f"The invitation to {invitation.email} was sent a moment ago.")
    except invitations.Over:
        messages.info(request, f"The invitation to {invitation.email} is over: nothing was sent.")
    return redirect("staff:list")


@admin_required
@require_POST
def revoke(request: SignedInRequest, pk: int) -> HttpResponse:
    invitation = get_object_or_404(Invitation, pk=pk)
    if invitations.revoke(invitation, actor=request.user):
        messages.success(request, f"The invitation to {invitation.email} is taken back. Its link is void.")
    else:
        messages.info(request, f"The invitation to {invitation.email} was over already.")
    return redirect("staff:list")


@admin_required
@require_safe
def person(request: SignedInRequest, pk: int) -> HttpResponse:
    """One of the staff: sessions, second factor, what was done about them."""
    someone = get_object_or_404(User, pk=pk, role__in=STAFF_ROLES)
    deeds = AuditLog.objects.filter(target_type="user", target_id=str(someone.pk))
    context = {
        "person": someone,
        "factors": factors_of([someone]).get(someone.pk, Factors()),
        "sessions": sessions.open_sessions(someone),
        "history": deeds.select_related("actor").order_by("-id")[:HISTORY],
        "is_oneself": someone.pk == request.user.pk,
        "role_form": RoleForm(initial={"role": someone.role}),
    }
    return render(request, "staff/person.html", context)


@admin_required
@require_POST
def change_role(request: SignedInRequest, pk: int) -> HttpResponse:
    form = RoleForm(request.POST)
    if not form.is_valid():
        messages.error(request, "Choose a role of the list.")
        return redirect("staff:person", pk)
    role = Role(form.cleaned_data["role"])
    said = "works here no more" if role == Role.CUSTOMER else f"has the role {role.label} now"
    return _done(
        request,
        pk,
        partial(members.change_role, role=role),
        f"{said}, and is signed out everywhere.",
        f"has the role {role.label} already. Nothing was changed.",
    )


@admin_required
@require_POST
def deactivate(request: SignedInRequest, pk: int) -> HttpResponse:
    return _done(request, pk, members.deactivate, "can not sign in any more, and is signed out.")


@admin_required
@require_POST
def reactivate(request: SignedInRequest, pk: int) -> HttpResponse:
    return _done(request, pk, members.reactivate, "can sign in again.")


@admin_required
@require_POST
def end_sessions(request: SignedInRequest, pk: int) -> HttpResponse:
    return _done(request, pk, members.end_sessions, "is signed out everywhere.")


@admin_required
@require_POST
def end_session(request: SignedInRequest, pk: int, session: int) -> HttpResponse:
    """One device of theirs. A second click finds it gone, and says so."""
    someone = get_object_or_404(User, pk=pk, role__in=STAFF_ROLES)
    try:
        device = members.end_session(someone, session, actor=request.user)
    except members.Refused as refusal:
        messages.error(request, str(refusal))
    else:
        if device:
            messages.success(request, f"{someone.get_short_name()} is signed out on {device}.")
        else:
            messages.info(request, "That session had ended already. Nothing was changed.")
    return redirect("staff:person", pk)


@admin_required
@require_POST
def reset_second_factor(request: SignedInRequest, pk: int) -> HttpResponse:
    said = "has no second factor now, and is signed out everywhere."
    return _done(request, pk, members.reset_second_factor, said)


def _done(request: SignedInRequest, pk: int, deed: Deed, said: str, so_already: str = "") -> HttpResponse:
    """Do it and say so. A second click finds it done, and says the same or that it is `so_already`."""
    someone = get_object_or_404(User, pk=pk)
    if not someone.works_here:
        messages.info(request, f"{someone.get_short_name()} does not work here. Nothing was changed.")
        return redirect("staff:list")
    try:
        if deed(someone, actor=request.user) or not so_already:
            messages.success(request, f"{someone.get_short_name()} {said}")
        else:
            messages.info(request, f"{someone.get_short_name()} {so_already}")
    except members.Refused as refusal:
        messages.error(request, str(refusal))
    has_page = User.objects.filter(pk=pk, role__in=STAFF_ROLES).exists()
    return redirect("staff:person", pk) if has_page else redirect("staff:list")


def _say_sent(request: SignedInRequest, invitation: Invitation) -> None:
    if invitation.mail_error:
        messages.error(
            request,
            f"The invitation is kept, but the mail to {invitation.email} did not go out "
            f"({invitation.mail_error}). Send it again.",
        )
    else:
        messages.success(request, f"An invitation went to {invitation.email}. Its link is good for 7 days.")
