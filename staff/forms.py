"""Forms of the staff's pages, and of the page that an invitation leads to."""

from typing import Any

from django import forms
from django.contrib.auth import password_validation

from accounts.models import Role, User, normalised
from staff.models import STAFF_CHOICES

MAY = {
    Role.ANALYST: "sees orders, money and figures, changes nothing",
    Role.OPS: "packs, cancels and refunds orders, keeps the catalogue, works on issues",
    Role.ADMIN: "all of that, and the staff",
}


def _spoken() -> list[tuple[str, str]]:
    return [(role.value, f"{role.label}: {may}") for role, may in MAY.items()]


class InviteForm(forms.Form):
    email = forms.EmailField(
        max_length=254, widget=forms.EmailInput({"autocomplete": "off"}), help_text="The link goes there."
    )
    role = forms.ChoiceField(
        choices=_spoken, widget=forms.RadioSelect({"class": "form-check-input"}), initial=Role.OPS.value
    )

    def clean_email(self) -> str:
        return normalised(self.cleaned_data["email"])


class RoleForm(forms.Form):
    """A role, or none: then this person is a customer again."""

    role = forms.ChoiceField(
        label="New role", choices=[*STAFF_CHOICES, (Role.CUSTOMER.value, "Customer: works here no more")]
    )


class JoinForm(forms.Form):
    """Who comes by an invitation and has no account says a name and chooses a password."""

    name = forms.CharField(
        label="Your name", max_length=150, widget=forms.TextInput({"autocomplete": "name"})
    )
    password1 = forms.CharField(
        label="Password", strip=False, widget=forms.PasswordInput({"autocomplete": "new-password"})
    )
    password2 = forms.CharField(
        label="Password again", strip=False, widget=forms.PasswordInput({"autocomplete": "new-password"})
    )

    def __init__(self, *args: Any, email: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.email = email

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        first, second = cleaned.get("password1"), cleaned.get("password2")
        if first and second and first != second:
            self.add_error("password2", "This is not the same password. Type it again.")
        elif first:
            self._validate(first, cleaned.get("name", ""))
        return cleaned

    def _validate(self, password: str, name: str) -> None:
        try:
            password_validation.validate_password(password, User(email=self.email, name=name))
        except forms.ValidationError as problems:
            self.add_error("password1", problems)
