"""Filters that staff keep under a name. One's own, and those that ops or an admin share with everybody."""

from django import forms
from django.db import transaction
from django.db.models import QuerySet
from django.http import QueryDict
from django.urls import reverse
from django.utils.http import urlencode

from accounts.models import Role, User
from accounts.privacy import is_hidden
from audit import log
from orders.filters import OrderFilter
from orders.models import SavedView

MOST = 20
MAY_SHARE = (Role.OPS, Role.ADMIN)


class SaveViewForm(forms.ModelForm):  # type: ignore[type-arg]
    """A view's name, and for those who may, whether everybody sees it."""

    class Meta:
        model = SavedView
        fields = ("name", "is_shared")
        labels = {"is_shared": "Show it to all staff"}
        help_texts = {"is_shared": "As a tab above their list too."}

    def __init__(self, *args: object, user: User, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.user = user
        if user.role not in MAY_SHARE:
            del self.fields["is_shared"]

    def clean(self) -> dict[str, object]:
        """A name tells one's own views apart, and there is an end to them."""
        cleaned: dict[str, object] = super().clean() or self.cleaned_data
        own = SavedView.objects.filter(user=self._owner()).exclude(pk=self.instance.pk)
        if own.filter(name=cleaned.get("name", "")).exists():
            self.add_error("name", "There is a view of this name already. Choose another name.")
        if self.instance.pk is None and own.count() >= MOST:
            self.add_error(None, f"You have {MOST} views, which is the most. Delete one first.")
        return cleaned

    def _owner(self) -> int:
        return self.instance.user_id or self.user.pk


def visible(user: User) -> list[SavedView]:
    """The views whose tabs this person sees: their own first, then the shared ones.

    A search may be for a person: who sees none sees no such view.
    """
    found = [
        view
        for view in SavedView.objects.seen_by(user.pk).order_by("name", "pk")
        if not (is_hidden() and "q" in QueryDict(view.query))
    ]
    return sorted(found, key=lambda view: view.user_id != user.pk)


def editable(user: User) -> QuerySet[SavedView, SavedView]:
    """Those that this person may change: their own; an admin also what others share."""
    rows: QuerySet[SavedView, SavedView] = SavedView.objects.seen_by(user.pk)
    return rows if user.role == Role.ADMIN else rows.filter(user=user)


@transaction.atomic
def save(form: SaveViewForm, *, query: str | None = None) -> SavedView:
    """Keep a valid form's view, of this filter when one is given, with an audit row."""
    view: SavedView = form.instance
    is_new = view.pk is None
    if is_new:
        view.user = form.user
    if query is not None:
        view.query = readable(query)
    form.save()
    deed = "order_view.saved" if is_new else "order_view.changed"
    log.record(deed, actor=form.user, target=view, **_said(view))
    return view


@transaction.atomic
def refilter(view: SavedView, *, query: str, actor: User) -> None:
    """Let the view show another filter. The same again is written down once."""
    if view.query == (wanted := readable(query)):
        return
    view.query = wanted
    view.save(update_fields=["query"])
    log.record("order_view.changed", actor=actor, target=view, **_said(view))


@transaction.atomic
def remove(view: SavedView, *, actor: User) -> None:
    log.record("order_view.deleted", actor=actor, target=view, **_said(view))
    view.delete()


def address(view: SavedView) -> str:
    """The list as this view shows it."""
    query = f"&{view.query}" if view.query else ""
    return f"{reverse('orders:order-list')}?{urlencode({'saved': view.pk})}{query}"


def readable(query: str) -> str:
    """What of an address is a filter of the list: no page, no other view, nothing that can't be read."""
    return kept_of(OrderFilter(QueryDict(query.removeprefix("?"))))


def kept_of(form: OrderFilter) -> str:
    """The filter as a view keeps it."""
    return form.query(saved="", **dict.fromkeys(form.errors, "")).removeprefix("?")


def _said(view: SavedView) -> dict[str, object]:
    return {"name": view.name, "query": view.query, "is_shared": view.is_shared}
