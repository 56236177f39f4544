"""KPI cards, and how a figure changed against the window before."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from analyticsapp.figures.daily import DayFigures, every_day
from analyticsapp.figures.facts import Comparison
from analyticsapp.kpis import KPIS
from analyticsapp.kpis.definition import PERCENT, Figure, Kpi, average, for_people
from analyticsapp.windows import Window
from purelaka.figures import Kpi as Card
from purelaka.figures import spark_paths

CARDS = (
    "revenue",
    "orders",
    "aov",
    "unique_customers",
    "refunded_amount",
    "fees",
    "net_revenue",
    "repeat_rate_pct",
)
MORE = tuple(key for key, kpi in KPIS.items() if key not in CARDS and not kpi.report)
SPARK_POINTS = 30
# What a KPI is on one day, where that has a meaning.
PER_DAY: dict[str, Callable[[DayFigures], int]] = {
    "revenue": lambda day: day.sales,
    "orders": lambda day: day.orders,
    "aov": lambda day: average(day.sales, day.orders) or 0,
    "refunded_amount": lambda day: -day.refunds,
    "disputed_amount": lambda day: -day.disputes,
    "fees": lambda day: -day.fees,
    "net_revenue": lambda day: day.net_sales,
    "net_to_bank": lambda day: day.net_sales + day.fees + day.unapplied + day.adjustments,
    "unapplied": lambda day: day.unapplied,
    "adjustments": lambda day: day.adjustments,
    "paid_out": lambda day: -day.payouts,
}


@dataclass(frozen=True)
class Change:
    """`▲ up 3.8%` or `▼ down 1.3 points`; `tone` is `good`, `bad` or empty, `before` the earlier figure."""

    text: str
    tone: str
    before: str


def change(kpi: Kpi, now: Figure, before: Figure, currency: str, absent: str = "") -> Change:
    """How the figure moved. Without a figure in either window there is nothing to say but `absent`."""
    if absent and not before:
        return Change(absent, "", "–")
    was = for_people(kpi, before, currency)
    if now is None or before is None:
        return Change("", "", was)
    if now == before:
        return Change("unchanged", "", was)
    sign, word = ("▲", "up") if now > before else ("▼", "down")
    tone = "" if not kpi.better else "good" if word == kpi.better else "bad"
    return Change(f"{sign} {word} {_by(kpi, now, before, currency)}".strip(), tone, was)


def _by(kpi: Kpi, now: int | Fraction, before: int | Fraction, currency: str) -> str:
    """In per cent; across zero, where that says nothing, as the difference."""
    if kpi.unit == PERCENT:
        return f"{_short(abs(Fraction(now) - Fraction(before)))} points"
    if now * before < 0:
        gap = now - before if now > before else before - now
        return for_people(kpi, gap, currency)
    return f"{_short(abs(Fraction(100) * (now - before) / before))}%" if before else ""


def _short(number: Fraction) -> str:
    """One digit after the point, or two where one would say 0.0."""
    digits = 1 if number * 20 > 1 else 2
    return f"{Decimal(round(number * 10**digits)).scaleb(-digits):,.{digits}f}"


def cards(
    found: Comparison, *, window: Window, currency: str, links: dict[str, str], notes: dict[str, str]
) -> list[Card]:
    """The dashboard's cards in one currency.

    `links` leads to each KPI's own page; `notes` say of a KPI what is missing from it.
    """
    return [_card(KPIS[key], found, window, currency, links[key], notes.get(key, "")) for key in CARDS]


def _card(kpi: Kpi, found: Comparison, window: Window, currency: str, url: str, note: str) -> Card:
    now, before = kpi.compute(found.now[currency]), kpi.compute(found.before[currency])
    moved = change(kpi, now, before, currency, found.absent.get(currency, ""))
    spark, earlier = spark_paths(
        series(kpi.key, found, window, currency), series(kpi.key, found, found.earlier, currency)
    )
    return Card(
        label=kpi.label,
        figure=for_people(kpi, now, currency),
        url=url,
        change=moved.text,
        tone=moved.tone,
        before=moved.before if moved.text and moved.before != "–" else "",
        spark=spark,
        spark_before=earlier,
        note=note,
    )


def series(key: str, found: Comparison, window: Window, currency: str) -> list[int]:
    """A KPI day by day, at most 30 points; empty where a day's figure has no meaning."""
    if key == "unique_customers":
        days = [found.counts.customers_of_day.get((currency, day), 0) for day in window.all_days]
    elif key in PER_DAY:
        days = [PER_DAY[key](day) for day in every_day(found.days, window=window, currency=currency)]
    else:
        return []
    return _thinned(days)


def _thinned(days: list[int]) -> list[int]:
    """The mean of neighbours, so that no more than 30 points are left."""
    step = -(-len(days) // SPARK_POINTS)
    groups = [days[start : start + step] for start in range(0, len(days), step)]
    return [sum(group) // len(group) for group in groups]


@dataclass(frozen=True)
class TableRow:
    """A KPI as a line: its figure, the one before and the change."""

    label: str
    url: str
    figure: str
    change: Change
    note: str = ""


def table(
    found: Comparison,
    keys: Iterable[str],
    *,
    currency: str,
    links: dict[str, str],
    notes: dict[str, str],
) -> list[TableRow]:
    """These KPIs as lines."""
    lines = []
    for kpi in (KPIS[key] for key in keys):
        now, before = kpi.compute(found.now[currency]), kpi.compute(found.before[currency])
        moved = change(kpi, now, before, currency, found.absent.get(currency, ""))
        figure = for_people(kpi, now, currency)
        lines.append(TableRow(kpi.label, links[kpi.key], figure, moved, notes.get(kpi.key, "")))
    return lines
