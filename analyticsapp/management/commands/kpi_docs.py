"""Write the documents that are made from the KPI registry and the exports, or check them."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from analyticsapp import documents


class Command(BaseCommand):
    help = (
        "Write docs/kpi_definitions.md, docs/exports.md and docs/contracts/kpi_contract.json from the code."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--check", action="store_true", help="change nothing; exit code 1 when one is stale"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        changed = documents.unversioned()
        if changed:
            raise CommandError(
                f"The formula of {', '.join(changed)} is not as the contract says: give it a new version."
            )
        if options["check"]:
            old = documents.stale()
            if old:
                raise CommandError(f"Not up to date: {', '.join(old)}. Run manage.py kpi_docs.")
            self.stdout.write(f"{len(documents.DOCUMENTS)} documents are up to date")
        else:
            written = documents.write()
            self.stdout.write(f"written: {', '.join(written)}" if written else "nothing to write")
