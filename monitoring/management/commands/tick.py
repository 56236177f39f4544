"""manage.py tick: the periodic work, once or in a loop. For cron, or a container of its own."""

import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, close_old_connections
from django.utils import timezone

from monitoring import periodic
from monitoring.locks import Busy, exclusive

LOCK = "tick"
A_MINUTE = 60


class Command(BaseCommand):
    help = (
        "Expire reservations, retry what failed, fetch what is missing, build the rollups, run the checks. "
        "One at a time: a second one says so and ends with exit code 0. Exit code 1: a step failed."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--loop",
            type=seconds,
            nargs="?",
            const=A_MINUTE,
            metavar="SECONDS",
            help=f"again and again, with this pause ({A_MINUTE} seconds unless said)",
        )

    def handle(self, *args: Any, loop: int | None, **options: Any) -> None:
        while True:
            failed = self._once()
            if loop is None:
                if failed:
                    raise CommandError(f"{failed} of the steps failed.", returncode=1)
                return
            close_old_connections()
            time.sleep(loop)

    def _once(self) -> int:
        """Do all steps; returns how many failed."""
        try:
            with exclusive(LOCK):
                return sum(self._tell(done) for done in periodic.run(timezone.now()))
        except Busy as busy:
            self.stdout.write(str(busy))
            return 0
        except DatabaseError as error:  # a loop outlives a database that is away for a while
            self.stdout.write(f"The database does not answer: {error}")
            return 1

    def _tell(self, done: periodic.Done) -> bool:
        outcome = f"FAILED: {done.error}" if done.error else f"{done.number:,}"
        self.stdout.write(f"{done.step:<30} {outcome:<12} {done.seconds:6.2f} s")
        self.stdout.flush()
        return bool(done.error)


def seconds(text: str) -> int:
    """Whole seconds. Raises ValueError, which the parser reports."""
    number = int(text)
    if not 1 <= number <= 86_400:
        raise ValueError(text)
    return number
