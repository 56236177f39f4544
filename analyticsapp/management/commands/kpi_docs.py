"""Write the documents that are made from the KPI registry and the exports, or check them."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from analyticsapp.kpis import documents

REQUERIED = """The SQL behind {keys} is not as it was.
If one of them counts something else now: give it a new version (kpis/ or wishes/funnel_figures.py in
analyticsapp/) and run this again.
If they count the same, only faster or written in another way, and analyticsapp/tests/test_recount.py agrees:
run manage.py kpi_docs --same-figures, and commit docs/contracts/kpi_queries.json."""


class Command(BaseCommand):
    help = "Write what docs/ says of the KPI registry and the exports, and docs/contracts/, from the code."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--check", action="store_true", help="change nothing; exit code 1 when one is stale"
        )
        parser.add_argument(
            "--same-figures",
            action="store_true",
            help="queries that changed count what they counted: write them down under their versions",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        changed = documents.unversioned()
        if changed:
            raise CommandError(
                f"The formula of {', '.join(changed)} is not as the contract says: give it a new version."
            )
        changed = [] if options["same_figures"] else documents.requeried()
        if changed:
            raise CommandError(REQUERIED.format(keys=", ".join(changed)))
        if options["check"]:
            old = documents.stale()
            if old:
                raise CommandError(f"Not up to date: {', '.join(old)}. Run manage.py kpi_docs.")
            self.stdout.write(f"{len(documents.DOCUMENTS)} documents are up to date")
        else:
            written = documents.write()
            self.stdout.write(f"written: {', '.join(written)}" if written else "nothing to write")
