"""From lines to whole orders. An order is taken as a whole or not at all: half of one has a wrong total."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from payments.importing.cells import (
    MOST,
    NUMBER,
    ORDER_COLUMNS,
    BadCell,
    Item,
    OrderHead,
    OrderLine,
    order_line,
)
from payments.importing.reading import BadFile, Row, rows
from payments.importing.rejects import Rejects


@dataclass(slots=True)
class Draft:
    """One order as the file has it, found good. `amount_total` in minor units, `placed_at` in UTC."""

    number: str
    head: OrderHead
    placed_at: datetime
    amount_total: int
    items: list[Item]
    rows: list[Row]


@dataclass(slots=True)
class Census:
    """A first look at the file: `lines` of each order, and which orders may lack a line.

    `doubtful` maps an order to a line beside it that can't be read and may be one of its own.
    """

    lines: Counter[str] = field(default_factory=Counter)
    doubtful: dict[str, int] = field(default_factory=dict)
    rows: int = 0


def census(path: Path) -> Census:
    """Read the whole file once, so that the end of each order is known. Raises BadFile."""
    seen, before, unread = Census(), "", 0
    for row in rows(path, ORDER_COLUMNS):
        seen.rows += 1
        if row.key:
            seen.lines[row.key] += 1
            if unread:
                seen.doubtful[row.key] = unread
            before, unread = row.key, 0
        else:
            unread = row.line
            if before:
                seen.doubtful[before] = unread
    return seen


def drafts(path: Path, seen: Census, rejects: Rejects) -> Iterator[Draft]:
    """The good orders of the file, each when its last line has come; the others go to `rejects`.

    The lines of one order need not stand together. Raises BadFile.
    """
    open_orders: dict[str, list[Row]] = {}
    for row in rows(path, ORDER_COLUMNS):
        if not row.key:
            rejects.add(path, row, row.fault or "order_number is empty")
            continue
        lines = open_orders.setdefault(row.key, [])
        lines.append(row)
        if len(lines) == seen.lines[row.key]:
            draft = _draft(path, open_orders.pop(row.key), seen, rejects)
            if draft:
                yield draft
    if open_orders:
        raise BadFile(f"{path} was changed while it was read: run this again.")


def refuse(path: Path, order_rows: list[Row], rejects: Rejects, reasons: dict[int, str], why: str) -> None:
    """Reject all lines of an order: those with a reason of their own by line number, the rest with `why`."""
    for row in order_rows:
        rejects.add(path, row, reasons.get(row.line, why))


def _draft(path: Path, order_rows: list[Row], seen: Census, rejects: Rejects) -> Draft | None:
    key = order_rows[0].key
    lines, faults = _read(order_rows)
    if faults:
        refuse(path, order_rows, rejects, faults, f"its order {key} has a bad line: {min(faults)}")
        return None
    items = [line.item for line in lines]
    total = sum(item.amount_total for item in items)
    why = _whole_fault(key, lines, total, seen)
    if _stands_twice(order_rows):
        why = "the same lines stand in the file more than once, with others between"
    if why:
        refuse(path, order_rows, rejects, {}, f"order {key}: {why}")
        return None
    return Draft(key, lines[0].head, lines[0].placed_at, total, items, order_rows)


def _read(order_rows: list[Row]) -> tuple[list[OrderLine], dict[int, str]]:
    """What the lines say, and the faults by line number."""
    lines: list[OrderLine] = []
    faults: dict[int, str] = {}
    for row in order_rows:
        try:
            if row.fault:
                raise BadCell(row.fault)
            lines.append(order_line(row.cells))
        except BadCell as fault:
            faults[row.line] = str(fault)
    return lines, faults


def _whole_fault(key: str, lines: list[OrderLine], total: int, seen: Census) -> str:
    """What is wrong with the order as a whole, or nothing."""
    if not NUMBER.fullmatch(key):
        return "its number is not up to 32 letters, digits or any of _ # . : + -"
    heads = {line.head for line in lines}
    if len(heads) > 1:
        return f"its lines differ in {_differing(heads)}"
    if key in seen.doubtful:
        return f"line {seen.doubtful[key]}, beside its lines, can't be read and may be one of them"
    if not total:
        return "its total is 0: no money moved"
    return "its total is too much" if total > MOST else ""


def _differing(heads: set[OrderHead]) -> str:
    """`email: a@example.com, b@example.com`, of the first column that differs."""
    columns = zip(OrderHead._fields, zip(*heads, strict=True), strict=True)
    name, values = next((name, set(values)) for name, values in columns if len(set(values)) > 1)
    return f"{name}: {', '.join(sorted(values))}"


def _stands_twice(order_rows: list[Row]) -> bool:
    """Whether the order is in the file again and again: two exports put together, not one order."""
    pieces: list[list[str]] = []
    before = 0
    for row in order_rows:
        if row.line != before + 1:
            pieces.append([])
        pieces[-1].append(row.text)
        before = row.line
    return len(pieces) > 1 and all(piece == pieces[0] for piece in pieces)
