"""manage.py check_docs: write docs/monitoring.md anew from the checks."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from monitoring.documents import checks_manual


class Command(BaseCommand):
    help = "Write docs/monitoring.md from the checks' own descriptions."

    def handle(self, *args: Any, **options: Any) -> None:
        path = settings.BASE_DIR / "docs" / "monitoring.md"
        path.write_text(checks_manual(), encoding="utf-8")
        self.stdout.write(f"{path.name} written")
