"""What people wish for: the funnel to the purchase, and demand that was lost."""

from datetime import timedelta
from fractions import Fraction
from itertools import pairwise
from typing import Any

from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from accounts.roles import SignedInRequest, analyst_required, staff_required
from analyticsapp import asked, evidence, windows, wish_funnel
from analyticsapp.download import respond
from analyticsapp.evidence import BadPage, Scope
from analyticsapp.kpis.definition import percent, two_digits
from analyticsapp.packing import Download
from analyticsapp.reading import one_view
from analyticsapp.rollups import state
from analyticsapp.views import EXPORTERS, GET_ONLY, PLAIN
from analyticsapp.wish_funnel import PEOPLE, WISHES, Funnel, Reached
from purelaka.figures import Cell, Chart, count_cell
from purelaka.listing import listing
from wishlist.lost_demand import LostDemandFilter, lost_demand

STEPS = ("Wished", "Put in the basket", "Bought")


@staff_required
@require_safe
def wishes(request: SignedInRequest) -> HttpResponse:
    """The funnel of a window's wishes, against the window before, and the people in it. Five queries."""
    page = asked.read(request)
    here = reverse("analyticsapp:wishes")
    older, newer = request.GET.get("older", ""), request.GET.get("newer", "")
    with one_view():
        now = wish_funnel.funnel(page.window)
        before = wish_funnel.funnel(page.window.previous)
        lost = lost_demand().count()
        try:
            people = evidence.page(PEOPLE, Scope(page.window, "", state()), older=older, newer=newer)
        except BadPage:
            raise Http404 from None
    may_export = request.user.role in EXPORTERS
    csv_url = page.address(reverse("analyticsapp:wish-rows")) if may_export else ""
    context = {
        "page": page,
        "here": here,
        "presets": [
            (f"{days} days", f"{here}?days={days}", page.preset == str(days)) for days in windows.PRESETS
        ],
        "funnel": now,
        "chart": _chart(now.people, csv_url),
        "steps": _steps(now, before),
        "in_all": spoken_span(now.in_all),
        "rows": people.rows,
        "noun": PEOPLE.noun(now.people.wishes),
        "newer": page.address(here, newer=people.newer) if people.newer else "",
        "older": page.address(here, older=people.older) if people.older else "",
        "lost": lost,
        "csv_url": csv_url,
        "kpi_url": page.address(reverse("analyticsapp:kpi-detail", args=["wishlisted_users"])),
    }
    return render(request, "analyticsapp/wishes.html", context, status=400 if page.error else 200)


@analyst_required
@GET_ONLY
def wish_rows(request: SignedInRequest) -> HttpResponseBase:
    """Every wish of a window with the moments of its steps, as a file."""
    page = asked.read(request)
    if page.error:
        return HttpResponse(f"{page.error}\n", status=400, content_type=PLAIN)
    return respond(
        request,
        Download(
            name=f"purelaka-wishes-{page.window.start}-{page.window.end}",
            columns=WISHES.columns,
            lines=evidence.lines(WISHES.shown, page.window, ""),
            says={"export": "wishes", "windows": [str(page.window)]},
        ),
    )


@staff_required
@require_safe
def lost_demand_list(request: SignedInRequest) -> HttpResponse:
    """What is wished for and can't be had, most wanted first."""
    form = LostDemandFilter(request.GET)
    context = {
        "listing": listing(form, form.variants(), by=form.by, money=[("Wished for", "wished_amount")]),
        "noun": "variant",
        "nouns": "variants",
        "newer_label": "Previous",
        "older_label": "Next",
    }
    return render(request, "analyticsapp/lost_demand.html", context)


# --- the funnel, as it is shown -------------------------------------------------------------------


def _chart(people: Reached, csv_url: str) -> Chart:
    numbers = _numbers(people)
    shares = ["all", *(_share(part, whole) for whole, part in pairwise(numbers))]
    return Chart(
        kind="funnel",
        title="From wish to purchase",
        sub="people",
        columns=["Step", "People", "Of the step before"],
        rows=[
            [Cell(step), count_cell(number), Cell(share)]
            for step, number, share in zip(STEPS, numbers, shares, strict=True)
        ],
        csv_url=csv_url,
        height="short",
    )


def _steps(now: Funnel, before: Funnel) -> list[dict[str, Any]]:
    """A line for each step: people and wishes, their shares of all and before, and the time since."""
    times = (None, now.to_basket, now.to_purchase)
    lines = zip(
        STEPS, _numbers(now.people), _numbers(before.people), _numbers(now.wishes), times, strict=True
    )
    return [
        {
            "step": step,
            "people": people,
            "share": _share(people, now.people.wishes),
            "before": _share(was, before.people.wishes),
            "wishes": number,
            "wish_share": _share(number, now.wishes.wishes),
            "time": spoken_span(time),
        }
        for step, people, was, number, time in lines
    ]


def _numbers(reached: Reached) -> tuple[int, int, int]:
    return reached.wishes, reached.baskets, reached.purchases


def _share(part: int, whole: int) -> str:
    share = percent(part, whole)
    return "–" if share is None else f"{two_digits(Fraction(share))}%"


def spoken_span(span: timedelta | None) -> str:
    """`45 s`, `12 min`, `5 h 12 min`, `3 days 4 h`; a dash for None."""
    if span is None:
        return "–"
    minutes, seconds = divmod(round(span.total_seconds()), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    if days:
        return f"{days} day{'s' if days > 1 else ''}" + (f" {hours} h" if hours else "")
    if hours:
        return f"{hours} h" + (f" {minutes} min" if minutes else "")
    return f"{minutes} min" if minutes else f"{seconds} s"
