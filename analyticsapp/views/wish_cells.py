"""One figure of the funnel of wishes: what it is, the rows that make it, and their file."""

import re
from dataclasses import dataclass, replace

from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from accounts import privacy
from accounts.models import User
from accounts.roles import SignedInRequest, analyst_required, staff_required
from analyticsapp.exports.download import respond
from analyticsapp.exports.packing import Download
from analyticsapp.kpis.breakdowns import Breakdown
from analyticsapp.proof import evidence
from analyticsapp.proof.drills import Drill
from analyticsapp.proof.earlier import Earlier, asked_day, with_rows
from analyticsapp.proof.evidence import BadPage, Scope
from analyticsapp.reading import one_view
from analyticsapp.rollups.definitions import state
from analyticsapp.views import asked
from analyticsapp.views.frame import EXPORTERS, GET_ONLY, PLAIN, said
from analyticsapp.windows import Window
from analyticsapp.wishes import funnel_figures
from analyticsapp.wishes.funnel import ALL, Only, funnel
from analyticsapp.wishes.funnel_figures import WISH_FIGURES, WishFigure
from analyticsapp.wishes.known import not_kept
from catalog.models import Variant

NARROWING = ("sku", "person")
NAMED = ("days", "period", "start", "end", *NARROWING)
PERSON = re.compile(r"\d{1,18}", re.ASCII)


@dataclass(frozen=True)
class Found:
    """A figure of one window, perhaps of one product or person, as `cell.html` shows it."""

    one: WishFigure
    whose: str  # the product or person; empty: all
    figure: str
    drill: Drill

    @property
    def defined(self) -> Breakdown:
        return self.one.defined

    @property
    def title(self) -> str:
        return f"{self.defined.label}, {self.whose}" if self.whose else self.defined.label

    @property
    def name(self) -> str:
        """What stands above the figure."""
        return self.title

    @property
    def place(self) -> str:
        """What it is a part of."""
        return "From wish to purchase"


@staff_required
@require_safe
def wish_figure(request: SignedInRequest, figure: str) -> HttpResponse:
    """A figure's definition, and the wishes or people that make it, 50 a page."""
    page = asked.read(request)
    if page.error:
        return HttpResponse(f"{page.error}\n", status=400, content_type=PLAIN)
    with one_view():
        whose, only = _narrowed(request)
        cell = _find(figure, page.window, whose, only)
        scope = Scope(page.window, "", state())
        try:
            older, newer = request.GET.get("older", ""), request.GET.get("newer", "")
            rows = evidence.page(cell.drill.evidence, scope, older=older, newer=newer)
        except BadPage:
            raise Http404 from None
        totals = evidence.totals(cell.drill.evidence, scope)
        earlier = _earlier(request, cell, only, scope)
    named = {name: request.GET[name] for name in NARROWING if name in request.GET}
    here = funnel_figures.address(figure, page.window, **named)
    may_export = request.user.role in EXPORTERS
    context = {
        "page": page,
        "cell": cell,
        "told": f"{totals.number:,}",
        "expected": f"{cell.drill.says:,}",
        "agrees": totals.number == cell.drill.says,
        "totals": totals,
        "noun": cell.drill.evidence.noun(totals.number),
        "earlier": earlier,
        "here": reverse("analyticsapp:wish-figure", args=[figure]),
        "hidden": [(name, request.GET[name]) for name in NAMED if name in request.GET],
        "rows": funnel_figures.for_people(rows.rows, page.window),
        "newer": f"{here}&newer={rows.newer}" if rows.newer else "",
        "older": f"{here}&older={rows.older}" if rows.older else "",
        "csv_url": funnel_figures.address(figure, page.window, name="wish-figure-rows", **named)
        if may_export
        else "",
        "back": page.address(reverse("analyticsapp:wishes")),
        "report_title": "Wishes",
    }
    return render(request, "analyticsapp/wish_figure.html", context)


@analyst_required
@GET_ONLY
def wish_figure_rows(request: SignedInRequest, figure: str) -> HttpResponseBase:
    """The rows that make a figure, as a file."""
    page = asked.read(request)
    if page.error:
        return HttpResponse(f"{page.error}\n", status=400, content_type=PLAIN)
    if figure not in WISH_FIGURES:
        raise Http404
    _, only = _narrowed(request)
    rows = WISH_FIGURES[figure].rows(only).shown
    named = {name: request.GET[name] for name in NARROWING if name in request.GET}
    return respond(
        request,
        Download(
            name=f"purelaka-{figure.replace('_', '-')}-rows-{page.window.start}-{page.window.end}",
            columns=rows.columns,
            lines=evidence.lines(rows, page.window, ""),
            says={"export": "wish_figure_rows", "figure": figure, **named, **said([page.window])},
        ),
    )


def _narrowed(request: SignedInRequest) -> tuple[str, Only]:
    """The product or person that the address names, and their wishes. One query at most. Raises Http404."""
    sku, person = (request.GET.get(name, "") for name in NARROWING)
    if sku:
        variant = None if "\0" in sku else Variant.objects.select_related("product").filter(sku=sku).first()
        if variant is None:
            raise Http404
        return f"{variant.product.name}, {sku}", Only(variant=variant.pk)
    if not person:
        return "", ALL
    user = User.objects.filter(pk=int(person)).first() if PERSON.fullmatch(person) else None
    if user is None:
        raise Http404
    return privacy.person(user.email), Only(person=user.pk)


def _find(key: str, window: Window, whose: str, only: Only) -> Found:
    """The figure that the address names. One query. Raises Http404."""
    if key not in WISH_FIGURES:
        raise Http404
    one, whole = WISH_FIGURES[key], funnel(window, only)
    drill = Drill(one.rows(only), one.number(whole), one.of)
    return Found(one, whose, funnel_figures.text(one.value(whole)), drill)


def _earlier(request: SignedInRequest, cell: Found, only: Only, scope: Scope) -> Earlier:
    """The figure as it was known at the end of the day that is asked for, if one is."""
    asked = asked_day(request)
    if not asked.day:
        return asked
    then = replace(scope, state=scope.state.as_known_at(asked.moment))
    figure = funnel_figures.text(cell.one.value(funnel(scope.window, only, then.state.past)))
    asked = replace(asked, figure=figure, note=not_kept(scope.window))
    return with_rows(asked, cell.drill.evidence, scope, then, is_money=False)
