from datetime import timedelta
from io import StringIO

from django.core.management import CommandError, call_command
from django.test import TestCase, override_settings
from django.utils import timezone

from accounts.models import Role, User
from analyticsapp.windows import Window
from analyticsapp.wishes.funnel import funnel
from audit.models import AuditLog
from catalog.models import Variant
from monitoring.models import CheckRun, DataQualityIssue, RunStatus
from orders import rates
from orders.models import Basket, DiscountCode, Flag, Mail, Order, OrderStatus
from payments.models import EventStatus, LedgerEntry, Payout, RefundRequest, StripeEvent
from wishlist.models import WishlistItem


def seed(orders: int = 60) -> str:
    told = StringIO()
    call_command("seed_demo", orders=orders, stdout=told)
    return told.getvalue()


class SeedDemoTests(TestCase):
    told: str

    @classmethod
    def setUpTestData(cls) -> None:
        cls.told = seed()

    def test_it_says_what_there_is_and_how_to_get_in(self) -> None:
        self.assertIn("60 orders: ", self.told)
        for role in Role:
            self.assertIn(f"{role}@example.com", self.told)

    def test_each_role_has_a_login(self) -> None:
        for role in Role:
            user = User.objects.get(email=f"{role}@example.com")
            self.assertEqual(user.role, role)
            self.assertTrue(user.check_password("purelaka-demo"))

    def test_nobody_else_has_a_password(self) -> None:
        others = User.objects.exclude(email__in=[f"{role}@example.com" for role in Role])

        self.assertTrue(others.exists())
        self.assertFalse(any(user.has_usable_password() for user in others))

    def test_a_second_time_it_does_nothing(self) -> None:
        again = seed()

        self.assertIn("nothing was done", again)
        self.assertIn("admin@example.com", again)  # the demo's people are still there
        self.assertEqual(Order.objects.count(), 60)

    def test_all_checks_agree(self) -> None:
        call_command("build_snapshots", stdout=StringIO())
        call_command("run_checks", "--fail-on-issues", stdout=StringIO())  # else it exits

        self.assertQuerySetEqual(DataQualityIssue.objects.open(), [])
        self.assertEqual({run.status for run in CheckRun.objects.all()}, {RunStatus.PASSED})

    def test_nothing_lies_in_the_future(self) -> None:
        now = timezone.now()

        self.assertFalse(StripeEvent.objects.filter(received_at__gt=now).exists())
        self.assertFalse(LedgerEntry.objects.filter(occurred_at__gt=now).exists())
        self.assertFalse(AuditLog.objects.filter(at__gt=now).exists())
        self.assertFalse(Order.objects.filter(created_at__gt=now).exists())

    def test_the_past_is_dated_as_it_happened(self) -> None:
        order = Order.objects.filter(status=OrderStatus.FULFILLED).earliest("created_at")
        trail = dict(AuditLog.objects.filter(target_id=order.pk).values_list("event_type", "at"))

        self.assertEqual(trail["order.placed"], order.created_at)
        self.assertEqual(trail["order.fulfilled"], order.fulfilled_at)
        self.assertEqual(order.fulfilled_at and order.fulfilled_at.minute, 0)  # the post run

    def test_every_event_was_applied_and_no_order_is_flagged(self) -> None:
        self.assertEqual(set(StripeEvent.objects.values_list("status", flat=True)), {EventStatus.PROCESSED})
        self.assertFalse(Order.objects.exclude(flag=Flag.NONE).exists())
        self.assertTrue(Payout.objects.filter(status="paid").exists())

    def test_refunds_asked_for_here_are_those_stripe_made(self) -> None:
        for request in RefundRequest.objects.all():
            refund = request.order.refund_set.get(refund_id=request.refund_id)
            self.assertEqual(refund.amount, request.amount)
            self.assertEqual(refund.request_key, str(request.key))

    def test_something_is_sold_out_and_something_can_be_preordered(self) -> None:
        self.assertEqual(Variant.objects.get(sku="RETINAL-30").available, 0)
        self.assertTrue(Variant.objects.filter(preorder=True, stock=0).exists())

    def test_the_shop_can_send_and_tax_an_order_to_where_its_customers_live(self) -> None:
        for country, currency, tax in (("GB", "gbp", 20_00), ("DE", "eur", 19_00), ("JP", "jpy", 10_00)):
            self.assertEqual(
                [offer.method.name for offer in rates.offers(country, currency, 1)], ["Standard", "Express"]
            )
            self.assertEqual(rates.tax(country).rate, tax)

    def test_orders_are_paid_in_full_with_delivery_and_tax(self) -> None:
        for order in Order.objects.filter(status=OrderStatus.FULFILLED):
            self.assertEqual(order.payment_set.get(provider="stripe").amount_received, order.amount_total)
            self.assertIn(order.shipping_method, ("Standard", "Express"))
            self.assertGreater(order.amount_tax, 0)
        self.assertTrue(Order.objects.filter(amount_discount__gt=0).exists())

    def test_a_code_ended_and_the_others_count(self) -> None:
        codes = DiscountCode.objects.filter(code__in=["WELCOME10", "SKIN5", "SUMMER15"])

        self.assertEqual(codes.count(), 3)
        self.assertEqual([str(code) for code in codes if code.expires_at], ["SUMMER15"])

    def test_who_has_an_account_has_an_address(self) -> None:
        self.assertFalse(User.objects.filter(role=Role.CUSTOMER, addresses=None).exists())

    def test_nobody_is_written_to(self) -> None:
        self.assertFalse(Mail.objects.exists())

    def test_people_wish_for_things(self) -> None:
        self.assertTrue(WishlistItem.objects.filter(removed_at=None).exists())

    def test_some_wishes_came_true_through_a_basket_and_some_did_not(self) -> None:
        everything = Window(timezone.now().date() - timedelta(days=600), timezone.now().date())
        people = funnel(everything).people

        self.assertGreater(people.wishes, people.baskets)
        self.assertGreater(people.baskets, people.purchases)
        self.assertGreater(people.purchases, 0)
        self.assertIsNotNone(funnel(everything).to_purchase)
        self.assertFalse(Basket.objects.filter(closed_at=None).exists())


class RefusedTests(TestCase):
    @override_settings(PAYMENTS_USE_STRIPE=True)
    def test_a_store_that_takes_real_money_gets_no_demo(self) -> None:
        with self.assertRaisesMessage(CommandError, "PAYMENTS_USE_STRIPE is on, nothing was done"):
            seed()

        self.assertFalse(User.objects.exists())

    def test_a_number_of_orders_is_at_least_one(self) -> None:
        with self.assertRaises(CommandError):
            call_command("seed_demo", "--orders", "0", stdout=StringIO(), stderr=StringIO())
