"""The written contract: definitions, columns and their machine-readable form, made from the code."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path

from django.conf import settings
from django.db import connection
from django.urls import reverse

from analyticsapp.exports.csv_file import DAY, MOMENT, MONEY, NUMBER, PERSON, TEXT, WORD, Column
from analyticsapp.exports.files import CONTRACT_VERSION, EXPORTS, SUMMARY_KPIS
from analyticsapp.kpis import KPIS
from analyticsapp.kpis.breakdowns import BREAKDOWNS, Breakdown
from analyticsapp.kpis.definition import COUNT, PERCENT, Kpi
from analyticsapp.kpis.definition import MONEY as MONEY_UNIT
from analyticsapp.kpis.formulas import SAMPLE, fingerprints
from analyticsapp.months.closing import REBUILT
from analyticsapp.proof.of_figures import (
    CUSTOMER_COLUMNS,
    ENTRY_COLUMNS,
    FACT_COLUMNS,
    GOODS_COLUMNS,
    LINE_COLUMNS,
    ORDER_COLUMNS,
    PERSON_COLUMNS,
)
from analyticsapp.views.order_rows import ROW_COLUMNS
from analyticsapp.wishes.funnel import PEOPLE, SECONDS, WISHES
from analyticsapp.wishes.funnel_figures import SPAN, WISH_FIGURES

UNITS = {
    MONEY_UNIT: "Money, in the currency's smallest unit inside, in whole units with its digits outside",
    COUNT: "A whole number",
    PERCENT: "Per cent: exact inside, rounded half to even to two digits outside",
    SPAN: "A time",
}
TYPES = {
    TEXT: "text",
    PERSON: "text",
    WORD: "word",
    NUMBER: "number",
    MONEY: "money",
    MOMENT: "moment, UTC",
    DAY: "day, store's zone",
}

DEFINITIONS_HEAD = """# What the figures mean

Made by `manage.py kpi_docs` from `analyticsapp/kpis/`; a test fails when the two differ. A formula
that changes gets a new version.

What holds for all of them:

- Every figure of money that moved is a sum or a count over rows of the ledger, which only grows: a correction
  is a further row. A figure's page lists its rows, and they come to it.
- A day is a calendar day in the store's time zone (`TIME_ZONE`). It has 23, 24 or 25 hours. A window is
  so many days that end today, today so far included, or any first and last day, both included.
- Money is kept in whole numbers of the currency's smallest unit. Currencies are never added: there is a
  row for each.
- Per cents and averages are computed from the exact sums of the window, and rounded once, half to even,
  when they are shown. With nothing to divide by, pages show a dash and files say 0.00.
- A month that is closed keeps every figure below as it was reported; one that was defined later is said to be
  not kept. The check `months_closed` compares each with the audit log, and makes it again from what was known
  then, where that is stored row by row: see *Closed month*. Breakdowns are not kept: they are of any window,
  and each of their cells answers for an earlier day.
"""

BREAKDOWNS_HEAD = """## Breakdowns

Columns of the reports (`analyticsapp/kpis/breakdowns.py`): figures by day, month, country and so on. A cell
leads to the rows that make it, with their sum and their file; one that is a figure of its own days leads to
that figure's page.
"""

WISHES_HEAD = """## Wishes

Figures of the funnel from wish to purchase (`analyticsapp/wishes/funnel_figures.py`). Each, and each
product's and person's, leads to the wishes or people that make it.
"""

EXPORTS_HEAD = f"""# The files

Made by `manage.py kpi_docs` from `analyticsapp/exports/files.py`. Their headers are a contract, version
{CONTRACT_VERSION}: `docs/contracts/kpi_contract.json` says it for programs, and
`analyticsapp/tests/test_export_contract.py` guards it. A column is never renamed, moved or given
another meaning within a version; new ones come at the end.

- **Who**: analysts and administrators, signed in. Everyone else gets a 404, or the login.
- **Window**: `?days=30` is the 30 days that end today, today so far included; `?period=month` is a
  month, quarter or year by name (`month`, `last_month`, `quarter`, `last_quarter`, `year`, `last_year`);
  `?start=2026-10-01&end=2026-10-31` is both days and what lies between; `start` alone means until
  today. Without any it is the last 30 days; the KPI summary then has those of 7, 30 and 90 days. What
  can't be read is refused with a sentence that says why.
- **Form**: CSV in UTF-8 without a byte order mark, comma, `"` around a cell only where it needs them, a
  line feed at the end of each line. An empty cell says that there is no value. Numbers are plain: no
  thousands separators, a hyphen for a minus, a point.
- **Money** is in the currency's whole units with the currency's own digits: `1234.50` in gbp, `1200` in
  jpy, `1.234` in kwd. Currencies are written as Stripe does, in lower case, and never added.
- **Times** are UTC, `2026-11-24T14:31:00Z`. **Days** are days in the store's time zone, which the
  `X-Time-Zone` header of the answer names. `X-Contract-Version` names this contract's version.
- **Text** that a spreadsheet would run as a formula (it begins with `=`, `+`, `-`, `@`, also after
  spaces, or with a tab or a line break) has an apostrophe in front. Numbers are never touched.
- **One view**: a file shows the data as of one moment, whatever is written while it is sent. Rows have
  a total order, and there are as many as there are: no limit.
- **Forms**: CSV; a spreadsheet (`.xlsx` in the address's place of `.csv`), whose numbers are numbers, and
  days and moments (UTC) dates; or a ZIP (`.zip`) with the CSV and its manifest: who, windows in the store's
  days and in UTC, contract version, bytes, rows, SHA-256, the sum of each money column. `manage.py
  verify_export FILE.zip` (or `FILE MANIFEST`) compares all of that, and the manifest's own SHA-256 with the
  audit log.
- **Again**: a file can be saved with its window under *Analytics, Files, Saved exports*, and its link can
  come by mail every day, Monday or first of the month.
- **Written down**: each file leaves an entry `analytics_export` in the audit log: who, from which
  address, which file and window, the number of rows and bytes, the SHA-256 of the file, and whether it
  went out whole (`complete`, `client_left` or `failed`).

The `total` column of *orders* sums to `revenue` of *kpi_summary* for the same window and currency; so
does `total_spent` of *customers*. `units` and `revenue` of *products* are sums over order lines, each less
its share of the order's discount. Delivery, and tax where prices are without it, is in `revenue` of
*kpi_summary* and in no product's figure: the products of a window sum to less by just that.
"""

MADE_AGAIN = "kept, and made again by the check from what was known then"
AS_REPORTED = (
    "kept as it was reported, and compared with the audit log only: what was known of it is stored by "
    "moments, not row by row"
)


def definitions() -> str:
    """`docs/kpi_definitions.md`."""
    return "\n".join(
        [
            DEFINITIONS_HEAD,
            *map(_definition, KPIS.values()),
            BREAKDOWNS_HEAD,
            *(_cells(one, f"{one.label}, by {one.by[0].lower()}{one.by[1:]}") for one in BREAKDOWNS.values()),
            WISHES_HEAD,
            *(_cells(one.defined, one.defined.label) for one in WISH_FIGURES.values()),
        ]
    )


def _cells(one: Breakdown, title: str) -> str:
    facts = {
        "Key": f"`{one.key}`",
        "By": one.by,
        "Unit": UNITS[one.unit],
        "Formula": one.formula,
        "Day": one.date_rule,
        "Currency": one.currency_rule,
        "Note": one.edge_cases,
        "Source": one.source,
        "Version": str(one.version),
    }
    return "\n".join([f"### {title}\n", *(f"- **{name}**: {text}" for name, text in facts.items()), ""])


def _definition(kpi: Kpi) -> str:
    facts = {
        "Key": f"`{kpi.key}`" + (", a column of the KPI summary" if kpi.key in SUMMARY_KPIS else ""),
        "Unit": UNITS[kpi.unit],
        "Formula": kpi.formula,
        "Day": kpi.date_rule,
        "Currency": kpi.currency_rule,
        "Note": kpi.edge_cases,
        "Source": kpi.source,
        "Closed month": MADE_AGAIN if kpi.key in REBUILT else AS_REPORTED,
        "Version": str(kpi.version),
    }
    return "\n".join([f"## {kpi.label}\n", *(f"- **{name}**: {text}" for name, text in facts.items()), ""])


def files() -> str:
    """`docs/exports.md`."""
    parts = [
        f"## {export.title}\n\n`{_path(export.key)}`: {export.about}\n\n{_table(export.columns)}"
        for export in EXPORTS.values()
    ]
    return "\n".join([EXPORTS_HEAD, *parts, _list_of_orders(), _rows_of_figures()])


def _list_of_orders() -> str:
    about = (
        "`/analytics/orders/rows.csv?status=paid&country=Germany`: what the list of orders shows for the "
        "same address, in its order, page after page. No part of the contract."
    )
    return f"## The list of orders\n\n{about}\n\n{_table(ROW_COLUMNS)}"


def _rows_of_figures() -> str:
    shapes = {
        "of money: revenue, average order value, refunds, disputes, fees, net sales": ENTRY_COLUMNS,
        "of orders: orders, refunded orders": ORDER_COLUMNS,
        "of customers": CUSTOMER_COLUMNS,
        "of people with a wish": PERSON_COLUMNS,
        "of margin (`amount` is pieces for those without a known cost)": LINE_COLUMNS,
        "of goods: units, gross product sales": GOODS_COLUMNS,
        "of charges and disputes": FACT_COLUMNS,
        "of the way from wish to purchase, `/analytics/wishes/rows.csv?days=30`": WISHES.columns,
        "of it, wish by wish, `/analytics/wishes/<figure>/rows.csv`; `seconds` only of times": (
            *WISHES.columns,
            SECONDS,
        ),
        "of it, person by person": PEOPLE.columns,
    }
    tables = [f"Figures {what}:\n\n{_table(columns)}" for what, columns in shapes.items()]
    about = (
        "`/analytics/kpi/<key>/rows.csv?currency=gbp`: what the figure's page lists. No part of the contract."
    )
    return "\n".join([f"## The rows of a figure\n\n{about}\n", *tables])


def _table(columns: Sequence[Column]) -> str:
    lines = [f"| `{column.name}` | {TYPES[column.kind]} | {column.meaning} |" for column in columns]
    return "\n".join(["| column | holds | meaning |", "| --- | --- | --- |", *lines, ""])


def contract() -> str:
    """`docs/contracts/kpi_contract.json`."""
    written = {
        "contract_version": CONTRACT_VERSION,
        "encoding": "utf-8",
        "line_end": "\n",
        "moments": "UTC, YYYY-MM-DDTHH:MM:SSZ",
        "days": "YYYY-MM-DD in the store's time zone",
        "exports": {
            key: {
                "path": _path(key),
                "columns": [
                    {"name": column.name, "type": TEXT if column.kind == PERSON else column.kind}
                    for column in export.columns
                ],
            }
            for key, export in EXPORTS.items()
        },
        "kpis": {
            key: {
                "version": kpi.version,
                "unit": kpi.unit,
                "formula": kpi.formula,
                "of_sample": str(kpi.compute(SAMPLE)),
            }
            for key, kpi in KPIS.items()
        },
        "breakdowns": {key: _promised(one) for key, one in BREAKDOWNS.items()},
        "wishes": {key: _promised(one.defined) for key, one in WISH_FIGURES.items()},
    }
    return json.dumps(written, indent=2, ensure_ascii=False) + "\n"


def _promised(one: Breakdown) -> dict[str, str | int]:
    return {"version": one.version, "unit": one.unit, "by": one.by, "formula": one.formula}


def queries() -> str:
    """`docs/contracts/kpi_queries.json`. On Postgres as it is: it can only be made on SQLite."""
    if connection.vendor != "sqlite":
        return _read(_file(QUERIES))
    found = {
        part: {key: {"version": version, "queries": text} for key, (version, text) in figures.items()}
        for part, figures in fingerprints().items()
    }
    return json.dumps(found, indent=2) + "\n"


def _path(key: str) -> str:
    return reverse(f"analyticsapp:export-{key.replace('_', '-')}")


QUERIES = "docs/contracts/kpi_queries.json"
DOCUMENTS: dict[str, Callable[[], str]] = {
    "docs/kpi_definitions.md": definitions,
    "docs/exports.md": files,
    "docs/contracts/kpi_contract.json": contract,
    QUERIES: queries,
}


def stale() -> list[str]:
    """The documents that do not say what the code does."""
    return [name for name, make in DOCUMENTS.items() if _read(_file(name)) != make()]


def unversioned() -> list[str]:
    """Figures whose formula is not as the written contract says, while their version is.

    A formula is its words and what it makes of the same numbers.
    """
    text = _read(_file("docs/contracts/kpi_contract.json"))
    promised, now = json.loads(text or "{}"), json.loads(contract())
    return [
        key
        for part in ("kpis", "breakdowns", "wishes")
        for key, one in now[part].items()
        if (was := promised.get(part, {}).get(key)) and was != one and was["version"] == one["version"]
        if any(name in was and was[name] != one[name] for name in ("unit", "formula", "of_sample"))
    ]


def requeried() -> list[str]:
    """Figures whose queries are not as they were written down, while their version is."""
    promised, now = (json.loads(text or "{}") for text in (_read(_file(QUERIES)), queries()))
    return [
        key
        for part, figures in now.items()
        for key, one in figures.items()
        if (was := promised.get(part, {}).get(key)) and was != one and was["version"] == one["version"]
    ]


def write() -> list[str]:
    """Write those that are stale, and say which they were. Look at `unversioned` and `requeried` before."""
    old = stale()
    for name in old:
        _file(name).parent.mkdir(parents=True, exist_ok=True)
        _file(name).write_text(DOCUMENTS[name](), encoding="utf-8", newline="\n")
    return old


def _file(name: str) -> Path:
    return Path(settings.BASE_DIR) / name


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.exists() else ""
