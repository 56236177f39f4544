"""manage.py sync_stripe: fetch from Stripe what it posts no events about."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from payments.sync import pull_missing


class Command(BaseCommand):
    help = "Fetch the balance transactions (fees, payout contents) that are missing. Safe to repeat."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--most", type=int, default=500, help="ask for at most so many of each kind")

    def handle(self, *args: Any, most: int, **options: Any) -> None:
        pulled = pull_missing(timezone.now(), most=most)
        self.stdout.write(f"{pulled} balance transactions fetched")
