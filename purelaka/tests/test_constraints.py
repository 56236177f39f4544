"""Each constraint of each model refuses a bad row; a new constraint without one here fails."""

import uuid
from datetime import date
from typing import Any, NamedTuple

from django.apps import apps
from django.conf import settings
from django.db import IntegrityError, connection, models, transaction
from django.test import TestCase

from accounts.models import Address, Role
from analyticsapp.models import (
    AnalyticsSnapshotDaily,
    CustomerDay,
    CustomerReturn,
    ProductDay,
    RefundDay,
    RefundPair,
    SavedExport,
)
from catalog.models import StockMovement
from monitoring.models import Alert, CheckRun, DataQualityIssue
from orders.models import (
    Basket,
    BasketItem,
    DiscountCode,
    Mail,
    MailKind,
    SavedView,
    ShippingMethod,
    ShippingRate,
    TaxRate,
)
from payments.models import LedgerEntry, RefundLine, RefundRequest, RefundSettlement, StripeEvent
from purelaka.testing import NOON, make_order, make_user, make_variant
from staff.tests.making import make_invitation
from wishlist.models import WishlistItem

DAY = date(2026, 6, 15)


class Row(NamedTuple):
    """A row that is good, and what makes a copy of it bad; `or_by` may refuse it as well."""

    good: models.Model
    bad: dict[str, Any]
    or_by: str = "-"


def our_constraints() -> dict[str, models.BaseConstraint]:
    ours = [app for app in apps.get_app_configs() if app.path.startswith(str(settings.BASE_DIR / app.name))]
    found = [each for app in ours for model in app.get_models() for each in model._meta.constraints]
    return {constraint.name: constraint for constraint in found}


def bad_rows() -> dict[str, Row]:
    """By the constraint that refuses it. A copy is made with all other values of the good row."""
    user, variant, order = make_user(Role.OPS), make_variant(stock=5), make_order()
    item = order.items.get()
    event = StripeEvent.objects.create(
        event_id="evt_1", type="x", created=NOON, status="ignored", payload="{}"
    )
    entry = LedgerEntry.objects.create(
        kind="sale", amount=1, currency="gbp", source_id="pi_1", occurred_at=NOON, occurred_on=DAY
    )
    request = RefundRequest.objects.create(order=order, payment_intent_id="pi_1", amount=1, currency="gbp")
    of_line = RefundLine.objects.create(request=request, item=item, quantity=1, amount=1)
    other = make_order().items.get()
    settled = RefundSettlement.objects.create(
        order=order, refund_id="re_1", amount=1, currency="gbp", reference="x", actor=user
    )
    movement = StockMovement.objects.create(variant=item.variant, quantity=-1, reason="sale", order_item=item)
    received = StockMovement.objects.create(
        variant=variant, quantity=1, reason="receipt", form_key=uuid.uuid4()
    )
    issue = DataQualityIssue.objects.create(check_name="a", subject="b", severity="error")
    saved_export = SavedExport.objects.create(
        owner=user, name="mine", export="orders", window="days=7", form="csv"
    )
    alert = Alert.objects.create(channel="email", key="opened", subject="x", text="y")
    run = CheckRun.objects.create(check_name="a", status="passed", started_at=NOON)
    wish = WishlistItem.objects.create(user=user, variant=variant)
    day = {"day": DAY, "currency": "gbp"}
    pair = day | {"earlier": date(2026, 1, 1)}
    of_product = dict.fromkeys("units sales gross goods known_goods cost units_without_cost".split(), 1)
    sums = dict.fromkeys("sales orders refunds disputes fees unapplied adjustments payouts".split(), 0)
    code = DiscountCode.objects.create(code="SPRING", percent_off=10)
    address = Address.objects.create(user=user, name="A", line1="1", city="B", country="GB", is_default=True)
    basket = Basket.objects.create(user=user)
    in_basket = BasketItem.objects.create(basket=basket, variant=variant, quantity=1, unit_amount=1)
    rate = ShippingRate.objects.create(
        method=ShippingMethod.objects.create(name="Post"), country="GB", currency="gbp", amount=1
    )
    mail = Mail.objects.create(order=order, kind=MailKind.SHIPPED, email="a@example.com")
    asked = make_invitation()
    once_more = {"token_hash": "x"}
    another: dict[str, Any] = {"number": "PL-2", "payment_intent_id": None}
    return {
        "user_role_known": Row(user, {"email": "x@example.com", "role": "owner"}),
        "invitation_role_of_staff": Row(asked, once_more | {"email": "b@example.com", "role": "customer"}),
        "invitation_ends_once": Row(
            asked, once_more | {"accepted_at": NOON, "accepted_by_id": user.pk, "revoked_at": NOON}
        ),
        "invitation_accepted_by_somebody": Row(asked, once_more | {"accepted_at": NOON}),
        "invitation_open_once_per_email": Row(asked, once_more),
        "variant_stock_not_negative": Row(
            variant, {"sku": "X", "stock": -1, "reserved": -1}, or_by="variant_reserved_not_negative"
        ),
        "variant_reserved_not_negative": Row(variant, {"sku": "X", "reserved": -1}),
        "variant_reserved_in_stock": Row(variant, {"sku": "X", "reserved": 6}),
        "movement_moves_something": Row(movement, {"order_item_id": None, "quantity": 0}),
        "movement_reason_known": Row(movement, {"order_item_id": None, "reason": "theft"}),
        "movement_once_per_item_and_reason": Row(movement, {}),
        "movement_once_per_form": Row(received, {}),
        "wish_active_once": Row(wish, {}),
        "saved_view_name_once": Row(SavedView.objects.create(user=user, name="Late"), {}),
        "order_status_known": Row(order, another | {"status": "lost"}),
        "order_paid_has_moment": Row(order, another | {"status": "paid"}),
        "order_fulfilled_has_moment": Row(order, another | {"status": "fulfilled", "paid_at": NOON}),
        "order_canceled_has_moment": Row(order, another | {"status": "canceled"}),
        "order_refunded_within_total": Row(order, another | {"amount_refunded": order.amount_total + 1}),
        "order_parts_make_total": Row(order, another | {"amount_shipping": 1}),
        "order_discount_within_goods": Row(
            order,
            another | {"amount_discount": order.amount_subtotal + 1, "amount_shipping": 1, "amount_total": 0},
        ),
        "order_tax_within_total": Row(order, another | {"amount_tax": order.amount_total + 1}),
        "item_discount_within_amount": Row(item, {"amount_discount": item.amount_total + 1}),
        "address_default_once": Row(address, {}),
        "basket_open_once_per_user": Row(basket, {"token": uuid.uuid4()}),
        "basket_quantity_positive": Row(in_basket, {"quantity": 0, "removed_at": NOON}),
        "basket_variant_once": Row(in_basket, {}),
        "shipping_rate_once_per_country": Row(rate, {}),
        "tax_rate_within_whole": Row(TaxRate.objects.create(rate=2000), {"country": "GB", "rate": 10_001}),
        "discount_is_share_or_amount": Row(code, {"code": "A", "percent_off": None}),
        "discount_share_within_whole": Row(code, {"code": "A", "percent_off": 101}),
        "discount_amount_has_currency": Row(code, {"code": "A", "minimum_amount": 1}),
        "discount_ends_after_start": Row(code, {"code": "A", "expires_at": code.starts_at}),
        "mail_kind_known": Row(mail, {"kind": "lost"}),
        "mail_once": Row(mail, {}),
        "mail_sent_is_not_tried_again": Row(mail, {"about": "b", "sent_at": NOON, "next_try_at": NOON}),
        "item_quantity_positive": Row(item, {"quantity": 0, "amount_total": 0}),
        "item_amount_is_product": Row(item, {"amount_total": item.amount_total + 1}),
        "event_status_known": Row(event, {"event_id": "evt_2", "status": "lost"}),
        "ledger_kind_known": Row(entry, {"kind": "tip"}),
        "ledger_amount_not_zero": Row(entry, {"amount": 0}),
        "request_amount_positive": Row(request, {"key": uuid.uuid4(), "amount": 0}),
        "request_status_known": Row(request, {"key": uuid.uuid4(), "status": "lost"}),
        "request_declined_has_moment": Row(request, {"key": uuid.uuid4(), "status": "declined"}),
        "refund_line_quantity_positive": Row(of_line, {"item": other, "quantity": 0}),
        "refund_line_item_once": Row(of_line, {}),
        "settlement_amount_positive": Row(settled, {"refund_id": "re_2", "amount": 0}),
        "snapshot_once_a_day": Row(AnalyticsSnapshotDaily.objects.create(**day, **sums), {}),
        "customer_once_a_day": Row(CustomerDay.objects.create(**day, email="a@b.c", orders=1, sales=1), {}),
        "return_once_a_pair": Row(
            CustomerReturn.objects.create(
                **pair, orders=1, seconds=0, thirds=0, firsts_from=1, seconds_from=0
            ),
            {},
        ),
        "refund_once_a_pair": Row(RefundPair.objects.create(**pair, orders=1), {}),
        "product_once_a_day": Row(ProductDay.objects.create(**day, variant=variant, **of_product), {}),
        "refund_once_a_day": Row(RefundDay.objects.create(**day, order=order, refunds=-1), {}),
        "issue_once_per_subject": Row(issue, {}),
        "issue_status_known": Row(
            issue, {"subject": "c", "status": "lost"}, or_by="issue_resolved_has_moment"
        ),
        "issue_resolved_has_moment": Row(issue, {"subject": "c", "status": "resolved"}),
        "saved_export_once_per_name": Row(saved_export, {}),
        "saved_export_rhythm_known": Row(saved_export, {"name": "other", "rhythm": "hourly"}),
        "alert_channel_known": Row(alert, {"channel": "fax"}),
        "alert_once": Row(alert, {}),
        "check_run_status_known": Row(run, {"status": "lost"}),
    }


class ConstraintTests(TestCase):
    def test_every_constraint_of_ours_has_its_bad_row(self) -> None:
        self.assertEqual(set(our_constraints()), set(bad_rows()))

    def test_each_refuses_it(self) -> None:
        constraints = our_constraints()
        for name, row in bad_rows().items():
            # SQLite names the columns of a unique constraint in its error, not the constraint.
            is_named = connection.vendor == "postgresql" or isinstance(
                constraints[name], models.CheckConstraint
            )
            told = f"{name}|{row.or_by}" if is_named else "UNIQUE constraint failed"
            with self.subTest(name), self.assertRaisesRegex(IntegrityError, told), transaction.atomic():
                self.copy(row.good, **row.bad)

    def copy(self, good: models.Model, **bad: Any) -> None:
        columns = [field.attname for field in good._meta.concrete_fields if not field.primary_key]
        values = {name: getattr(good, name) for name in columns}
        type(good)._default_manager.create(**(values | bad))
