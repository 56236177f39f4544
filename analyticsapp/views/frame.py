"""What the pages of figures share: switches of window and currency, addresses, who may have files."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from accounts.models import Role
from accounts.roles import SignedInRequest
from analyticsapp import windows
from analyticsapp.exports.files import EXPORTS
from analyticsapp.figures.facts import Comparison
from analyticsapp.rollups.definitions import State
from analyticsapp.views.asked import Asked
from analyticsapp.windows import Window
from payments.models import Kind
from purelaka.moments import day_range

EXPORTERS = (Role.ANALYST, Role.ADMIN)
GET_ONLY = require_http_methods(["GET", "HEAD"])
LABELS: dict[Any, str] = dict(Kind.choices)
PLAIN = "text/plain; charset=utf-8"


def most_used(found: Comparison) -> str:
    """The currency with the most orders in the window, or else in the one before, or else the store's."""

    def used(code: str) -> tuple[int, int, bool]:
        return found.now[code].orders, found.before[code].orders, code == settings.DEFAULT_CURRENCY

    return max(found.now, key=used)


def switches(page: Asked, currency: str, currencies: Iterable[str], here: str) -> dict[str, Any]:
    """The switches of window, comparison and currency, with addresses of this page."""

    def address(**window: str) -> str:
        named = {**window, "currency": currency, "compare": page.query.get("compare", "")}
        return f"{here}?{urlencode({name: value for name, value in named.items() if value})}"

    presets = [
        (f"{days} days", address(days=str(days)), page.preset == str(days)) for days in windows.PRESETS
    ]
    periods = [
        (period.label, address(period=name), page.preset == name) for name, period in windows.PERIODS.items()
    ]
    codes = [(code.upper(), page.address(here, currency=code), code == currency) for code in currencies]
    return {
        "page": page,
        "here": here,
        "currency": currency,
        "presets": presets,
        "periods": periods,
        "period": next((label for label, _, is_current in periods if is_current), ""),
        "comparisons": [
            ("Previous period", page.address(here, currency=currency, compare=""), not page.with_year_before),
            (
                "Same period last year",
                page.address(here, currency=currency, compare="year"),
                page.with_year_before,
            ),
        ],
        "currencies": codes if len(codes) > 1 else [],
    }


def gap(page: Asked, known: State, currency: str) -> str:
    """What to know of the window this one is compared with, where it has no data or not all; or empty."""
    against, first = page.against, known.first_days.get(currency)
    if first is None or first <= against.start:
        return ""
    span, since = day_range(against.start, against.end), day_range(first, first)
    if first > against.end:
        when = "a year ago" if page.with_year_before else "before this window"
        return f"There is no data {when}, {span}: in {currency.upper()} the first money moved on {since}."
    return f"{span} is not all there: in {currency.upper()} the first money moved on {since}."


def kpi_link(key: str, page: Asked, currency: str) -> str:
    """The address of a figure's page for the asked window."""
    return page.address(reverse("analyticsapp:kpi-detail", args=[key]), currency=currency)


def kpi_url(page: Asked, currency: str) -> Callable[[str, Window], str]:
    """Addresses of a figure's page for some days."""
    return lambda key, window: page.address_of_window(
        reverse("analyticsapp:kpi-detail", args=[key]), window, currency
    )


def file_links(request: SignedInRequest, page: Asked) -> dict[str, str]:
    """Addresses of the files, for those who may have them."""
    if request.user.role not in EXPORTERS:
        return {}
    names = {key: reverse(f"analyticsapp:export-{key.replace('_', '-')}") for key in EXPORTS}
    return {key: page.address(url) for key, url in names.items()}


def said(these: Sequence[Window]) -> dict[str, Any]:
    """The windows of a file, for the audit log and the manifest: days of the store, and moments in UTC."""
    return {
        "windows": [str(window) for window in these],
        "windows_utc": ["/".join(bound.isoformat() for bound in window.bounds) for window in these],
    }
