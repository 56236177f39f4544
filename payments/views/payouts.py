"""One payout: the balance transactions in it, and whether they sum to it."""

from dataclasses import dataclass
from typing import NamedTuple

from django.db.models import Count, QuerySet, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from accounts.roles import staff_required
from payments.filters import NEWEST
from payments.models import BalanceTransaction, Payout
from payments.ownership import order_numbers
from purelaka.paging import keyset


@dataclass(frozen=True)
class Content:
    """What Stripe's books say is in a payout, without the payout's own line; minor units."""

    number: int
    amount: int
    fee: int
    net: int
    difference: int  # the payout less its content
    is_known: bool

    @property
    def agrees(self) -> bool:
        return self.is_known and self.difference == 0


class Row(NamedTuple):
    """A balance transaction and the order it is about, if any."""

    transaction: BalanceTransaction
    order_number: str


@staff_required
@require_safe
def payout_detail(request: HttpRequest, payout_id: str) -> HttpResponse:
    """A payout with its content, newest first."""
    payout = get_object_or_404(Payout, payout_id=payout_id)
    lines = _lines(payout)
    page = keyset(lines, by=NEWEST, at=request.GET.get("page", ""))
    numbers = order_numbers(line.source_id for line in page.rows)
    context = {
        "payout": payout,
        "content": _content(payout, lines),
        "rows": [Row(line, numbers.get(line.source_id, "")) for line in page.rows],
        "newer": f"?page={page.before}" if page.before else "",
        "older": f"?page={page.after}" if page.after else "",
    }
    return render(request, "payments/payout_detail.html", context)


def _lines(payout: Payout) -> QuerySet[BalanceTransaction, BalanceTransaction]:
    """What is in the payout: all lines but its own, which takes their sum away."""
    own = {"balance_transaction_id": payout.balance_transaction_id}
    return BalanceTransaction.objects.filter(payout_id=payout.payout_id).exclude(**own)


def _content(payout: Payout, lines: QuerySet[BalanceTransaction, BalanceTransaction]) -> Content:
    sums = lines.aggregate(number=Count("pk"), amount=Sum("amount"), fee=Sum("fee"), net=Sum("net"))
    net = sums["net"] or 0
    return Content(
        number=sums["number"],
        amount=sums["amount"] or 0,
        fee=sums["fee"] or 0,
        net=net,
        difference=payout.amount - net,
        is_known=sums["number"] > 0,
    )
