"""Fill an empty store with a made-up history to look around in."""

import time
from argparse import ArgumentParser
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db.models import Count, Q
from django.utils import timezone

from accounts.demo import DEMO_PASSWORD
from accounts.models import Role, User
from monitoring.demo.history import tell
from monitoring.demo.plan import make_plan
from orders.models import DisputeState, Order, OrderStatus, RefundState
from payments.models import Payout, StripeEvent


class Command(BaseCommand):
    help = "Write 18 months of a small made-up skin-care shop into an empty store."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--orders", type=_positive, default=1500, help="how many orders (default: 1500)")

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.PAYMENTS_USE_STRIPE:
            raise CommandError("Demo data is for mock mode: PAYMENTS_USE_STRIPE is on, nothing was done.")
        if Order.objects.exists():
            self.stdout.write("There are orders in this store already: nothing was done.")
            self._logins()
            return
        began = time.monotonic()
        now = timezone.now()
        tell(make_plan(_full_hour(now), options["orders"]), self._progress())
        self._summary(time.monotonic() - began)

    def _progress(self) -> Callable[[int, int], None]:
        """A line that fills up, on a terminal."""
        shown = -1

        def progress(done: int, total: int) -> None:
            nonlocal shown
            percent = done * 100 // total
            if percent != shown and self.stdout.isatty():
                shown = percent
                self.stdout.write(f"\rTelling the shop's history ... {percent} %", ending="")
                self.stdout.flush()
                if done == total:
                    self.stdout.write("")

        return progress

    def _summary(self, seconds: float) -> None:
        figures = Order.objects.aggregate(
            orders=Count("pk"),
            paid=Count("pk", Q(paid_at__isnull=False)),
            to_send=Count("pk", Q(status=OrderStatus.PAID) & ~Q(refund_status=RefundState.FULL)),
            refunded=Count("pk", ~Q(refund_status=RefundState.NONE)),
            disputed=Count("pk", ~Q(dispute_status=DisputeState.NONE)),
        )
        self.stdout.write(
            f"{figures['orders']} orders: {figures['paid']} paid, {figures['to_send']} to send, "
            f"{figures['refunded']} refunded, {figures['disputed']} disputed. "
            f"{StripeEvent.objects.count()} events, {Payout.objects.count()} payouts. {seconds:.1f} s."
        )
        self._logins()

    def _logins(self) -> None:
        """How to get in. A store with orders of its own has none of the demo's people."""
        people = User.objects.filter(email__in=[f"{role}@example.com" for role in Role]).order_by("pk")
        if people:
            self.stdout.write(f"Logins, password {DEMO_PASSWORD}:")
            for person in people:
                self.stdout.write(f"    {person.email}")


def _full_hour(now: datetime) -> datetime:
    return now.replace(minute=0, second=0, microsecond=0)


def _positive(text: str) -> int:
    """A number of orders."""
    number = int(text)
    if number < 1:
        raise ValueError
    return number
