"""What the lists of payments, refunds, disputes, payouts and events are narrowed by."""

from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, TypeVar

from django import forms
from django.db import models
from django.db.models import Case, F, Q, QuerySet, Value, When
from django.db.models.functions import Coalesce

from payments.disputes.reasons import REASONS
from payments.ledger import OPEN_DISPUTE
from payments.models import (
    Dispute,
    EventSource,
    EventStatus,
    Payment,
    PaymentStatus,
    Payout,
    Refund,
    RefundStatus,
    StripeEvent,
    facts,
)
from purelaka.days import day_bounds
from purelaka.filters import (
    EARLIEST,
    LATEST,
    DayField,
    FilterForm,
    MinuteField,
    MomentField,
    View,
    choice,
    search,
)

M = TypeVar("M", bound=models.Model)

# What Stripe, or the customer's bank, waits for us to answer.
NEEDS_RESPONSE = facts.NEEDS_RESPONSE
CLOSED_DISPUTE = ("won", "lost", "warning_closed")
DISPUTE_VIEWS = [("answer", "To answer"), ("won", "Won"), ("lost", "Lost"), ("all", "All")]
NEVER = datetime(9000, 1, 1, tzinfo=UTC)
NOT_OURS = datetime(9999, 1, 1, tzinfo=UTC)  # after all that waits for us
NEWEST = ("-created", "-id")

FAMILIES = [
    ("payment_intent.", "payment_intent.*"),
    ("charge.", "charge.*"),
    ("charge.dispute.", "charge.dispute.*"),
    ("refund.", "refund.*"),
    ("payout.", "payout.*"),
    ("balance_transaction.", "balance_transaction.*"),
]
OBJECTS = ("payment_intent", "charge", "refund", "dispute", "payout", "balance_transaction")
LATE = [
    ("1", "Over a minute late"),
    ("5", "Over 5 minutes late"),
    ("60", "Over an hour late"),
    ("1440", "Over a day late"),
]
WITHOUT_ORDER = [("none", "Without an order"), ("one", "With an order")]


class FactFilter(FilterForm):
    """Filters of Stripe's objects. Days are those on which Stripe made them, in the store's zone."""

    ids: ClassVar[tuple[str, ...]] = ()  # columns that the search looks into, whole values only
    # The column of each field that is a moment: when we learnt of it, which Stripe's clock does not say.
    since: ClassVar[dict[str, str]] = {}

    def narrow(self, rows: QuerySet[M, M]) -> QuerySet[M, M]:
        """The objects that match every filter that is on."""
        if sought := self.value("q"):
            found = Q(*[(column, sought) for column in self.ids], _connector=Q.OR)
            if "order" in self.fields:
                found |= Q(order__number__in=[sought, sought.upper()])
            rows = rows.filter(found)
        if status := self.value("status"):
            rows = rows.filter(status=status)
        if order := self.value("order"):
            rows = rows.filter(order__isnull=order == "none")
        rows = rows.filter(self.in_time())
        moments = {name: self.value(name) for name in self.since}
        return rows.filter(**{f"{self.since[name]}__gte": at for name, at in moments.items() if at})

    def in_time(self) -> Q:
        """When Stripe made them."""
        start, end = self.value("start"), self.value("end")
        if not (start or end):
            return Q()
        since, until = day_bounds(start or EARLIEST, end or LATEST)
        return Q(created__gte=since, created__lt=until)


class PaymentFilter(FactFilter):
    main = ("q", "status")
    ids = ("payment_intent_id",)

    q = search("Search", "Order number or pi_…")
    status = choice("Status", PaymentStatus.choices)
    order = choice("Order", WITHOUT_ORDER, any_label="With or without an order")
    start = DayField(label="Begun from")
    end = DayField(label="Begun until")

    def payments(self) -> QuerySet[Payment, Payment]:
        return self.narrow(Payment.objects.select_related("order"))


class RefundFilter(FactFilter):
    main = ("q", "status")
    ids = ("refund_id", "payment_intent_id", "charge_id")
    since: ClassVar[dict[str, str]] = {"made": "known_at", "failed": "status_known_at"}

    q = search("Search", "Order number or re_…")
    status = choice("Status", RefundStatus.choices)
    order = choice("Order", WITHOUT_ORDER, any_label="With or without an order")
    start = DayField(label="Made from")
    end = DayField(label="Made until")
    made = MomentField(label="Known since")
    failed = MomentField(label="Failure known since")

    def refunds(self) -> QuerySet[Refund, Refund]:
        return self.narrow(Refund.objects.select_related("order"))


class DisputeFilter(FactFilter):
    """What is open: what waits for us by due date, then what the bank decides. The rest newest first."""

    main = ("q",)
    quiet = ("view", "window")
    ids = ("dispute_id", "payment_intent_id", "charge_id")
    since: ClassVar[dict[str, str]] = {"opened": "known_at", "closed": "status_known_at"}

    view = choice("View", DISPUTE_VIEWS, is_hidden=True)
    window = forms.CharField(max_length=8, required=False, widget=forms.HiddenInput)  # of the rates below
    q = search("Search", "Order number or du_…")
    reason = choice("Reason", [(reason.code, reason.title) for reason in REASONS])
    order = choice("Order", WITHOUT_ORDER, any_label="With or without an order")
    start = DayField(label="Opened from")
    end = DayField(label="Opened until")
    opened = MomentField(label="Known since")
    closed = MomentField(label="End known since")

    @property
    def tabs(self) -> list[View]:
        return self.views("view", [("", "Open"), *DISPUTE_VIEWS])

    @property
    def by(self) -> tuple[str, str]:
        return ("due", "id") if self.value("view") in (None, "answer") else NEWEST

    def disputes(self) -> QuerySet[Dispute, Dispute]:
        """With `due`: when our answer is due, far in the future where nobody said or nobody asks."""
        asked = When(status__in=NEEDS_RESPONSE, then=Coalesce("due_by", _moment(NEVER)))
        rows = Dispute.objects.select_related("order").annotate(due=Case(asked, default=_moment(NOT_OURS)))
        by_view = {
            None: Q(status__in=OPEN_DISPUTE),
            "answer": Q(status__in=NEEDS_RESPONSE),
            "won": Q(status="won"),
            "lost": Q(status="lost"),
        }
        rows = self.narrow(rows.filter(by_view.get(self.value("view"), Q())))
        rows = rows.filter(status__in=CLOSED_DISPUTE) if self.value("closed") else rows
        return rows.filter(reason=self.value("reason")) if self.value("reason") else rows


class PayoutFilter(FactFilter):
    main = ("q", "status")
    ids = ("payout_id",)
    since: ClassVar[dict[str, str]] = {"changed": "status_known_at"}

    q = search("Search", "po_…")
    status = choice(
        "Status",
        [
            ("pending", "Pending"),
            ("in_transit", "In transit"),
            ("paid", "Paid"),
            ("failed", "Failed"),
            ("canceled", "Cancelled"),
        ],
    )
    start = DayField(label="Made from")
    end = DayField(label="Made until")
    changed = MomentField(label="State known since")

    def payouts(self) -> QuerySet[Payout, Payout]:
        return self.narrow(Payout.objects.all())


class EventFilter(FactFilter):
    """Times are to the minute, in the store's zone; a plain day is the whole of it."""

    main = ("q", "type")
    quiet = ("status",)
    ids = ("event_id", "object_id")
    since: ClassVar[dict[str, str]] = {"came": "received_at"}

    status = choice("Status", EventStatus.choices, is_hidden=True)
    q = search("Search", "evt_, pi_, ch_, re_ …")
    type = choice("Type", FAMILIES)
    exact = forms.CharField(label="Exact type", max_length=255, required=False)
    about = choice("Object", [(name, name) for name in OBJECTS])
    source = choice("Source", EventSource.choices)
    late = choice("Delivery", LATE)
    start = MinuteField(label="Happened from")
    end = MinuteField(label="Happened until", is_end=True)
    came = MomentField(label="Came since")

    def prepare(self) -> None:
        exact = forms.TextInput(attrs={"list": "event-types", "placeholder": "refund.updated"})
        self.fields["exact"].widget = exact

    def clean(self) -> dict[str, Any]:
        start, end = self.value("start"), self.value("end")
        if start and end and end.end <= start.start:
            self.add_error("end", "This is before “Happened from”. Choose a later time.")
        return self.cleaned_data

    def in_time(self) -> Q:
        start, end = self.value("start"), self.value("end")
        since = Q(created__gte=start.start) if start else Q()
        return since & Q(created__lt=end.end) if end else since

    @property
    def tabs(self) -> list[View]:
        """What needs somebody first."""
        states = (EventStatus.FAILED, EventStatus.IGNORED, EventStatus.PROCESSED)
        return self.views("status", [("", "All"), *[(state.value, state.label) for state in states]])

    def events(self) -> QuerySet[StripeEvent, StripeEvent]:
        """Without their payloads."""
        rows = self.narrow(StripeEvent.objects.defer("payload"))
        columns = {"type": "type__startswith", "exact": "type", "about": "object_type", "source": "source"}
        for name, column in columns.items():
            if wanted := self.value(name):
                rows = rows.filter(**{column: wanted})
        if minutes := self.value("late"):
            late = F("created") + timedelta(minutes=int(minutes))
            rows = rows.filter(source=EventSource.WEBHOOK, received_at__gt=late)
        return rows


def _moment(at: datetime) -> Value:
    return Value(at, models.DateTimeField())
