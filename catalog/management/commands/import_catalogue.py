"""Take a CSV file of the catalogue in, all or nothing."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from catalog.csv_files.reading import BadFile, Line, read
from catalog.csv_files.running import Outcome, Report, apply, preview


class Command(BaseCommand):
    help = "Import products, variants, prices and stock levels from a CSV file, all or nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--dry-run", action="store_true", help="say what it would do, and do nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["file"]
        lines = _lines(path)
        is_dry: bool = options["dry_run"]
        report = preview(lines, actor=None) if is_dry else apply(lines, actor=None, file_name=path.name)
        for step in report.steps:
            if step.outcome != Outcome.NOTHING:
                self.stdout.write(f"line {step.number}: {step.outcome} {step.sku}: {'; '.join(step.said)}")
        if report.errors:
            raise CommandError(f"{len(report.errors)} wrong rows: nothing was imported.")
        self.stdout.write(_summary(report, is_dry))


def _lines(path: Path) -> list[Line]:
    try:
        return read(path.read_bytes(), may_be_large=True)
    except (OSError, BadFile) as why:
        raise CommandError(str(why)) from None


def _summary(report: Report, is_dry: bool) -> str:
    counts = (
        f"{report.number(Outcome.CREATE):,} new, {report.number(Outcome.CHANGE):,} changed, "
        f"{report.number(Outcome.NOTHING):,} as they were"
    )
    return f"Dry run, nothing written: {counts}." if is_dry else f"Imported: {counts}."
