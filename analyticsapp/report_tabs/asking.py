"""What a report is asked, and what it answers with."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from analyticsapp.kpis import KPIS
from analyticsapp.report_tabs.tables import Head, Table
from analyticsapp.rollups.definitions import State
from analyticsapp.views.asked import Asked
from analyticsapp.windows import Window
from purelaka.figures import Chart

OWN_SUMS = "sums"  # of tables whose rows are days of the window: their line below the title is compared


class CellUrl(Protocol):
    """Addresses of what makes a cell, of the page's window or another."""

    def __call__(self, table: str, row: str, column: str, window: Window | None = None) -> str: ...


@dataclass(frozen=True)
class Asking:
    """What a report is asked: the page's window, the state of the ledger, and a currency.

    `kpi_url` is the address of a figure's page in a window, `cell_url` that of what makes the cell of a
    table, by the table's key, the row's id and the column's name.
    """

    page: Asked
    known: State
    currency: str
    kpi_url: Callable[[str, Window], str]
    cell_url: CellUrl
    row: str | None = None  # the only one that is asked for, where a table can be narrowed to it
    column: str | None = None  # and its cell: what others are made of may be left out
    is_before: bool = False  # for comparison: what stays the same in every window may be left out

    def leads(
        self,
        table: str,
        *,
        windows: Mapping[str, Window] | None = None,
        rows: Mapping[str, str] | None = None,
    ) -> Callable[[str, Head], str]:
        """Where a table's cells lead: those of a figure to its page, others to what makes them.

        `windows` are the rows' own, by their ids, `rows` their keys where the columns have none.
        """

        def url(row: str, head: Head) -> str:
            key = rows[row] if rows else head.key
            if key in KPIS:
                return self.kpi_url(key, windows[row] if windows else self.page.window)
            return self.cell_url(table, row, head.name)

        return url


@dataclass(frozen=True)
class Shown:
    """A report's parts. `charts` are drawn from the tables named by their title's key."""

    tables: Sequence[Table]
    charts: Sequence[tuple[str, Chart]] = ()  # the key of the table that is its file, and the chart
    note: str = ""
