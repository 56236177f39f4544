"""Django's admin with our audit log: what was added, what a change was and became, what was deleted."""

from typing import Any

from django.contrib import admin
from django.db import models
from django.db.models import QuerySet
from django.forms import BaseModelFormSet, ModelForm

from audit import log


class AuditedAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # not subscriptable at run time
    """A ModelAdmin that records its deeds, and those of its inlines, in the transaction that does them.

    `taxrate.added`, `taxrate.changed` (each field with its `_was`), `taxrate.deleted`.
    """

    def save_model(self, request: Any, obj: models.Model, form: "ModelForm[Any]", change: bool) -> None:
        was = said_before(obj)
        super().save_model(request, obj, form, change)
        record_saved(obj, was, request.user)

    def delete_model(self, request: Any, obj: models.Model) -> None:
        record_deleted(obj, request.user)
        super().delete_model(request, obj)

    def delete_queryset(self, request: Any, queryset: QuerySet[Any]) -> None:
        for obj in queryset:
            record_deleted(obj, request.user)
        super().delete_queryset(request, queryset)

    def save_formset(
        self, request: Any, form: "ModelForm[Any]", formset: "BaseModelFormSet[Any, Any]", change: bool
    ) -> None:
        kept = formset.save(commit=False)
        for obj in formset.deleted_objects:
            record_deleted(obj, request.user)
            obj.delete()
        for obj in kept:
            was = said_before(obj)
            obj.save()
            record_saved(obj, was, request.user)
        formset.save_m2m()


def said_before(obj: models.Model) -> dict[str, Any]:
    """What the database says of the object; nothing of a new one."""
    known = type(obj)._default_manager.filter(pk=obj.pk).first() if obj.pk else None
    return _said(known) if known else {}


def record_saved(obj: models.Model, was: dict[str, Any], actor: Any) -> None:
    """What is new of it; nothing when nothing is."""
    now, kind = _said(obj), obj._meta.model_name
    if not was:
        log.record(f"{kind}.added", actor=actor, target=obj, **now)
        return
    differing = [name for name in now if now[name] != was[name]]
    said = {
        key: value for name in differing for key, value in ((f"{name}_was", was[name]), (name, now[name]))
    }
    if said:
        log.record(f"{kind}.changed", actor=actor, target=obj, named=str(obj), **said)


def record_deleted(obj: models.Model, actor: Any) -> None:
    """All that it said."""
    log.record(f"{obj._meta.model_name}.deleted", actor=actor, target=obj, **_said(obj))


def _said(obj: models.Model) -> dict[str, Any]:
    return {
        field.name: _plain(field.value_from_object(obj))
        for field in obj._meta.fields
        if not field.primary_key
    }


def _plain(value: Any) -> Any:
    return value if value is None or isinstance(value, (bool, int)) else str(value)
