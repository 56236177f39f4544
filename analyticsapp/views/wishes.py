"""What people wish for: the funnel to the purchase, and demand that was lost."""

from typing import Any

from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from accounts.roles import SignedInRequest, analyst_required, staff_required
from analyticsapp import windows
from analyticsapp.exports.csv_file import TEXT
from analyticsapp.exports.download import respond
from analyticsapp.exports.packing import Download
from analyticsapp.kpis.definition import PERCENT, percent
from analyticsapp.proof import evidence
from analyticsapp.proof.drills import SUM
from analyticsapp.proof.evidence import BadPage, Scope
from analyticsapp.reading import one_view
from analyticsapp.report_tabs.tables import Head, Table
from analyticsapp.rollups.definitions import state
from analyticsapp.views import asked
from analyticsapp.views.frame import EXPORTERS, GET_ONLY, PLAIN
from analyticsapp.windows import Window
from analyticsapp.wishes import funnel
from analyticsapp.wishes.funnel import PEOPLE, WISHES, Funnel, Reached
from analyticsapp.wishes.funnel_figures import WISH_FIGURES, WISH_KEYS, address, by_step, for_people, text
from purelaka.figures import Cell, Chart
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
        now = funnel.funnel(page.window, with_products=True)
        before = funnel.funnel(page.window.previous)
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
        "chart": _chart(now.people, page.window, csv_url),
        "steps": _steps(now, before, page.window),
        "sums": [_cell(key, now, page.window) for key in ("wish_to_purchase", "wishes_given_up")],
        "products": _products(now, page.window),
        "rows": for_people(people.rows, page.window),
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


def _cell(key: str, found: Funnel, window: Window) -> Cell:
    """One figure, with the address of what makes it where there is one."""
    value = WISH_FIGURES[key].value(found)
    number = value if isinstance(value, int) else None
    return Cell(text(value), number, "" if value is None else address(key, window))


def _chart(people: Reached, window: Window, csv_url: str) -> Chart:
    found = Funnel(people=people)
    shares = [Cell("all"), *(_cell(key, found, window) for key in OF_STEP_BEFORE)]
    return Chart(
        kind="funnel",
        title="From wish to purchase",
        sub="people, and their share of the step before",
        columns=["Step", "People", "Of the step before"],
        rows=[
            [Cell(step), _cell(key, found, window), share]
            for step, key, share in zip(STEPS, PEOPLE_KEYS, shares, strict=True)
        ],
        csv_url=csv_url,
        height="short",
    )


def _steps(now: Funnel, before: Funnel, window: Window) -> list[dict[str, Any]]:
    """A line for each step: people and wishes, their shares of all and before, and the time since."""
    return [
        {
            "step": step,
            "people": _cell(PEOPLE_KEYS[number], now, window),
            "share": _share_cell(SHARE_KEYS[number], now, window),
            "before": _share_cell(SHARE_KEYS[number], before, window.previous),
            "wishes": _cell(WISH_KEYS[number], now, window),
            "wish_share": _share_cell(WISH_SHARE_KEYS[number], now, window),
            "time": _cell(TIME_KEYS[number], now, window) if TIME_KEYS[number] else Cell(""),
        }
        for number, step in enumerate(STEPS)
    ]


def _share_cell(key: str, found: Funnel, window: Window) -> Cell:
    """A share; of the first step it is all of them."""
    if WISH_FIGURES[key].defined.unit == PERCENT:
        return _cell(key, found, window)
    number = WISH_FIGURES[key].number(found)
    return Cell(text(percent(number, number)), None, address(key, window) if number else "")


PEOPLE_KEYS = ("wish_people", "wish_people_basket", "wish_people_bought")
SHARE_KEYS = ("wish_people", "wish_people_basket_pct", "wish_people_bought_pct")
OF_STEP_BEFORE = ("wish_people_basket_pct", "wish_people_bought_of_basket_pct")
WISH_SHARE_KEYS = ("wishes_made", "wishes_basket_pct", "wishes_bought_pct")
TIME_KEYS = ("", "wish_to_basket", "basket_to_purchase")


def _products(found: Funnel, window: Window) -> Table:
    """The products most wished for; the line below is of all."""
    whole = by_step(found.wishes)
    return Table(
        "products",
        "Product by product",
        [
            Head("product", "Product", TEXT),
            Head("sku", "SKU", TEXT, narrow=False),
            *(Head(key, step, key=key) for key, step in zip(WISH_KEYS, STEPS, strict=True)),
        ],
        [[one.product, one.sku, *by_step(one.wishes)] for one in found.products],
        "",
        sub="wishes, the most wished for first",
        row_ids=[one.sku for one in found.products],
        url_of=lambda row, head: address(head.key, window, sku="" if row == SUM else row),
        sums=["Sum" if len(found.products) == found.product_count else "All products", "", *whole],
        sums_lead=True,
        foot=f"The first {len(found.products)} of {found.product_count:,}."
        if len(found.products) < found.product_count
        else "",
    )
