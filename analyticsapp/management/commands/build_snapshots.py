"""Build the figures per day from the ledger."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from analyticsapp.rollups.build import LedgerBusy, build


class Command(BaseCommand):
    help = (
        "Build the daily figures from the ledger: by default only the days that changed since the last "
        "build. Pages are right without it, and faster with it."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        scope = parser.add_mutually_exclusive_group()
        scope.add_argument("--days", type=days, default=0, help="also rebuild the last DAYS days")
        scope.add_argument("--all", action="store_true", help="rebuild every day")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            done = build(now=timezone.now(), days=options["days"], everything=options["all"])
        except LedgerBusy as error:
            raise CommandError(str(error)) from None
        noun = "day" if done.days == 1 else "days"
        self.stdout.write(
            f"{done.days} {noun} built in {done.seconds:.2f} s, up to ledger entry {done.ledger_id}"
        )


def days(text: str) -> int:
    """A whole number of days. Raises ValueError, which the parser reports."""
    number = int(text)
    if not 1 <= number <= 36_500:
        raise ValueError(text)
    return number
