"""A filtered list as a page shows it: its rows, how many there are, and what their money sums to."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.db import models
from django.db.models import Count, QuerySet, Sum

from purelaka.filters import FilterForm
from purelaka.money import display
from purelaka.paging import keyset

M = TypeVar("M", bound=models.Model)


@dataclass(frozen=True)
class Listing(Generic[M]):
    """What `list.html` shows. `sums` are (label, text), one for each currency; amounts are never added
    across currencies. `newer` and `older` are addresses, empty at an end."""

    form: FilterForm
    rows: list[M]
    number: int
    sums: list[tuple[str, str]]
    newer: str
    older: str


def listing(
    form: FilterForm,
    rows: QuerySet[M, M],
    *,
    by: Sequence[str],
    money: Sequence[tuple[str, str]] = (),
) -> Listing[M]:
    """One page of `rows`, sorted `by` (see `paging.keyset`), and the sums of all of them.

    `money` are (label, column) pairs of a table with a `currency`. Two queries.
    """
    page = keyset(rows, by=by, at=form.address.get("page", ""))
    number, sums = _totals(rows, money)
    return Listing(form, page.rows, number, sums, _beside(form, page.before), _beside(form, page.after))


def _beside(form: FilterForm, marker: str) -> str:
    if not marker:
        return ""
    query = form.address.copy()
    query["page"] = marker
    for name in [name for name in query if not query[name]]:
        del query[name]
    return f"?{query.urlencode(safe=',:')}"


def _totals(rows: QuerySet[M, M], money: Sequence[tuple[str, str]]) -> tuple[int, list[tuple[str, str]]]:
    if not money:
        return rows.count(), []
    sums: dict[str, Any] = {f"sum_{index}": Sum(column) for index, (_, column) in enumerate(money)}
    per_currency = list(
        rows.order_by().values("currency").annotate(number=Count("pk"), **sums).order_by("currency")
    )
    spoken = [
        (label, display(total[f"sum_{index}"], total["currency"]))
        for total in per_currency
        for index, (label, _) in enumerate(money)
        if total[f"sum_{index}"]
    ]
    return sum(total["number"] for total in per_currency), spoken
