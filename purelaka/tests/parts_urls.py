"""The addresses, and a page with every part of the look on it, for the browser tests and for the eye."""

from datetime import timedelta
from pathlib import Path

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.template import RequestContext, Template
from django.urls import path
from django.utils import timezone
from django.utils.html import format_html

from purelaka import figures, moments
from purelaka.figures import Cell, Chart, Kpi, count_cell, money_cell
from purelaka.urls import urlpatterns as addresses

PARTS = Path(__file__).parent / "parts.html"
STATES = {
    "Order": ["pending", "paid", "fulfilled", "canceled"],
    "Refund": ["partial", "full", "pending", "succeeded", "failed"],
    "Dispute": ["open", "needs_response", "under_review", "won", "lost"],
    "Event": ["processed", "ignored", "failed"],
    "Check": ["ok", "open", "stale", "running"],
    "Issue": ["critical", "warning", "resolved"],
}
GROSS = [690, 710, 680, 800, 1340, 930, 680, 1190, 950, 570, 1085, 955, 740, 860, 870, 880, 1010, 915]
BACK = [0, 45, 20, 120, 0, 0, 10, 60, 70, 30, 80, 60, 0, 40, 0, 45, 35, 0]


class PartsForm(forms.Form):
    amount = forms.CharField(label="Amount, £", initial="120.00", help_text="At most £88.00 is left.")
    reason = forms.ChoiceField(choices=[("a", "Requested by customer"), ("b", "Duplicate")])
    note = forms.CharField(widget=forms.Textarea(attrs={"rows": 2}), required=False)
    restock = forms.BooleanField(label="Put it back to stock", required=False)

    def clean_amount(self) -> str:
        raise forms.ValidationError("At most £88.00 is left to refund. Enter £88.00 or less.")


def parts(request: HttpRequest) -> HttpResponse:
    messages.success(request, format_html('Refunded £14.00 of <a href="{}">PL-10386</a>.', "#"))
    messages.warning(request, "Stripe did not answer. The refund is saved and will be tried again.")
    form = PartsForm({"amount": "120.00", "reason": "a"})
    lists = {
        "windows": [("7 days", "#", False), ("30 days", "#", True), ("90 days", "#", False)],
        "sums": [("Total", "£6,012.00"), ("Refunded", "£104.00")],
    }
    drawn = {"chart": revenue(), "hours": hours(), "bar": bar(), "kpis": kpis()}
    context = {"states": STATES, "form": form, **lists, **drawn, **moments_()}
    text = PARTS.read_text(encoding="utf-8")
    return HttpResponse(Template(text).render(RequestContext(request, context)))


def moments_() -> dict[str, object]:
    now = timezone.now()
    return {"now": now, "earlier": now - timedelta(minutes=4), "long_ago": now - timedelta(days=400)}


def kpis() -> list[Kpi]:
    spark, before = figures.spark_paths(GROSS, GROSS[::-1])
    lines = {"spark": spark, "spark_before": before}
    up = Kpi("Gross sales", "£26,958.00", "#", "▲ up 3.8%", "good", "£25,979.00", **lines)
    back = Kpi("Refunded amount", "£955.00", "#", "▲ up 34.1%", "bad", "£712.00", **lines)
    fees = Kpi("Stripe fees", "£604.79", "#", "▲ up 14.4%", "", "£528.49", **lines, note="3 fees not known")
    return [up, back, fees, Kpi("Orders", "611", "#")]


def bar() -> figures.MoneyBar:
    cuts = [("net", "Net to bank", 86_27), ("refunded", "Refunded", 14_00), ("fee", "Stripe fee", 1_73)]
    return figures.money_bar(
        total=102_00, total_label="Paid", currency="gbp", parts=[*cuts, ("disputed", "Disputed", 0)]
    )


def revenue() -> Chart:
    first = timezone.now().date() - timedelta(days=len(GROSS) - 1)
    rows = [_row(moments.short_day(first + timedelta(days=i)), g * 100, b * 100) for i, (g, b) in DAYS]
    keys = [("1", "Gross sales"), ("loss", "Refunds"), ("5", "Disputes"), ("line", "Net sales")]
    return Chart(
        "revenue",
        "Revenue by day, refunds and disputes below zero",
        ["Day", "Gross", "Refunds", "Disputes", "Net"],
        rows,
        "gbp",
        sub="GBP, by day the money moved",
        keys=keys,
        csv_url="#",
    )


DAYS = list(enumerate(zip(GROSS, BACK, strict=True)))


def _row(label: str, gross: int, back: int) -> list[Cell]:
    amounts = [gross, -back, 0, gross - back]
    return [Cell(label), *(money_cell(amount, "gbp") for amount in amounts)]


def hours() -> Chart:
    days = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
    rows = [[Cell(day), *(count_cell((i * hour) % 12) for hour in range(24))] for i, day in enumerate(days)]
    return Chart("hours", "When orders are paid", ["Day", *(f"{hour:02}" for hour in range(24))], rows)


def broken(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("broken on purpose")


urlpatterns = [*addresses, path("parts/", parts, name="parts"), path("broken/", broken, name="broken")]
