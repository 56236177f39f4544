"""Tell a plan to the store, in the order in which it happened."""

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from unittest.mock import patch

from django.db import transaction
from django.utils import timezone

from accounts.demo import make_demo_users
from accounts.models import Address, Role, User
from audit import log
from catalog import stock
from catalog.models import StockReason, Variant
from monitoring.demo import baskets, goods, terms
from monitoring.demo.orders import Ask, PlannedOrder
from monitoring.demo.people import Customer
from monitoring.demo.plan import Plan
from orders import lifecycle
from orders.models import Order, OrderItem, OrderNote, OrderStatus
from orders.placing import Line, place_order
from payments import batch, giving_up, refund_lines
from payments.batch import Delivery
from payments.models import EventSource, RefundLine, RefundRequest, RequestStatus
from payments.stories.journal import is_answer, moment
from payments.stories.versions import Json
from wishlist.models import WishlistItem

Step = tuple[datetime, Callable[[], object]]
ON_THE_WAY = timedelta(seconds=1)  # from Stripe to us


@transaction.atomic
def tell(plan: Plan, progress: Callable[[int, int], None]) -> None:
    """Write it all, or nothing. `progress` is told how many of how many steps are done."""
    History(plan).tell(progress)


class History:
    """The rows that the steps of the plan are about."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        staff = {user.role: user for user in make_demo_users()}
        self.ops: User = staff[Role.OPS]
        self.shopper: User = staff[Role.CUSTOMER]
        self.variants = goods.put_on_sale()
        for variant in self.variants.values():
            variant.product.name  # noqa: B018 - read once, not at each order
        self.codes = terms.offer(plan.end)
        self.users = self._accounts()
        Address.objects.bulk_create(
            each.saved_address(self.users[each.number]) for each in plan.customers if each.has_account
        )
        self._came: list[Delivery] = []  # events that wait to be taken in

    def tell(self, progress: Callable[[int, int], None]) -> None:
        steps = sorted((step for step in self._steps() if step[0] <= self.plan.end), key=lambda step: step[0])
        with _clock() as shows:
            for index, (at, happens) in enumerate(steps):
                shows(at)
                happens()
                progress(index + 1, len(steps))
            shows(self.plan.end)
            self._take_in()
            self._stocktake()
        self._wishes()
        baskets.put(self.plan.baskets, self.users, self.variants)
        giving_up.expire_reservations(timezone.now(), tells=False)

    def _steps(self) -> Iterator[Step]:
        """All steps; those of one moment in the order in which they must come."""
        for at, sku, quantity in self.plan.shelf.deliveries:
            yield at, _later(self._deliver, sku, quantity)
        parcels: dict[datetime, list[PlannedOrder]] = defaultdict(list)
        for order in self.plan.orders:
            yield order.at, _later(self._place, order)
            yield from self._told(order.story.told)
            yield from self._deeds(order)
            if order.sent_at:
                parcels[order.sent_at].append(order)
        yield from self._told(self.plan.payouts.told)
        for at, sent in parcels.items():
            yield at, _later(self._send, sent)

    def _deeds(self, order: PlannedOrder) -> Iterator[Step]:
        """What the shop does about an order."""
        if order.canceled_at:
            yield order.canceled_at, _later(self._cancel, order)
        if order.returned_at:
            yield order.returned_at, _later(self._return, order)
        for ask in order.asks:
            yield ask.at, _later(self._ask, order, ask)
        for at, text in order.notes:
            yield at, _later(self._note, order, text)

    # --- steps -----------------------------------------------------------------------------------

    def _deliver(self, sku: str, quantity: int) -> None:
        self._change_stock(sku, quantity, StockReason.RECEIPT, "Delivery")

    def _place(self, order: PlannedOrder) -> None:
        customer = order.customer
        place_order(
            [Line(self.variants[sku], quantity) for sku, quantity in order.lines],
            email=customer.email,
            user=self.users.get(customer.number),
            name=customer.name,
            address=customer.address,
            country=customer.country,
            terms=order.terms.with_rows(self.codes),
            number=order.number,
            payment_intent_id=order.story.payment_intent_id,
            at=order.at,
        )

    def _cancel(self, order: PlannedOrder) -> None:
        lifecycle.cancel(self._row(order), actor=None, reason="reservation expired")

    def _send(self, parcels: list[PlannedOrder]) -> None:
        """Everything that is to go out, at once."""
        self._take_in()
        rows = list(Order.objects.filter(number__in=[order.number for order in parcels]).order_by("pk"))
        lifecycle.move(rows, OrderStatus.FULFILLED, actor=self.ops)
        for row in rows:
            row.tracking_number = f"DEMO{row.number.removeprefix('PL-')}GB"
        Order.objects.bulk_update(rows, ["tracking_number"])

    def _return(self, order: PlannedOrder) -> None:
        items = dict(OrderItem.objects.filter(order__number=order.number).values_list("sku", "pk"))
        for sku, quantity in order.lines:
            self._change_stock(
                sku, quantity, StockReason.RETURN, f"{order.number}, unopened", item_id=items[sku]
            )

    def _ask(self, order: PlannedOrder, ask: Ask) -> None:
        """The request that led to a refund, as if somebody had clicked then."""
        row = self._row(order)
        lines = self._lines(row, order, ask)
        request = RefundRequest.objects.create(
            order=row,
            key=ask.key,
            payment_intent_id=order.story.payment_intent_id,
            amount=ask.refund["amount"],
            amount_delivery=row.amount_total - sum(line.amount for line in lines) if lines else 0,
            currency=ask.refund["currency"],
            reason=ask.refund["reason"],
            note=ask.note,
            actor=self.ops,
            status=RequestStatus.ANSWERED,
            refund_id=ask.refund["id"],
            created_at=ask.at,
        )
        for line in lines:
            line.request = request
        RefundLine.objects.bulk_create(lines)
        log.record("refund.requested", actor=self.ops, target=row, amount=ask.refund["amount"])

    def _lines(self, row: Order, order: PlannedOrder, ask: Ask) -> list[RefundLine]:
        """Who refunds a whole order ticks all of its lines; a part is an amount of the goodwill sort."""
        if ask.refund["amount"] != row.amount_total:
            return []
        came_back = order.returned_at is not None
        return [
            RefundLine(
                item=item,
                quantity=item.quantity,
                amount=refund_lines.net_of(item, row),
                restock=came_back,
            )
            for item in row.items.order_by("pk")
        ]

    def _note(self, order: PlannedOrder, text: str) -> None:
        OrderNote.objects.create(
            order=self._row(order), author=self.ops, text=text, created_at=timezone.now()
        )

    def _stocktake(self) -> None:
        """The few things that are to run out, or low, at the end."""
        for pack in goods.PACKS.values():
            if pack.left is None:
                continue
            surplus = Variant.objects.get(sku=pack.sku).available - pack.left
            if surplus > 0:
                self._change_stock(pack.sku, -surplus, StockReason.ADJUSTMENT, "Stocktake: damaged")

    # --- events ----------------------------------------------------------------------------------

    def _told(self, said: Iterable[Json]) -> Iterator[Step]:
        """What Stripe says, a second later."""
        for event in said:
            yield moment(event["created"]) + ON_THE_WAY, _later(self._hear, event)

    def _hear(self, event: Json) -> None:
        source = EventSource.API if is_answer(event) else EventSource.WEBHOOK
        self._came.append(Delivery(json.dumps(event), source, timezone.now()))

    def _take_in(self) -> None:
        """Events are taken in together, before something is done that needs them."""
        batch.receive_many(self._came)
        self._came = []

    # --- rows ------------------------------------------------------------------------------------

    def _row(self, order: PlannedOrder) -> Order:
        return Order.objects.get(number=order.number)

    def _change_stock(
        self, sku: str, quantity: int, reason: StockReason, note: str, *, item_id: int | None = None
    ) -> None:
        variant = self.variants[sku]
        stock.change(variant, quantity, reason=reason, actor=self.ops, note=note, order_item_id=item_id)

    def _accounts(self) -> dict[int, User]:
        """The customers who have an account, by number. Only the demo login has a password."""
        with_account = [each for each in self.plan.customers if each.has_account and not each.is_demo]
        rows = User.objects.bulk_create(_account(customer) for customer in with_account)
        found = {each.number: row for each, row in zip(with_account, rows, strict=True)}
        return found | {each.number: self.shopper for each in self.plan.customers if each.is_demo}

    def _wishes(self) -> None:
        WishlistItem.objects.bulk_create(
            WishlistItem(
                user=self.users[wish.customer.number],
                variant=self.variants[wish.sku],
                unit_amount=self.variants[wish.sku].unit_amount,
                created_at=wish.at,
                known_at=wish.at,
                removed_at=wish.removed_at,
            )
            for wish in sorted(self.plan.wishes, key=lambda wish: wish.at)
        )


def _account(customer: Customer) -> User:
    user = User(email=customer.email, name=customer.name, date_joined=customer.since)
    user.set_unusable_password()
    return user


def _later(call: Callable[..., object], *args: object) -> Callable[[], object]:
    return lambda: call(*args)


@contextmanager
def _clock() -> Iterator[Callable[[datetime], None]]:
    """While the past is told, `timezone.now()` shows the moment that is told of.

    Everything that happens in the store reads the time there, so it is dated as it should be.
    """
    shown = timezone.now()

    def shows(at: datetime) -> None:
        nonlocal shown
        shown = at

    with patch.object(timezone, "now", lambda: shown):
        yield shows
