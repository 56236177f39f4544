"""manage.py audit_seal: chain the rows of the audit log that have no seal yet."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from audit import sealing


class Command(BaseCommand):
    help = "Seal the new rows of the audit log and print the head of the chain. Keep it elsewhere."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            sealed = sealing.seal(timezone.now())
        except (sealing.NoKey, sealing.Busy) as problem:
            raise CommandError(str(problem)) from problem
        self.stdout.write(f"{sealed:,} rows sealed. Head: {sealing.head()}")
