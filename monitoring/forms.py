from django import forms


class ResolveForm(forms.Form):
    """Why a person closes an issue."""

    note = forms.CharField(
        label="What was done",
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "Say what was done, for whoever meets this again."},
    )
