"""Pairs of days: how a day's rows of a rollup stand to earlier days' rows of the same customer, or order.

There are as many pairs as days allow, however many customers there are. So what is counted once in a
window is counted from its pairs.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection, models

from analyticsapp.reading import in_list
from analyticsapp.rollups.definitions import Rollup
from analyticsapp.rollups.renewing import renew

PAIR = "day, currency, earlier"


@dataclass(frozen=True)
class DayPairs:
    """A table of pairs, and how it follows from the rows of a rollup that have the same `key`.

    `select` makes a pair's `figures` from rows that stand for `{rows}`. Of `running`, names and terms of
    figures, the sums over the pairs of the day from `earlier` on are kept: there a window that begins on
    that day finds them.
    """

    model: type[models.Model]
    rollup: Rollup
    key: str
    select: str
    figures: tuple[str, ...]
    running: tuple[tuple[str, str], ...] = ()

    @property
    def table(self) -> str:
        return self.model._meta.db_table

    @property
    def columns(self) -> str:
        """All but the primary key, in the order of `from_rollup`."""
        return ", ".join([PAIR, *self.figures, *(name for name, _ in self.running)])

    def from_rollup(self) -> str:
        """The SELECT that makes the whole table."""
        return self._with_running(self._made(f"SELECT * FROM {self.rollup.table}"))

    def remake(self) -> None:
        """All pairs, from the whole rollup."""
        renew(self.table, self.columns, (self.from_rollup(), []))

    @contextmanager
    def following(self, days: list[date]) -> Iterator[None]:
        """While the block makes the rollup of these days anew, the pairs follow.

        What the customers or orders of these days said before is taken off, and what they say
        afterwards is added.
        """
        touched, before, moved = (f"{self.table}_{name}" for name in ("touched", "before", "moved"))
        listed, parameters = in_list("day", days)
        fresh, of_fresh = self.rollup.from_ledger(in_list("occurred_on", days))
        key, columns, sums = self.key, f"{PAIR}, {', '.join(self.figures)}", self._sums()
        _make(
            touched,
            f"SELECT {key}, currency FROM {self.rollup.table} WHERE {listed} "
            f"UNION SELECT {key}, currency FROM ({fresh}) AS fresh",
            [*parameters, *of_fresh],
        )
        made = self._made(
            f"SELECT kept.* FROM {touched} AS touched JOIN {self.rollup.table} AS kept "
            f"ON kept.{key} = touched.{key} AND kept.currency = touched.currency"
        )
        _make(before, made)
        yield
        taken_off = ", ".join(f"-{figure}" for figure in self.figures)
        _make(
            moved,
            f"SELECT {sums} FROM (SELECT {columns} FROM ({made}) AS made "
            f"UNION ALL SELECT {PAIR}, {taken_off} FROM {before}) AS both_ends {self._grouped()}",
        )
        self._add(moved)
        for table in (touched, before, moved):
            _execute(f"DROP TABLE {table}")

    def _add(self, moved: str) -> None:
        """Add figures to those of their pairs, and sum up their days anew."""
        summed, columns = f"{self.table}_summed", f"{PAIR}, {', '.join(self.figures)}"
        of_days = f"{self.table} WHERE day IN (SELECT day FROM {moved})"
        _make(
            summed,
            f"SELECT {self._sums()} FROM (SELECT {columns} FROM {of_days} "
            f"UNION ALL SELECT {columns} FROM {moved}) AS added {self._grouped()}",
        )
        _execute(f"DELETE FROM {of_days}")
        rows = self._with_running(f"SELECT * FROM {summed}")
        _execute(f"INSERT INTO {self.table} ({self.columns}) {rows}")
        _execute(f"DROP TABLE {summed}")

    def _made(self, rows: str) -> str:
        return self.select.replace("{rows}", rows)

    def _sums(self) -> str:
        return ", ".join([PAIR, *(f"CAST(SUM({one}) AS bigint) AS {one}" for one in self.figures)])

    def _grouped(self) -> str:
        """Pairs of which nothing is left are left out."""
        return f"GROUP BY {PAIR} HAVING {' OR '.join(f'SUM({one}) <> 0' for one in self.figures)}"

    def _with_running(self, pairs: str) -> str:
        running = "".join(
            f", CAST(SUM({term}) OVER later AS bigint) AS {name}" for name, term in self.running
        )
        window = "WINDOW later AS (PARTITION BY day, currency ORDER BY earlier DESC)" if running else ""
        return f"SELECT {PAIR}, {', '.join(self.figures)}{running} FROM ({pairs}) AS pairs {window}"


def _make(table: str, select: str, parameters: list[Any] | None = None) -> None:
    _execute(f"CREATE TEMPORARY TABLE {table} AS {select}", parameters)


def _execute(statement: str, parameters: list[Any] | None = None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
