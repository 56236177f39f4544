"""manage.py audit_verify: find rows of the audit log that were changed or removed since they were sealed."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from audit import sealing
from audit.models import AuditSeal

SHOWN = 20


class Command(BaseCommand):
    help = "Verify every seal of the audit log. Exit code 1: something was changed or removed."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--head", help="a head that audit_seal printed: it must still be in the chain")

    def handle(self, *args: Any, head: str | None, **options: Any) -> None:
        try:
            broken = [found.problem for found in sealing.verify()]
            if head and not sealing.holds(sealing.Head.read(head)):
                broken.append(f"the head {head} is not in the chain: newer rows were taken away or made anew")
        except (sealing.NoKey, ValueError) as error:
            raise CommandError(str(error), returncode=2) from error
        for problem in broken[:SHOWN]:
            self.stdout.write(problem)
        if broken:
            raise CommandError(f"{len(broken):,} places do not hold.")
        self.stdout.write(f"{AuditSeal.objects.count():,} seals hold. Head: {sealing.head()}")
