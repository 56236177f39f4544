"""The SQL behind each figure, so that a formula that changes in a query gets a new version too.

`docs/contracts/kpi_queries.json` keeps a fingerprint of it for each KPI, for each breakdown of the
reports and for each figure of the funnel of wishes. It is of the text that SQLite gets, since some of it
differs on Postgres; spaces and the order of a SELECT's columns mean nothing.
"""

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import fields
from datetime import UTC, date, datetime
from functools import lru_cache
from itertools import chain
from typing import cast

from analyticsapp.figures import counts
from analyticsapp.figures.facts import Facts
from analyticsapp.figures.further import GROUPS
from analyticsapp.kpis import KPIS
from analyticsapp.kpis.breakdowns import BREAKDOWNS
from analyticsapp.kpis.definition import Kpi
from analyticsapp.reading import noting
from analyticsapp.report_tabs import CELLS
from analyticsapp.report_tabs.asking import Asking
from analyticsapp.reports import margin
from analyticsapp.reports.margin import Margin
from analyticsapp.rollups.definitions import DAILY_ROLLUP, EVERY_DAY, State, relation
from analyticsapp.rollups.refunded import REFUNDED
from analyticsapp.rollups.returning import RETURNS
from analyticsapp.views.asked import Asked
from analyticsapp.windows import Window
from analyticsapp.wishes import funnel
from analyticsapp.wishes.funnel_figures import WISH_FIGURES, WISH_KEYS

# Numbers that tell formulas apart: what a figure makes of them changes when its formula does.
SAMPLE = Facts(
    currency="gbp",
    **{
        one.name: 1009 * number + 7**number
        for number, one in enumerate(fields(Facts), start=1)
        if one.type in ("int", int)
    },
    further={name: 2003 + 211 * n for n, name in enumerate(n for names, _ in GROUPS.values() for n in names)},
    margin=Margin(revenue=50_021, cost=30_011, pieces=401, pieces_without_cost=19),
)
# A month of which one day is read from the ledger and the others as they were built; and as it was known.
JUNE = Window(date(2026, 6, 1), date(2026, 6, 30))
BUILT = State(live=(JUNE.end,), currencies=("gbp",), data_through=None)
AS_KNOWN = BUILT.as_known_at(datetime(2026, 7, 1, tzinfo=UTC))

WORD = re.compile(r"'(?:[^']|'')*'|\w+|[<>=!|]+|\S")


def fingerprints() -> dict[str, dict[str, tuple[int, str]]]:
    """The version and the fingerprint of each KPI, breakdown and figure of the funnel. Only on SQLite."""
    of_cells = _of_cells()
    return {
        "kpis": {key: (kpi.version, _fingerprint(statements(kpi))) for key, kpi in KPIS.items()},
        "breakdowns": {key: (one.version, _fingerprint(of_cells[key])) for key, one in BREAKDOWNS.items()},
        "wishes": {
            key: (one.defined.version, _fingerprint(_of_funnel(key))) for key, one in WISH_FIGURES.items()
        },
    }


def statements(kpi: Kpi) -> list[str]:
    """Every query that makes a fact which this KPI is computed of. KeyError: a fact has none in SOURCES."""
    facts = _facts_of(kpi) - {"further"}
    if unknown := facts - set().union(*(names for names, _ in SOURCES)):
        raise KeyError(f"name the query of {', '.join(sorted(unknown))} in SOURCES")
    found = [query for names, queries in SOURCES for query in queries() if facts & names]
    return found + [query for group in kpi.needs for query in _further(group)]


def _of_cells() -> dict[str, set[str]]:
    """The queries that make the tables of the reports, by the breakdowns that these show."""
    found: dict[str, set[str]] = {}
    page = Asked(JUNE, JUNE.end, "", "", "")
    for makes in chain.from_iterable(tables.values() for tables in CELLS.values()):
        for known in (BUILT, AS_KNOWN):
            with noting() as queries:
                table = makes(Asking(page, known, "gbp", lambda *_: "", lambda *_: ""))
            for key in {*(head.key for head in table.heads), *table.row_keys} & BREAKDOWNS.keys():
                found.setdefault(key, set()).update(queries)
    return found


def _of_funnel(key: str) -> list[str]:
    """The query of the funnel, with that of its products where they show this figure."""
    return [
        funnel.funnel_query(JUNE, past=known.past, with_products=key in WISH_KEYS)[0]
        for known in (BUILT, AS_KNOWN)
    ]


def _days() -> list[str]:
    return [relation(DAILY_ROLLUP, JUNE, state)[0] for state in (BUILT, AS_KNOWN)]


def _counts() -> list[str]:
    asked = [counts.query(JUNE, state, JUNE.previous)[0] for state in (BUILT, AS_KNOWN)]
    kept = [(pairs.from_rollup(), pairs.rollup.from_ledger(EVERY_DAY)[0]) for pairs in (RETURNS, REFUNDED)]
    return [*asked, *chain.from_iterable(kept)]


def _margins() -> list[str]:
    return [text for state in (BUILT, AS_KNOWN) for text, _ in margin.queries(JUNE, "gbp", state)]


def _further(group: str) -> list[str]:
    return [GROUPS[group][1](JUNE, state)[0] for state in (BUILT, AS_KNOWN)]


DAY_FACTS = {"revenue", "orders", "refunded", "disputed", "fees", "unapplied", "adjustments", "payouts"}
COUNTED = {
    *("refunded_orders", "unique_customers", "repeat_customers"),
    *("wishlisted_users", "basket_users", "purchased_users"),
}
SOURCES: list[tuple[set[str], Callable[[], list[str]]]] = [
    (DAY_FACTS, _days),
    (COUNTED, _counts),
    ({"margin"}, _margins),
]
"""Facts, and the queries that make them; further facts have theirs in `analyticsapp.figures.further`."""


class _Reader:
    """Facts that note which of them are read."""

    def __init__(self) -> None:
        self.read: set[str] = set()

    def __getattr__(self, name: str) -> object:
        self.read.add(name)
        return getattr(SAMPLE, name)


def _facts_of(kpi: Kpi) -> set[str]:
    reader = _Reader()
    kpi.compute(cast(Facts, reader))
    return reader.read


def _fingerprint(queries: Iterable[str]) -> str:
    text = "\n".join(sorted(canonical(query) for query in queries))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


@lru_cache(maxsize=512)  # one query makes many figures
def canonical(query: str) -> str:
    """The text of a query without its spaces, and with the columns of each SELECT in order."""
    return " ".join(_words(iter(WORD.findall(query))))


def _words(tokens: Iterator[str]) -> list[str]:
    """Those up to the bracket that closes; what is between brackets is one word."""
    words: list[str] = []
    for word in tokens:
        if word == ")":
            break
        words.append(f"({' '.join(_words(tokens))})" if word == "(" else word)
    return _in_order(words)


def _in_order(words: list[str]) -> list[str]:
    done: list[str] = []
    columns: list[list[str]] = []
    for word in [*words, ""]:
        if columns and word in ("FROM", "UNION", ""):
            done.append(", ".join(sorted(" ".join(column) for column in columns)))
            columns = []
        if not columns:
            done += [word] if word else []
            columns = [[]] if word == "SELECT" else []
        elif word == ",":
            columns.append([])
        else:
            columns[-1].append(word)
    return done
