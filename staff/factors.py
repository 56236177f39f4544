"""What second steps of signing in people have."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from allauth.mfa.models import Authenticator

from accounts.models import User


@dataclass
class Factors:
    """One person's. `codes` are recovery codes that are left."""

    app: bool = False
    passkeys: int = 0
    codes: int = 0

    @property
    def is_on(self) -> bool:
        return self.app or self.passkeys > 0

    @property
    def spoken(self) -> str:
        """`App and 2 passkeys`; `None`."""
        keys = f"{self.passkeys} passkeys" if self.passkeys > 1 else "Passkey" if self.passkeys else ""
        if self.app and keys:
            return f"App and {keys[0].lower()}{keys[1:]}"
        return keys or ("App" if self.app else "None")


def factors_of(people: Iterable[User]) -> dict[int, Factors]:
    """By person, in one query."""
    found: dict[int, Factors] = defaultdict(Factors)
    for authenticator in Authenticator.objects.filter(user__in=list(people)):
        own = found[authenticator.user_id]
        if authenticator.type == Authenticator.Type.TOTP:
            own.app = True
        elif authenticator.type == Authenticator.Type.WEBAUTHN:
            own.passkeys += 1
        else:
            own.codes = len(authenticator.wrap().get_unused_codes())
    return found
