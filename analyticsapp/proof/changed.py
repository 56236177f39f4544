"""The rows of a figure that changed since an earlier moment: their changes sum to the figure's own."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from analyticsapp.proof import evidence
from analyticsapp.proof.evidence import Evidence, Scope
from analyticsapp.reading import Sql, rows

SHOWN = 20
# A row may be there now and not then, or the other way round.
CHANGED = """
    SELECT row_id, SUM(was) AS was, SUM(now) AS now, SUM(was_there) AS was_there, SUM(is_there) AS is_there
    FROM (
        SELECT r.row_id, 0 AS was, r.amount AS now, 0 AS was_there, 1 AS is_there FROM ({now}) AS r
        UNION ALL SELECT r.row_id, r.amount, 0, 1, 0 FROM ({then}) AS r
    ) AS both_times GROUP BY row_id HAVING {differs}
"""
AMOUNTS, PRESENCE = "SUM(was) <> SUM(now)", "SUM(was_there) <> SUM(is_there)"
# Each with how many there are, and what all of them come to.
GREATEST = f"""
    SELECT row_id, was, now, was_there, is_there, COUNT(*) OVER (), SUM(now - was) OVER (),
        SUM(is_there - was_there) OVER ()
    FROM ({{changed}}) AS rows_changed ORDER BY ABS(now - was) DESC, row_id DESC LIMIT {SHOWN}
"""


@dataclass(frozen=True)
class ChangedRow:
    """A row's cells, and its amount then and now; None: it was not there."""

    cells: dict[str, Any]
    was: int | None
    now: int | None

    @property
    def change(self) -> int:
        """By how much its amount changed."""
        return (self.now or 0) - (self.was or 0)


@dataclass(frozen=True)
class Changed:
    """The rows with the greatest changes, 20 at most, of `number`.

    `change` is by how much all of them together changed the figure, with its sign.
    """

    rows: Sequence[ChangedRow]
    number: int
    change: int
    counted: bool

    @property
    def nothing(self) -> bool:
        return not self.number


def since(found: Evidence, now: Scope, then: Scope) -> Changed:
    """What changed between the two. One query; two more when something did."""
    query, parameters = between(found, now, then)
    most = rows((GREATEST.replace("{changed}", query), parameters))
    number, amount, count = map(int, most[0][5:]) if most else (0, 0, 0)
    change = count if found.counted else found.sign * amount
    told = list(_told(found, *_narrowed(now, then), [row[:5] for row in most]))
    return Changed(told, number, change, found.counted)


def between(found: Evidence, now: Scope, then: Scope) -> Sql:
    """All rows that changed: `row_id`, `was`, `now`, `was_there`, `is_there`."""
    (of_now, values_now), (of_then, values_then) = map(found.makes, _narrowed(now, then))
    text = CHANGED.replace("{differs}", PRESENCE if found.counted else AMOUNTS)
    return text.replace("{now}", of_now).replace("{then}", of_then), [*values_now, *values_then]


def _narrowed(now: Scope, then: Scope) -> tuple[Scope, Scope]:
    """Both without rows that can't have changed."""
    past = then.state.past
    return replace(now, changed_since=past), replace(then, changed_since=past)


def _told(found: Evidence, now: Scope, then: Scope, most: Sequence[tuple[Any, ...]]) -> Iterator[ChangedRow]:
    here = evidence.named(found, now, [row_id for row_id, *_, is_there in most if is_there])
    gone = evidence.named(found, then, [row_id for row_id, *_, is_there in most if not is_there])
    for row_id, was, amount, was_there, is_there in most:
        cells = here.get(row_id) or gone.get(row_id) or {}
        yield ChangedRow(
            cells,
            int(was) * found.sign if was_there else None,
            int(amount) * found.sign if is_there else None,
        )
