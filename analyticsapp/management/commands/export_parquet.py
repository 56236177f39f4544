"""manage.py export_parquet DIR|s3://…: bring the warehouse's files up to date."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from analyticsapp.rollups.build import LedgerBusy
from analyticsapp.warehouse import writing
from analyticsapp.warehouse.parquet_store import CannotExport


class Command(BaseCommand):
    help = (
        "Write the ledger, orders, lines, customers, wishes and baskets as Parquet, by month. What is there "
        "already is not written again. One at a time for each place."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("place", help="a folder, or an address such as s3://bucket/path")

        parser.add_argument(
            "--without-personal-data",
            action="store_true",
            help="customer keys in the place of email addresses; needs PERSONAL_DATA_SALT",
        )

    def handle(self, *args: Any, place: str, without_personal_data: bool, **options: Any) -> None:
        now = timezone.now()
        try:
            manifest = writing.export(place, now=now, personal_data=not without_personal_data)
        except (CannotExport, LedgerBusy, OSError) as problem:
            raise CommandError(str(problem)) from problem
        run = now.strftime(writing.RUN)
        for name, files in manifest.files.items():
            new = sum(file.path.endswith(f"{run}.parquet") for file in files)
            rows = sum(file.rows for file in files)
            self.stdout.write(f"{name:<14} {rows:>12,} rows in {len(files):>4} files, {new} of them new")
