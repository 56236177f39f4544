"""manage.py verify_export: is this file, byte for byte, what was exported?"""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from analyticsapp.exports import verifying


class Command(BaseCommand):
    help = (
        "Compare an exported file with its manifest: bytes, SHA-256, rows, sums. Exit code 1: they differ, "
        "or the audit log does not know the manifest. 2: one of them can't be read."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="the CSV file, or the ZIP that has it and its manifest")
        parser.add_argument("manifest", type=Path, nargs="?", help="its manifest.json")
        parser.add_argument("--no-audit", action="store_true", help="this database did not make the file")

    def handle(self, *args: Any, file: Path, manifest: Path | None, no_audit: bool, **options: Any) -> None:
        try:
            differences = verifying.verify(file, manifest)
            entry = None if no_audit else verifying.known_to_the_audit_log(file, manifest)
        except verifying.Unreadable as problem:
            raise CommandError(
                f"{problem} Give the CSV and its manifest, or the ZIP.", returncode=2
            ) from problem
        for difference in differences:
            self.stdout.write(difference)
        if not no_audit and entry is None:
            self.stdout.write("The audit log of this database does not know this manifest.")
        if differences or not (no_audit or entry):
            raise CommandError("The file does not hold.")
        told = f" It was exported {entry.at:%Y-%m-%d %H:%M} UTC by {entry.data['made_by']}." if entry else ""
        self.stdout.write(f"The file is what its manifest says.{told}")
