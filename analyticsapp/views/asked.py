"""What a request asks of the figures: a window, a currency; and addresses that ask the same again."""

from dataclasses import dataclass
from datetime import date
from urllib.parse import urlencode

from django.http import HttpRequest
from django.utils import timezone

from analyticsapp import windows
from analyticsapp.rollups.definitions import State
from analyticsapp.windows import BadWindow, Window
from purelaka.days import store_day


@dataclass(frozen=True)
class Asked:
    """The window of a page and how it was named; `error` says what was wrong with it, if anything.

    With an error the window is the default, so that the page can be shown and the form corrected.
    """

    window: Window
    today: date
    preset: str  # "7", "30", "90" days, or the name of a period; empty for any other window
    start: str  # as they were typed, to be corrected
    end: str
    error: str = ""
    with_year_before: bool = False  # compared with the same days of the year before

    @property
    def against(self) -> Window:
        """The window that this one is compared with."""
        return self.window.year_before if self.with_year_before else self.window.previous

    @property
    def is_running(self) -> bool:
        """Whether it ends today, which is not over."""
        return self.window.end == self.today

    @property
    def was_custom(self) -> bool:
        """Whether days were typed, so that the error belongs beside them."""
        return bool(self.start or self.end)

    @property
    def query(self) -> dict[str, str]:
        """The parameters that name this window and what it is compared with."""
        compare = {"compare": "year"} if self.with_year_before else {}
        if self.preset:
            return {"days" if self.preset.isdigit() else "period": self.preset, **compare}
        return {"start": str(self.window.start), "end": str(self.window.end), **compare}

    def address(self, url: str, *, currency: str = "", **more: str) -> str:
        """`url` for this window; what is empty is left out."""
        named = {**self.query, "currency": currency, **more}
        return f"{url}?{urlencode({name: value for name, value in named.items() if value})}"

    def address_of_window(self, url: str, window: Window, currency: str, **more: str) -> str:
        """`url` for other days, whatever day it is read on; compared as this page is."""
        compare = {"compare": "year"} if self.with_year_before else {}
        days = {"start": str(window.start), "end": str(window.end)}
        return f"{url}?{urlencode({**days, 'currency': currency, **more, **compare})}"


def today() -> date:
    """The store's day, now."""
    return store_day(timezone.now())


def read(request: HttpRequest) -> Asked:
    """The window that the query string names, or the default one."""
    now = today()
    try:
        window, error = windows.asked_or_default(request.GET.dict(), today=now), ""
    except BadWindow as problem:
        window, error = windows.last_days(windows.DEFAULT_DAYS, today=now), str(problem)
    typed = [request.GET.get(name, "") for name in ("start", "end")]
    start, end = typed if error else (str(window.start), str(window.end))
    compares = request.GET.get("compare") == "year"
    return Asked(window, now, _preset(request, window, now, error), start, end, error, compares)


def _preset(request: HttpRequest, window: Window, now: date, error: str) -> str:
    period = request.GET.get("period", "").strip()
    if period and not error:
        return period
    return str(window.days) if window.end == now and window.days in windows.PRESETS else ""


def currency(request: HttpRequest, known: State, most_used: str) -> str:
    """The currency that is asked for, if money ever moved in it, else the one most used."""
    code = request.GET.get("currency", "").strip().lower()
    return code if code in known.currencies else most_used
