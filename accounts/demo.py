"""One login per role, to look around with. Never for a store that takes real money."""

from allauth.account.models import EmailAddress
from django.db import transaction

from accounts.models import Role, User

DEMO_PASSWORD = "purelaka-demo"  # noqa: S105 (printed for everyone to read)
DEMO_NAMES = {Role.CUSTOMER: "Casey", Role.ANALYST: "Ana", Role.OPS: "Maya", Role.ADMIN: "Ada"}


@transaction.atomic
def make_demo_users() -> list[User]:
    """`customer@`, `analyst@`, `ops@` and `admin@example.com`, with confirmed addresses.

    A second call finds them as they are: a password that was changed stays.
    """
    return [_make(role) for role in Role]


def _make(role: Role) -> User:
    email = f"{role}@example.com"
    user = User.objects.filter(email=email).first()
    if user is None:
        user = User.objects.create_user(email, DEMO_PASSWORD, name=DEMO_NAMES[role], role=role)
    EmailAddress.objects.get_or_create(user=user, email=email, defaults={"verified": True, "primary": True})
    return user
