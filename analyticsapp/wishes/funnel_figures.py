"""Every figure of the funnel from wish to purchase, defined once like the KPIs, and the rows that make it.

A formula that changes gets a new `version`.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from analyticsapp.kpis.breakdowns import Breakdown
from analyticsapp.kpis.definition import COUNT, PERCENT, percent, two_digits
from analyticsapp.proof.evidence import Evidence
from analyticsapp.windows import Window
from analyticsapp.wishes.funnel import Funnel, Only, Reached, Timed, people, wishes

SPAN = "span"
"""The unit of a time from one step to another."""
Value = int | Fraction | timedelta | None

MADE_HERE = "The store's day on which the wish was made; what comes after it counts to the window's end."
OWN_PRODUCT = (
    "A wish is followed by its own product, and by its own person, signed in. Wishes taken back are followed "
    "too: moving one to the basket takes it off the list."
)
IN_BASKET = "What was bought counts as having been in the basket."
OF_SOURCE = "Wishlist, baskets, and orders that are paid or fulfilled"
NO_CURRENCY = "Wishes have no currency: there is one number for all."
BY = "Window, and in it product or person"


@dataclass(frozen=True)
class WishFigure:
    """One figure of the funnel.

    `rows` make it: as many as `number` says. `value` is the figure itself; where it is a share or a median,
    `of` says what the rows are.
    """

    defined: Breakdown
    rows: Callable[[Only], Evidence]
    number: Callable[[Funnel], int]
    value: Callable[[Funnel], Value]
    of: str = ""


def text(value: Value) -> str:
    """A figure, to be read; a dash of what there is not."""
    if value is None:
        return "–"
    if isinstance(value, timedelta):
        return spoken_span(value)
    return f"{two_digits(value):,.2f}%" if isinstance(value, Fraction) else f"{value:,}"


def spoken_span(span: timedelta) -> str:
    """`45 s`, `12 min`, `5 h 12 min`, `3 days 4 h`."""
    minutes, seconds = divmod(round(span.total_seconds()), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    if days:
        return f"{days} day{'s' if days > 1 else ''}" + (f" {hours} h" if hours else "")
    if hours:
        return f"{hours} h" + (f" {minutes} min" if minutes else "")
    return f"{minutes} min" if minutes else f"{seconds} s"


def address(key: str, window: Window, *, name: str = "wish-figure", **named: str) -> str:
    """The page of a figure in a window, whatever day it is read on; what is empty is left out."""
    days = {"start": str(window.start), "end": str(window.end)}
    query = urlencode({**days, **{name: value for name, value in named.items() if value}})
    return f"{reverse(f'analyticsapp:{name}', args=[key])}?{query}"


def for_people(found: Iterable[dict[str, Any]], window: Window) -> list[dict[str, Any]]:
    """Rows as their table shows them: people with the addresses of their numbers, times in words."""
    return [_for_people(row, window) for row in found]


def _for_people(row: dict[str, Any], window: Window) -> dict[str, Any]:
    if "seconds" in row:
        return {**row, "span": spoken_span(timedelta(seconds=row["seconds"]))}
    if "person" not in row:
        return row
    keys = {"wishes": "wishes_made", "baskets": "wishes_basket", "purchases": "wishes_bought"}
    person = str(row["person"])
    return {**row, "urls": {name: address(key, window, person=person) for name, key in keys.items()}}


# --- the registry ---------------------------------------------------------------------------------

BASKET = "steps.has_basket = 1"
BOUGHT = "steps.bought_at IS NOT NULL"
BASKET_KNOWN = "steps.basket_at IS NOT NULL"
WITH_BASKET, WHO_BOUGHT = "SUM(steps.has_basket) > 0", "COUNT(steps.bought_at) > 0"


def _count(
    key: str, label: str, formula: str, rows: Callable[[Only], Evidence], number: Callable[[Funnel], int],
    note: str = OWN_PRODUCT,
) -> WishFigure:  # fmt: skip
    defined = Breakdown(key, label, BY, COUNT, formula, MADE_HERE, note, OF_SOURCE, NO_CURRENCY)
    return WishFigure(defined, rows, number, number)


def _share(key: str, label: str, formula: str, part: WishFigure, whole: WishFigure) -> WishFigure:
    defined = Breakdown(
        key,
        label,
        BY,
        PERCENT,
        formula,
        MADE_HERE,
        "With nothing to divide by: a dash.",
        OF_SOURCE,
        NO_CURRENCY,
    )
    return WishFigure(
        defined,
        part.rows,
        part.number,
        lambda found: percent(part.number(found), whole.number(found)),
        of=part.defined.label,
    )


def _median(
    key: str, label: str, formula: str, condition: str, span: str, timed: Callable[[Funnel], Timed]
) -> WishFigure:
    note = (
        "The time in the middle; of an even number the mean of the two in the middle. What was bought from a "
        "basket that is not known has no time in it."
    )
    return WishFigure(
        Breakdown(key, label, BY, SPAN, formula, MADE_HERE, note, OF_SOURCE, NO_CURRENCY),
        lambda only: wishes(condition, only, span=span),
        lambda found: timed(found).wishes,
        lambda found: timed(found).median,
        of="Wishes whose two moments are known",
    )


PEOPLE_WISHED = _count(
    "wish_people", "People who wished", "Number of signed-in people who put something on their wishlist.",
    lambda only: people(only=only), lambda found: found.people.wishes,
    note="Who wishes for five things counts once. Wishes taken back count: the KPI People with a wish "
    "leaves them out.",
)  # fmt: skip
PEOPLE_BASKET = _count(
    "wish_people_basket", "People who put a wish in the basket",
    f"Those of them who put something they had wished for into their basket afterwards. {IN_BASKET}",
    lambda only: people(WITH_BASKET, only), lambda found: found.people.baskets,
)  # fmt: skip
PEOPLE_BOUGHT = _count(
    "wish_people_bought", "People who bought a wish",
    "Those of them who paid an order with something they had wished for, after the wish.",
    lambda only: people(WHO_BOUGHT, only), lambda found: found.people.purchases,
)  # fmt: skip
WISHES_MADE = _count(
    "wishes_made", "Wishes", "Number of wishes made by signed-in people.",
    lambda only: wishes(only=only), lambda found: found.wishes.wishes,
    note="Wishing again for what was taken back is a further wish.",
)  # fmt: skip
WISHES_BASKET = _count(
    "wishes_basket", "Wishes put in the basket",
    f"Those whose own product went into the person's basket afterwards. {IN_BASKET}",
    lambda only: wishes(BASKET, only), lambda found: found.wishes.baskets,
)  # fmt: skip
WISHES_BOUGHT = _count(
    "wishes_bought", "Wishes bought", "Those whose own product the person paid for afterwards.",
    lambda only: wishes(BOUGHT, only), lambda found: found.wishes.purchases,
)  # fmt: skip
GIVEN_UP = _count(
    "wishes_given_up", "Wishes given up",
    "Number of wishes taken back in the window that never were in a basket.",
    lambda only: wishes("steps.has_basket = 0 AND steps.removed_at < {end}", only),
    lambda found: found.given_up,
    note="Taken off the list before the window's end, without having been put in the basket or bought.",
)  # fmt: skip
_ALL = [
    PEOPLE_WISHED,
    PEOPLE_BASKET,
    PEOPLE_BOUGHT,
    _share(
        "wish_people_basket_pct", "Share who put a wish in the basket",
        "People who put a wish in the basket / people who wished × 100.", PEOPLE_BASKET, PEOPLE_WISHED,
    ),
    _share(
        "wish_people_bought_pct", "Share who bought a wish",
        "People who bought a wish / people who wished × 100.", PEOPLE_BOUGHT, PEOPLE_WISHED,
    ),
    _share(
        "wish_people_bought_of_basket_pct", "Share of the baskets that was bought",
        "People who bought a wish / people who put a wish in the basket × 100.", PEOPLE_BOUGHT, PEOPLE_BASKET,
    ),
    WISHES_MADE,
    WISHES_BASKET,
    WISHES_BOUGHT,
    _share(
        "wishes_basket_pct", "Share of wishes put in the basket",
        "Wishes put in the basket / wishes × 100.", WISHES_BASKET, WISHES_MADE,
    ),
    _share(
        "wishes_bought_pct", "Share of wishes bought",
        "Wishes bought / wishes × 100.", WISHES_BOUGHT, WISHES_MADE,
    ),
    GIVEN_UP,
    _median(
        "wish_to_basket", "From the wish to the basket, median",
        "Median time from the wish to the first time its product went into the basket.",
        BASKET_KNOWN, "to basket", lambda found: found.to_basket,
    ),
    _median(
        "basket_to_purchase", "From the basket to the purchase, median",
        "Median time from the basket to the payment of the first order with the product.",
        f"{BASKET_KNOWN} AND {BOUGHT}", "to purchase", lambda found: found.to_purchase,
    ),
    _median(
        "wish_to_purchase", "From the wish to the purchase, median",
        "Median time from the wish to the payment of the first order with its product.",
        BOUGHT, "in all", lambda found: found.in_all,
    ),
]  # fmt: skip
WISH_FIGURES: dict[str, WishFigure] = {one.defined.key: one for one in _ALL}


WISH_KEYS = ("wishes_made", "wishes_basket", "wishes_bought")
"""The figures that `by_step` gives of wishes, also of those for one product."""


def by_step(reached: Reached) -> tuple[int, int, int]:
    """Wished, in the basket, bought."""
    return reached.wishes, reached.baskets, reached.purchases
