"""Write the catalogue as a CSV file."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from catalog.csv_files.writing import written


class Command(BaseCommand):
    help = "Write the catalogue as CSV, one row a variant. docs/catalogue.md explains the columns."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", nargs="?", help="where to; the standard output when left out")

    def handle(self, *args: Any, **options: Any) -> None:
        if not options["file"]:
            for part in written():
                self.stdout.write(part.decode(), ending="")
            return
        with Path(options["file"]).open("wb") as file:
            file.writelines(written())
        self.stdout.write(f"Written to {options['file']}.")
