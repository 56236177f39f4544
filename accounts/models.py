"""People who sign in."""

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django_countries.fields import CountryField


class Role(models.TextChoices):
    CUSTOMER = "customer", "Customer"
    ANALYST = "analyst", "Analyst"
    OPS = "ops", "Ops"
    ADMIN = "admin", "Admin"


STAFF_ROLES = (Role.ANALYST, Role.OPS, Role.ADMIN)


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """A user with a usable password, or without one that can sign in when None."""
        user = self.model(email=normalised(email), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        return self.create_user(email, password, role=Role.ADMIN, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email=normalised(username or ""))


class User(AbstractBaseUser, PermissionsMixin):
    """Signs in by email, has exactly one role. The email is kept in lower case."""

    email = models.EmailField(unique=True)
    name = models.CharField(max_length=150, blank=True)
    role = models.CharField(max_length=16, choices=Role, default=Role.CUSTOMER)
    is_active = models.BooleanField(default=True)
    date_joined = models.DateTimeField(default=timezone.now)
    # Part of what a session is checked against: one more, and every session of this person has ended.
    session_epoch = models.PositiveIntegerField(default=0, editable=False)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(role__in=Role.values), name="user_role_known"),
        ]

    def __str__(self) -> str:
        return f"user {self.pk}"

    def clean(self) -> None:
        self.email = normalised(self.email)

    @property
    def is_staff(self) -> bool:
        """May open Django's admin."""
        return self.role == Role.ADMIN

    def has_perm(self, perm: str, obj: object = None) -> bool:
        """Django's admin asks this. The role decides: admins may, in what each admin page allows."""
        return self.is_active and self.is_staff

    def has_module_perms(self, app_label: str) -> bool:
        return self.is_active and self.is_staff

    @property
    def works_here(self) -> bool:
        """Has a staff role, any of them."""
        return self.role in STAFF_ROLES

    def get_short_name(self) -> str:
        return self.name or self.email.split("@")[0]

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        """Django's, which ends all sessions when the password changes, and ours, which can end them alone."""
        own: str = super()._get_session_auth_hash(secret)  # type: ignore[misc]  # not in the stubs
        if not self.session_epoch:
            return own
        return salted_hmac("accounts.session_epoch", f"{own}.{self.session_epoch}", secret=secret).hexdigest()


class UserSession(models.Model):
    """Whose session it is, from where and when it was last used. Django keeps the session itself."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="sessions")
    session_key = models.CharField(max_length=40, unique=True)
    address = models.GenericIPAddressField(null=True, blank=True)
    device = models.CharField(max_length=60)
    began_at = models.DateTimeField(default=timezone.now)
    seen_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"session {self.pk}"


class Address(models.Model):
    """Where a customer has things sent. The first one, or the one last chosen, is the default."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="addresses")
    name = models.CharField(max_length=150)
    line1 = models.CharField("address", max_length=200)
    line2 = models.CharField("address, second line", max_length=200, blank=True)
    city = models.CharField("town or city", max_length=100)
    postcode = models.CharField(max_length=20, blank=True)
    country = CountryField()
    is_default = models.BooleanField(default=False)

    class Meta:
        verbose_name_plural = "addresses"
        constraints = [
            models.UniqueConstraint(
                fields=["user"], condition=Q(is_default=True), name="address_default_once"
            ),
        ]

    def __str__(self) -> str:
        return f"address {self.pk}"


def normalised(email: str) -> str:
    """The one spelling of an email address: trimmed, lower case."""
    return email.strip().lower()
