"""What a list is narrowed by: a form read from the address, and the chips that take it back."""

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, ClassVar, NamedTuple, cast

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.http import QueryDict

from purelaka import moments
from purelaka.days import day_bounds, store_zone

EARLIEST, LATEST = date(1970, 1, 1), date(2199, 12, 31)
MINUTE = re.compile(r"\d{4}-\d\d-\d\d(T\d\d:\d\d)?", re.ASCII)


class Chip(NamedTuple):
    """A filter that is on, and the address without it."""

    label: str
    value: str
    remove_url: str


class View(NamedTuple):
    """A tab above a list, as `_views.html` takes it."""

    text: str
    url: str
    is_current: bool
    number: int | None = None


class FilterForm(forms.Form):
    """Filters of a list. A blank field does not narrow; one that can't be read is told and left out.

    `main` are shown at once, the other fields under "More filters". `quiet` have no chip.
    """

    main: ClassVar[Sequence[str]] = ()
    quiet: ClassVar[Sequence[str]] = ()

    def __init__(self, query: QueryDict) -> None:
        super().__init__(query, auto_id="filter_%s")
        self.address = query
        self.prepare()
        for field in self.fields.values():
            if isinstance(field, forms.ChoiceField):
                field.choices = list(cast(Iterable[Any], field.choices))  # from the database: once a form
        self.full_clean()

    def prepare(self) -> None:
        """Give fields the choices that only the database knows, before anything is read."""

    def value(self, name: str) -> Any:
        """What was chosen, or None."""
        return self.cleaned_data.get(name) or None

    def query(self, **changes: str) -> str:
        """The address's filters with these changes (an empty text takes one away), from the first page."""
        kept = QueryDict(mutable=True)
        for name in self.fields:
            text = changes.get(name, self.address.get(name, ""))
            if text:
                kept[name] = text
        return f"?{kept.urlencode()}"

    @property
    def chips(self) -> list[Chip]:
        on = [name for name in self.fields if name not in self.quiet and self.value(name)]
        return [Chip(self._label(name), self._spoken(name), self.query(**{name: ""})) for name in on]

    @property
    def understood(self) -> str:
        """The filters that could be read, as they stand in an address, without the question mark."""
        return self.query(**dict.fromkeys(self.errors, "")).removeprefix("?")

    @property
    def clear_url(self) -> str:
        """The list without what the chips say; its view stays."""
        return self.query(**{name: "" for name in self.fields if name not in self.quiet})

    @property
    def in_sight(self) -> list[forms.BoundField]:
        return [self[name] for name in self.main]

    @property
    def in_menu(self) -> list[forms.BoundField]:
        return [field for field in self.visible_fields() if field.name not in self.main]

    @property
    def complaints(self) -> list[str]:
        """What could not be read, each with what to do."""
        return [
            f"{self._label(name)}: {problem} This filter was left out."
            for name, problems in self.errors.items()
            for problem in problems
        ]

    def views(self, name: str, options: Sequence[tuple[str, str]]) -> list[View]:
        """Tabs that set the field `name`; the first option is the one without it."""
        now = self.value(name) or ""
        return [View(text, self.query(**{name: value}), value == now) for value, text in options]

    def _label(self, name: str) -> str:
        return str(self.fields[name].label or name.replace("_", " ").capitalize())

    def _spoken(self, name: str) -> str:
        value = self.value(name)
        if isinstance(value, Stretch):
            return value.spoken
        if isinstance(value, datetime):
            return moments.full(value)
        if isinstance(value, date):
            return moments.day(value)
        choices = dict(getattr(self.fields[name], "choices", ()))
        return str(choices.get(value, value))


class DayField(forms.DateField):
    """A store-local day, optional, with the browser's own calendar."""

    def __init__(self, *, label: str) -> None:
        widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
        message = f"The day must lie between {EARLIEST.year} and {LATEST.year}."
        limits = [MinValueValidator(EARLIEST, message), MaxValueValidator(LATEST, message)]
        wrong = {"invalid": "Write the day as 2026-11-24."}
        super().__init__(
            label=label,
            required=False,
            widget=widget,
            validators=limits,
            error_messages=wrong,
            input_formats=["%Y-%m-%d"],
        )


class Stretch(NamedTuple):
    """A minute or a day of the store, as `[start, end)` in UTC; `spoken` is what people call it."""

    start: datetime
    end: datetime
    spoken: str


class MinuteInput(forms.DateTimeInput):
    """The browser's own calendar and clock. A plain day is shown by its first minute, or its last."""

    input_type = "datetime-local"

    def __init__(self, *, is_end: bool) -> None:
        super().__init__()
        self.minute_of_day = "23:59" if is_end else "00:00"

    def format_value(self, value: Any) -> str:
        """Empty for what no clock can show: the complaint above the list says what was written."""
        text = str(value or "").strip().replace(" ", "T")
        if not MINUTE.fullmatch(text):
            return ""
        return text if "T" in text else f"{text}T{self.minute_of_day}"


class MinuteField(forms.Field):
    """From or until when, to the minute in the store's zone, or a whole day; optional. Gives a Stretch.

    An hour that the clocks repeat counts from its first time and until its last.
    """

    default_error_messages: ClassVar[dict[str, Any]] = {
        "invalid": "Write a day and a time as 2026-11-24 09:05, or a day as 2026-11-24.",
        "far": f"The day must lie between {EARLIEST.year} and {LATEST.year}.",
        "skipped": "The clocks skip this time on that day. Write one an hour later or earlier.",
    }

    def __init__(self, *, label: str, is_end: bool = False) -> None:
        super().__init__(label=label, required=False, widget=MinuteInput(is_end=is_end))
        self.is_end = is_end

    def to_python(self, value: Any) -> Stretch | None:
        text = str(value or "").strip().replace(" ", "T")
        if not text:
            return None
        try:
            found = datetime.fromisoformat(text if MINUTE.fullmatch(text) else "")
        except ValueError:
            raise self._wrong("invalid") from None
        if not EARLIEST <= found.date() <= LATEST:
            raise self._wrong("far")
        if "T" not in text:
            return Stretch(*day_bounds(found.date(), found.date()), moments.day(found.date()))
        return self._minute(found)

    def _minute(self, local: datetime) -> Stretch:
        start = local.replace(tzinfo=store_zone(), fold=int(self.is_end)).astimezone(UTC)
        if start.astimezone(store_zone()).replace(tzinfo=None, fold=0) != local:
            raise self._wrong("skipped")
        return Stretch(start, start + timedelta(minutes=1), f"{moments.day(local.date())}, {local:%H:%M}")

    def _wrong(self, code: str) -> forms.ValidationError:
        return forms.ValidationError(self.error_messages[code], code)


class MomentField(forms.DateTimeField):
    """A moment that a link set, as `written` writes it: no person types one."""

    def __init__(self, *, label: str, required: bool = False) -> None:
        message = f"The moment must lie between {EARLIEST.year} and {LATEST.year}."
        first, last = (datetime.combine(day, datetime.min.time(), UTC) for day in (EARLIEST, LATEST))
        super().__init__(
            label=label,
            required=required,
            widget=forms.HiddenInput,
            validators=[MinValueValidator(first, message), MaxValueValidator(last, message)],
            error_messages={"invalid": "Write the moment as 2026-11-24T09:05:00Z."},
        )


def written(moment: datetime) -> str:
    """To the microsecond, in UTC, for an address or a form: `2026-11-24T09:05:00.000123Z`."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"


def choice(
    label: str, choices: Sequence[tuple[str, str]], *, any_label: str = "", is_hidden: bool = False
) -> forms.ChoiceField:
    """One of `choices`, or any. A hidden one is set by tabs or links."""
    options = [("", any_label or f"Any {label.lower()}"), *choices]
    wrong = {"invalid_choice": "There is no “%(value)s”. Choose one of the list."}
    widget = forms.HiddenInput if is_hidden else forms.Select
    return forms.ChoiceField(
        label=label, choices=options, required=False, widget=widget, error_messages=wrong
    )


def search(label: str, placeholder: str = "") -> forms.CharField:
    """What is looked for, exactly or by its beginning."""
    widget = forms.TextInput(attrs={"type": "search", "placeholder": placeholder or label})
    return forms.CharField(label=label, max_length=255, required=False, widget=widget)
