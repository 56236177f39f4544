"""The drawn parts of a page, as values: sparklines, money bars and charts.

Everything is computed here, so that a page works without script: the templates `_kpi.html`,
`_money_bar.html` and `_chart.html` only write it down.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from purelaka.money import display, exponent

SPARK_HEIGHT, SPARK_MARGIN = 32, 2


@dataclass(frozen=True)
class Kpi:
    """A figure's card. Texts are ready to show.

    `change` is a word and a number, as `▲ up 3.8%`; `tone` is `good`, `bad` or empty, and says whether
    the change is welcome, not whether it goes up. `note` says what is missing from the figure.
    """

    label: str
    figure: str
    url: str
    change: str = ""
    tone: str = ""
    before: str = ""
    spark: str = ""
    spark_before: str = ""
    note: str = ""


def spark_paths(values: Sequence[int], before: Sequence[int] = ()) -> tuple[str, str]:
    """SVG paths of two series on one scale, in a box of 100 by 32. Empty for fewer than two points."""
    everything = [*values, *before]
    low, high = min(everything, default=0), max(everything, default=0)
    return _path(values, low, high), _path(before, low, high)


def _path(values: Sequence[int], low: int, high: int) -> str:
    if len(values) < 2:
        return ""
    span = (high - low) or 1
    room = SPARK_HEIGHT - 2 * SPARK_MARGIN
    points = [
        f"{100 * i / (len(values) - 1):.1f},{SPARK_MARGIN + room * (high - value) / span:.1f}"
        for i, value in enumerate(values)
    ]
    return "M" + " ".join(points)


class BarPart(NamedTuple):
    """A piece of the bar; `x` and `width` are per cent with two digits."""

    kind: str
    x: str
    width: str


class LegendLine(NamedTuple):
    """`key` is the colour's name (a class `key-…`), or empty."""

    key: str
    label: str
    text: str


class MoneyBar(NamedTuple):
    """What `_money_bar.html` shows; `spoken` tells it to those who don't see it."""

    parts: list[BarPart]
    legend: list[LegendLine]
    spoken: str


KEY_OF_PART = {"net": "1", "fee": "2", "refunded": "loss", "disputed": "5", "before": "6"}


def money_bar(
    *, total: int, total_label: str, currency: str, parts: Sequence[tuple[str, str, int]]
) -> MoneyBar:
    """A bar of `total` minor units cut into `parts` (kind, label, amount).

    Kinds are those of KEY_OF_PART. What left us (all but `net`) is told with a minus. A part below zero
    (a net that is negative after a lost dispute) is in the legend and has no width.
    """
    whole = max(total, sum(max(amount, 0) for _, _, amount in parts), 1)
    legend = [LegendLine("", total_label, display(total, currency))]
    drawn, x = [], 0.0
    for kind, label, amount in parts:
        legend.append(LegendLine(KEY_OF_PART[kind], label, display(_signed(kind, amount), currency)))
        if amount > 0:
            width = 100 * amount / whole
            drawn.append(BarPart(kind, f"{x:.2f}", f"{width:.2f}"))
            x += width
    spoken = ", ".join(f"{line.label} {line.text}" for line in legend)
    return MoneyBar(drawn, legend, spoken)


def _signed(kind: str, amount: int) -> int:
    return amount if kind in ("net", "before") else -amount


class Cell(NamedTuple):
    """A table cell: what is read, and the exact number that is drawn (money in minor units), or None.

    `url` is where the cell, and what is drawn of it, leads.
    """

    text: str
    number: int | float | None = None
    url: str = ""


def money_cell(amount: int, currency: str, url: str = "") -> Cell:
    """An amount in minor units."""
    return Cell(display(amount, currency), amount, url)


def count_cell(number: int, url: str = "") -> Cell:
    """A number of things."""
    return Cell(f"{number:,}", number, url)


@dataclass(frozen=True)
class Chart:
    """A chart and its table. `kind` names the drawing in `js/charts.js`, which says its columns.

    The first column is the label of a row. `keys` are (colour, text), the colour a class `key-…`. `height` is
    empty, `short` or `tall`.
    """

    kind: str
    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    currency: str = ""  # empty: a chart without money
    sub: str = ""
    keys: Sequence[tuple[str, str]] = field(default_factory=tuple)
    csv_url: str = ""
    foot: str = ""
    height: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether it would be drawn without a line, a bar or a square."""
        return not any(cell.number for row in self.rows for cell in row)

    @property
    def digits(self) -> int:
        """Digits after the point in this currency."""
        return exponent(self.currency)
