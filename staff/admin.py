"""People in Django's admin, each change audited. Who works here, and as what, changes on the staff's pages:
they know of the last admin, and they end sessions.
"""

from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group
from django.db.models import Model, QuerySet
from django.urls import URLPattern

from accounts.models import User
from audit.log import record
from staff.invitations import is_proven

admin.site.unregister(Group)  # the role decides here, groups would only confuse
# Secrets of second factors, and which address was confirmed: only their owners change them.
admin.site.unregister([Authenticator, EmailAddress])


OWN = "Its owner changes email and password, under Account. A forgotten password is set anew by mail."


@admin.register(User)
class UserAdmin(DjangoUserAdmin):  # type: ignore[type-arg]  # not subscriptable at run time
    """Roles decide what a person may do, so groups and single permissions are not shown.

    A customer's account is closed and opened again here. Email and password are their owners' to change:
    who could set them for a colleague could sign in as that colleague.
    """

    list_display = ("email", "name", "role", "is_active", "last_login", "date_joined")
    list_filter = ("role", "is_active")
    search_fields = ("email", "name")
    ordering = ("email",)
    filter_horizontal = ()
    readonly_fields = ("role", "email_confirmed", "last_login", "date_joined")
    fieldsets = (
        (None, {"fields": ("email", "email_confirmed", "name"), "description": OWN}),
        ("Access", {"fields": ("role", "is_active"), "description": "The staff's is changed under Staff."}),
        ("Times", {"fields": ("last_login", "date_joined")}),
    )
    add_fieldsets = ((None, {"classes": ("wide",), "fields": ("email", "name", "password1", "password2")}),)

    def get_readonly_fields(self, request: Any, obj: User | None = None) -> tuple[str, ...]:
        fields = (*self.readonly_fields, "email") if obj else self.readonly_fields
        return (*fields, "is_active") if obj and obj.works_here else fields

    def get_urls(self) -> "list[URLPattern]":
        """Without Django's page that sets somebody's password."""
        return [page for page in super().get_urls() if page.name != "auth_user_password_change"]

    @admin.display(boolean=True, description="Email confirmed")
    def email_confirmed(self, user: User) -> bool:
        return is_proven(user)

    def has_delete_permission(self, request: Any, obj: User | None = None) -> bool:
        """Whoever works here is deactivated instead: the books name them."""
        return super().has_delete_permission(request, obj) and not (obj and obj.works_here)

    def log_addition(self, request: Any, obj: Model, message: Any) -> Any:
        record("user.added", actor=request.user, target=obj)
        return super().log_addition(request, obj, message)

    def log_change(self, request: Any, obj: Any, message: Any) -> Any:
        """Names of fields, not what is in them: they are people's data."""
        if changed := _changed(message):
            record("user.changed", actor=request.user, target=obj, changed=changed, active=obj.is_active)
        return super().log_change(request, obj, message)

    def log_deletions(self, request: Any, queryset: QuerySet[Any]) -> Any:
        for user in queryset:
            record("user.deleted", actor=request.user, target=user)
        return super().log_deletions(request, queryset)


def _changed(message: Any) -> list[str]:
    """The names of the fields in a change message of Django's."""
    parts = message if isinstance(message, list) else []
    return [str(name) for part in parts for name in part.get("changed", {}).get("fields", [])]
