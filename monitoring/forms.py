"""What staff say about an issue."""

from datetime import date, datetime, timedelta
from typing import Any

from django import forms
from django.utils import timezone

from accounts.models import Role, User
from purelaka.days import day_start, store_day
from purelaka.filters import MomentField

MAY_ACT = (Role.OPS, Role.ADMIN)
LONGEST_SNOOZE = timedelta(days=90)


class IssueForm(forms.Form):
    """One of several forms on a page: each has ids of its own."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"auto_id": f"{type(self).__name__}_%s", **kwargs})


class ResolveForm(IssueForm):
    """Why a person closes an issue."""

    note = forms.CharField(
        label="What was done",
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "Say what was done, for whoever meets this again."},
    )


class NoteForm(IssueForm):
    """What somebody found out about an issue."""

    note = forms.CharField(
        label="Note",
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": "Write what you found out."},
    )


class PersonField(forms.ModelChoiceField):  # type: ignore[type-arg]
    """A choice of people, by their addresses: two may have one name."""

    def label_from_instance(self, person: User) -> str:
        return f"{person.name}, {person.email}" if person.name else person.email


class AssignForm(IssueForm):
    """Who looks into an issue; nobody when left blank."""

    assignee = PersonField(
        label="Who looks into it",
        queryset=User.objects.filter(role__in=MAY_ACT, is_active=True).order_by("email"),
        required=False,
        empty_label="Nobody",
        error_messages={"invalid_choice": "Choose an ops or admin account that is active."},
    )


class SeenForm(forms.Form):
    """Until when the page told what changed."""

    until = MomentField(label="Until", required=True)


class SnoozeForm(IssueForm):
    """Put an issue off until the beginning of a day to come; a blank day wakes it."""

    until = forms.DateField(
        label="Until",
        required=False,
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        input_formats=["%Y-%m-%d"],
        error_messages={"invalid": "Write the day as 2026-11-24."},
    )

    def clean_until(self) -> datetime | None:
        """The moment at which the store's day begins."""
        day: date | None = self.cleaned_data["until"]
        today = store_day(timezone.now())
        if day is None:
            return None
        if not today < day <= today + LONGEST_SNOOZE:
            raise forms.ValidationError("Choose a day from tomorrow on, at most 90 days away.")
        return day_start(day)
