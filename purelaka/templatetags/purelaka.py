"""What templates need to show money, moments, ids and icons. `{% load purelaka %}`."""

from datetime import date, datetime
from typing import Any

from django import template
from django.forms import BoundField, CheckboxInput, Select, Textarea
from django.forms.widgets import CheckboxSelectMultiple, RadioSelect
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from purelaka import moments
from purelaka.days import store_day
from purelaka.money import display

register = template.Library()

NONE = "–"  # nothing to show; zero is a number and is shown as one


@register.filter
def money(amount: int | None, currency: str) -> str:
    """`{{ order.amount_total|money:order.currency }}`: `£1,234.56`; a dash for None."""
    return NONE if amount is None else display(amount, currency)


@register.filter
def money_back(amount: int | None, currency: str) -> str:
    """An amount that left us, kept as a positive number: `−£14.00`; a dash for nothing."""
    return display(-amount, currency) if amount else NONE


@register.filter
def money_change(amount: int | None, currency: str) -> str:
    """A difference, always with its sign: `+£14.00`, `−£0.30`; a dash for None."""
    return f"+{display(amount, currency)}" if amount and amount > 0 else money(amount, currency)


@register.filter
def count(number: int | None) -> str:
    """A whole number with thousands separators; a dash for None."""
    return NONE if number is None else f"{number:,}"


@register.filter
def words(value: str) -> str:
    """A status of Stripe's as people say it: `needs_response` becomes `Needs response`.

    A dispute's `warning_…` is an inquiry: the bank only asks.
    """
    said = value.replace("warning_", "inquiry ").replace("_", " ")
    return said.replace("canceled", "cancelled").capitalize()


@register.filter
def day(when: date | datetime | None, style: str = "") -> str:
    """A store-local day: `24 Nov 2026`, `day:"short"` `24 Nov`, `day:"long"` with the weekday."""
    if when is None:
        return NONE
    local = store_day(when) if isinstance(when, datetime) else when
    say = {"short": moments.short_day, "long": moments.long_day, "": moments.day}[style]
    return say(local)


@register.simple_tag
def day_range(start: date, end: date) -> str:
    """`{% day_range start end %}`: `26 Oct – 24 Nov 2026`."""
    return moments.day_range(start, end)


@register.simple_tag
def moment(at: datetime | None, style: str = "") -> str:
    """`{% moment order.paid_at %}`: `<time>` saying `4 min ago` or `22 Nov 23:22`, in full in its title.

    Styles: `"exact"` to the second for timelines, `"full"` with the year.
    """
    if at is None:
        return NONE
    now = timezone.now()
    texts = {"": moments.spoken(at, now=now), "exact": moments.exact(at, now=now), "full": moments.full(at)}
    stamp = at.astimezone(timezone.get_fixed_timezone(0)).strftime("%Y-%m-%dT%H:%M:%SZ")
    return format_html('<time datetime="{}" title="{}">{}</time>', stamp, moments.full(at), texts[style])


@register.simple_tag
def icon(name: str, css_class: str = "") -> SafeString:
    """`{% icon "truck" %}`: a drawing without meaning of its own; the word beside it says it."""
    classes = f"icon {css_class}".strip()
    href = f"{static('vendor/icons.svg')}#{name}"
    return format_html('<svg class="{}" aria-hidden="true"><use href="{}"/></svg>', classes, href)


@register.filter
def shortened(identifier: str) -> str:
    """A Stripe id as `pi_…SFNaGC`; a text that is short anyway stays."""
    prefix, _, rest = identifier.rpartition("_")
    return f"{prefix}_…{rest[-6:]}" if prefix and len(rest) > 8 else identifier


@register.inclusion_tag("_short_id.html")
def short_id(identifier: str | None, href: str = "") -> dict[str, object]:
    """`{% short_id payment.payment_intent_id href=url %}`: `pi_…SFNaGC`, copied whole by its button."""
    return {"identifier": identifier, "href": href}


@register.simple_tag
def control(field: BoundField, **attrs: Any) -> SafeString:
    """`{% control form.email %}`: the field's widget in our look; attributes may follow, `_` for `-`."""
    own: dict[str, Any] = {name.replace("_", "-"): text for name, text in attrs.items()}
    if _repeats_label(field):
        own["placeholder"] = False
    invalid = " is-invalid" if field.errors else ""
    return field.as_widget(attrs={"class": f"{_control_class(field)}{invalid}", **own})


def _repeats_label(field: BoundField) -> bool:
    """Whether the placeholder only says the label again, as those of allauth's forms do."""
    placeholder, label = str(field.field.widget.attrs.get("placeholder", "")).lower(), field.label.lower()
    return placeholder in label or label in placeholder


def _control_class(field: BoundField) -> str:
    widget = field.field.widget
    if isinstance(widget, (CheckboxInput, RadioSelect, CheckboxSelectMultiple)):
        return "form-check-input"
    if isinstance(widget, Select):
        return "form-select"
    return "form-control is-long" if isinstance(widget, Textarea) else "form-control"
