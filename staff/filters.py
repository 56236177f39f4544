"""What the list of the staff is narrowed by."""

from allauth.mfa.models import Authenticator
from django.db.models import Count, Exists, IntegerField, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone

from accounts.models import STAFF_ROLES, User, UserSession, normalised
from accounts.sessions import is_open
from purelaka.filters import FilterForm, choice, search
from staff.models import STAFF_CHOICES

STATES = [("active", "Active"), ("inactive", "Deactivated")]
FACTORS = [
    ("none", "None"),
    ("app", "Authenticator app"),
    ("passkey", "Passkey"),
    ("both", "App and passkey"),
]


class StaffFilter(FilterForm):
    """People who work here, or did until they were deactivated, by email."""

    main = ("q", "role", "factor", "state")

    q = search("Search", "Email or name")
    role = choice("Role", STAFF_CHOICES)
    factor = choice("Second factor", FACTORS)
    state = choice("State", STATES)

    def people(self) -> QuerySet[User, User]:
        """Each with `open_sessions`, how many can still be used."""
        rows = User.objects.filter(role__in=STAFF_ROLES).annotate(open_sessions=_open_sessions())
        if sought := self.value("q"):
            rows = rows.filter(Q(email__startswith=normalised(sought)) | Q(name__icontains=sought))
        if role := self.value("role"):
            rows = rows.filter(role=role)
        if state := self.value("state"):
            rows = rows.filter(is_active=state == "active")
        if factor := self.value("factor"):
            app, passkey = _has(Authenticator.Type.TOTP), _has(Authenticator.Type.WEBAUTHN)
            wanted = {"none": ~app & ~passkey, "app": Q(app), "passkey": Q(passkey), "both": app & passkey}
            rows = rows.filter(wanted[factor])
        return rows


def _has(kind: str) -> Exists:
    return Exists(Authenticator.objects.filter(user=OuterRef("pk"), type=kind))


def _open_sessions() -> Coalesce:
    own = UserSession.objects.filter(is_open(timezone.now()), user=OuterRef("pk"))
    counted = own.order_by().values("user").annotate(number=Count("pk")).values("number")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)
