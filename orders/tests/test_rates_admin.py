"""Delivery, tax and discount codes in the administration: typed in major units, checked, written down."""

from typing import Any

from django.test import TestCase
from django.urls import reverse

from accounts.models import Role
from audit.models import AuditLog
from orders.models import DiscountCode, Order, OrderStatus, ShippingMethod, ShippingRate, TaxRate
from purelaka.testing import NOON, make_order, make_user


class AdminTestCase(TestCase):
    def setUp(self) -> None:
        self.admin = make_user(Role.ADMIN)
        self.client.force_login(self.admin)

    def add(self, name: str, sent: dict[str, Any]) -> Any:
        return self.client.post(reverse(f"admin:orders_{name}_add"), sent)

    def change(self, name: str, pk: int, sent: dict[str, Any]) -> Any:
        return self.client.post(reverse(f"admin:orders_{name}_change", args=[pk]), sent)

    def errors(self, response: Any) -> dict[str, list[str]]:
        self.assertEqual(response.status_code, 200)
        found: dict[str, list[str]] = response.context["adminform"].form.errors
        return found

    def deeds(self, event_type: str) -> list[dict[str, Any]]:
        rows = AuditLog.objects.filter(event_type=event_type, actor=self.admin).order_by("id")
        return list(rows.values_list("data", flat=True))


class DeliveryTests(AdminTestCase):
    def sent(self, rate: dict[str, str], initial: int = 0, **fields: str) -> dict[str, str]:
        management = {"rates-TOTAL_FORMS": "1", "rates-INITIAL_FORMS": str(initial)}
        own = {"name": "Standard", "description": "3 days", "position": "1", "is_active": "on"}
        return {**own, **management, **{f"rates-0-{name}": text for name, text in rate.items()}, **fields}

    def test_a_method_with_its_rate_is_added_in_major_units(self) -> None:
        rate = {"country": "GB", "currency": "GBP", "amount": "3.95", "free_from": "1,000"}
        self.add("shippingmethod", self.sent(rate))

        kept = ShippingRate.objects.get()
        self.assertEqual(
            (kept.country.code, kept.currency, kept.amount, kept.free_from), ("GB", "gbp", 395, 1_000_00)
        )
        self.assertEqual(self.deeds("shippingmethod.added")[0]["name"], "Standard")
        self.assertEqual(self.deeds("shippingrate.added")[0]["amount"], 395)

    def test_a_changed_rate_is_written_down_with_the_old_one(self) -> None:
        method = ShippingMethod.objects.create(name="Standard")
        rate = ShippingRate.objects.create(method=method, country="GB", currency="jpy", amount=500)
        page = self.client.get(reverse("admin:orders_shippingmethod_change", args=[method.pk]))
        self.assertContains(page, 'value="500"')
        shown = {"id": str(rate.pk), "method": str(method.pk), "country": "GB", "currency": "jpy"}
        self.change("shippingmethod", method.pk, self.sent({**shown, "amount": "600"}, initial=1))

        rate.refresh_from_db()
        self.assertEqual(rate.amount, 600)
        [deed] = self.deeds("shippingrate.changed")
        self.assertEqual((deed["amount_was"], deed["amount"]), (500, 600))
        self.assertNotIn("currency", deed)

    def test_a_rate_that_is_taken_away_is_written_down(self) -> None:
        method = ShippingMethod.objects.create(name="Standard")
        rate = ShippingRate.objects.create(method=method, country="GB", currency="gbp", amount=500)
        shown = {
            "id": str(rate.pk),
            "method": str(method.pk),
            "country": "GB",
            "currency": "gbp",
            "amount": "5",
        }
        self.change("shippingmethod", method.pk, self.sent({**shown, "DELETE": "on"}, initial=1))

        self.assertFalse(ShippingRate.objects.exists())
        self.assertEqual(self.deeds("shippingrate.deleted")[0]["amount"], 500)

    def test_what_is_wrong_is_said_beside_its_field(self) -> None:
        for rate, field, text in (
            ({"currency": "XXX", "amount": "3"}, "currency", "Write a currency that Stripe takes"),
            ({"currency": "GBP", "amount": "3,5"}, "amount", "Write a point before the smaller unit"),
            ({"currency": "GBP", "amount": "-3"}, "amount", "not below zero"),
            ({"currency": "JPY", "amount": "3.5"}, "amount", "more than 0 digits"),
        ):
            with self.subTest(**rate):
                response = self.add("shippingmethod", self.sent({"country": "GB", **rate}))
                [inline] = response.context["inline_admin_formsets"]
                self.assertIn(text, inline.formset.forms[0].errors[field][0])
        self.assertFalse(ShippingMethod.objects.exists())


class TaxTests(AdminTestCase):
    def test_a_rate_is_typed_in_per_cent(self) -> None:
        self.add("taxrate", {"country": "GB", "name": "VAT", "rate": "20"})
        self.add("taxrate", {"country": "FR", "name": "TVA", "rate": "5.5"})

        self.assertEqual(list(TaxRate.objects.order_by("rate").values_list("rate", flat=True)), [550, 2000])
        page = self.client.get(
            reverse("admin:orders_taxrate_change", args=[TaxRate.objects.get(rate=550).pk])
        )
        self.assertContains(page, 'value="5.5"')
        self.assertContains(self.client.get(reverse("admin:orders_taxrate_changelist")), "5.5 %")

    def test_a_change_and_a_deletion_are_written_down(self) -> None:
        rate = TaxRate.objects.create(country="GB", rate=1750)
        self.change("taxrate", rate.pk, {"country": "GB", "name": "VAT", "rate": "20"})
        self.client.post(reverse("admin:orders_taxrate_delete", args=[rate.pk]), {"post": "yes"})

        [deed] = self.deeds("taxrate.changed")
        self.assertEqual((deed["rate_was"], deed["rate"]), (1750, 2000))
        self.assertEqual(self.deeds("taxrate.deleted")[0]["rate"], 2000)

    def test_many_deleted_at_once_are_all_written_down(self) -> None:
        for country in ("GB", "FR"):
            TaxRate.objects.create(country=country, rate=2000)
        sent = {
            "action": "delete_selected",
            "post": "yes",
            "_selected_action": list(TaxRate.objects.values_list("pk", flat=True)),
        }
        self.client.post(reverse("admin:orders_taxrate_changelist"), sent)

        self.assertFalse(TaxRate.objects.exists())
        self.assertEqual(len(self.deeds("taxrate.deleted")), 2)

    def test_saving_what_is_there_writes_nothing(self) -> None:
        rate = TaxRate.objects.create(country="GB", rate=2000)
        self.change("taxrate", rate.pk, {"country": "GB", "name": "VAT", "rate": "20"})

        self.assertEqual(self.deeds("taxrate.changed"), [])

    def test_rates_that_can_not_be_are_refused(self) -> None:
        TaxRate.objects.create(country="GB", rate=2000)
        for sent, field in (
            ({"country": "FR", "rate": "101"}, "rate"),
            ({"country": "FR", "rate": "-1"}, "rate"),
            ({"country": "FR", "rate": "5.555"}, "rate"),
            ({"country": "GB", "rate": "5"}, "country"),
        ):
            with self.subTest(**sent):
                self.assertIn(field, self.errors(self.add("taxrate", {"name": "VAT", **sent})))


class DiscountTests(AdminTestCase):
    def sent(self, **fields: str) -> dict[str, str]:
        start = {"starts_at_0": "2026-06-01", "starts_at_1": "00:00:00"}
        return {"code": "SPRING", "is_active": "on", **start, **fields}

    def test_a_code_is_kept_in_capitals(self) -> None:
        self.add("discountcode", self.sent(code=" spring ", percent_off="10"))

        code = DiscountCode.objects.get()
        self.assertEqual((code.code, code.percent_off, code.amount_off), ("SPRING", 10, None))
        self.assertEqual(self.deeds("discountcode.added")[0]["percent_off"], 10)
        self.assertIn(
            "code", self.errors(self.add("discountcode", self.sent(code="Spring", percent_off="5")))
        )

    def test_amounts_are_typed_in_major_units(self) -> None:
        self.add("discountcode", self.sent(amount_off="4.50", minimum_amount="30", currency="GBP"))

        code = DiscountCode.objects.get()
        self.assertEqual((code.amount_off, code.minimum_amount, code.currency), (450, 3000, "gbp"))
        page = self.client.get(reverse("admin:orders_discountcode_change", args=[code.pk]))
        self.assertContains(page, 'value="4.50"')
        self.assertContains(page, 'value="30.00"')

    def test_what_can_not_be_is_said_beside_its_field(self) -> None:
        end = {"expires_at_0": "2026-05-01", "expires_at_1": "00:00:00"}
        for fields, field in (
            ({}, "percent_off"),
            ({"percent_off": "0"}, "percent_off"),
            ({"percent_off": "101"}, "percent_off"),
            ({"percent_off": "10", "amount_off": "5", "currency": "gbp"}, "amount_off"),
            ({"amount_off": "5"}, "currency"),
            ({"amount_off": "5", "currency": "xxx"}, "currency"),
            ({"amount_off": "0", "currency": "gbp"}, "percent_off"),
            ({"percent_off": "10", "minimum_amount": "5"}, "currency"),
            ({"percent_off": "10", **end}, "expires_at"),
            ({"percent_off": "10", "code": "TWO WORDS"}, "code"),
        ):
            with self.subTest(**fields):
                self.assertIn(field, self.errors(self.add("discountcode", self.sent(**fields))))
        self.assertFalse(DiscountCode.objects.exists())

    def test_it_is_told_how_often_a_code_was_used_without_cancelled_orders(self) -> None:
        code = DiscountCode.objects.create(code="SPRING", percent_off=10, max_redemptions=5)
        for _ in range(3):
            make_order()
        Order.objects.update(discount_code=code)
        Order.objects.filter(pk=Order.objects.earliest("pk").pk).update(
            status=OrderStatus.CANCELED, canceled_at=NOON
        )

        self.assertContains(self.client.get(reverse("admin:orders_discountcode_changelist")), "2 of 5")

    def test_a_code_that_was_used_is_not_deleted(self) -> None:
        code = DiscountCode.objects.create(code="SPRING", percent_off=10)
        Order.objects.filter(pk=make_order().pk).update(discount_code=code)
        self.client.post(reverse("admin:orders_discountcode_delete", args=[code.pk]), {"post": "yes"})

        self.assertTrue(DiscountCode.objects.exists())
        self.assertEqual(self.deeds("discountcode.deleted"), [])
