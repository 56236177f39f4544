"""The inbox's pages: what Stripe sent, what became of it, and applying it once more."""

import logging
from datetime import timedelta
from unittest.mock import patch

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Role
from audit.models import AuditLog
from orders.models import Order, OrderStatus
from payments import handlers
from payments.models import EventStatus, LedgerEntry, StripeEvent
from payments.tests.posting import deliver
from payments.tests.telling import DAY, StoryTestCase, order_of, paid_story
from purelaka.days import store_zone
from purelaka.testing import make_user

LIST = reverse("payments:event-list")


class EventPageCase(StoryTestCase):
    def setUp(self) -> None:
        logging.disable(logging.CRITICAL)  # the failures are meant
        self.addCleanup(logging.disable, logging.NOTSET)
        self.ops = make_user(Role.OPS)
        self.client.force_login(self.ops)
        self.story = paid_story()
        order_of(self.story)

    def tell_failing(self) -> StripeEvent:
        """The payment's success comes while the handler is broken; nothing else is told."""
        event = next(e for e in self.story.events if e["type"] == "payment_intent.succeeded")
        with patch.dict(handlers.HANDLER_OF_OBJECT, payment_intent=broken):
            self.assertEqual(deliver(self.client, event).status_code, 500)
        return StripeEvent.objects.get(event_id=event["id"])

    def url(self, event: StripeEvent, name: str = "detail") -> str:
        return reverse(f"payments:event-{name}", args=[event.event_id])

    def page(self, event: StripeEvent) -> str:
        return self.client.get(self.url(event)).content.decode()

    def assert_said(self, page: str, *texts: str) -> None:
        for text in texts:
            self.assertTrue(text in page, f"not on the page: {text}")


class ListTests(EventPageCase):
    def shown(self, query: str = "") -> list[str]:
        response = self.client.get(LIST + query)
        self.assertEqual(response.status_code, 200)
        return [event.type for event in response.context["listing"].rows]

    def test_what_failed_says_why(self) -> None:
        self.tell_failing()

        self.assertContains(self.client.get(LIST), '<span class="bad">ZeroDivisionError')

    def test_newest_come_first(self) -> None:
        self.story.passes(DAY)
        self.story.is_refunded(5_00)
        self.tell_all(self.story)

        shown = self.shown()

        self.assertIn(shown[0], ("refund.created", "charge.refunded", "balance_transaction.listed"))
        self.assertEqual(shown[-1], "payment_intent.created")

    def test_they_are_narrowed(self) -> None:
        self.story.passes(DAY)
        refund = self.story.is_refunded(5_00)
        self.tell_all(self.story)
        odd = {**self.story.events[0], "id": "evt_odd", "type": "customer.created"}
        self.tell(odd)

        self.assertEqual(self.shown("?status=ignored"), ["customer.created"])
        self.assertEqual(self.shown("?type=refund."), ["refund.created"])
        self.assertEqual(self.shown(f"?q={refund['id']}"), ["refund.created"])
        self.assertEqual(self.shown("?q=evt_odd"), ["customer.created"])
        self.assertEqual(self.shown("?type=refund.&end=2026-06-15"), [])
        self.assertEqual(self.shown("?type=refund.&start=2026-06-16"), ["refund.created"])

    def test_they_are_narrowed_to_the_minute(self) -> None:
        self.tell_all(self.story)
        event = StripeEvent.objects.earliest("created")
        minute = event.created.astimezone(store_zone()).replace(second=0, microsecond=0)
        earlier, later = minute - timedelta(minutes=1), minute + timedelta(minutes=1)

        self.assertIn(event.type, self.shown(f"?start={minute:%Y-%m-%dT%H:%M}"))
        self.assertIn(event.type, self.shown(f"?start={minute:%Y-%m-%dT%H:%M}&end={minute:%Y-%m-%dT%H:%M}"))
        self.assertEqual(self.shown(f"?end={earlier:%Y-%m-%dT%H:%M}"), [])
        self.assertNotIn(event.type, self.shown(f"?start={later:%Y-%m-%dT%H:%M}"))
        page = self.client.get(f"{LIST}?start={later:%Y-%m-%dT%H:%M}&end={earlier:%Y-%m-%d %H:%M}")
        self.assertContains(page, "Happened until: This is before “Happened from”. Choose a later time.")
        self.assertContains(
            self.client.get(f"{LIST}?start=noon"), "Write a day and a time as 2026-11-24 09:05"
        )

    def test_nothing_failed_is_good_news(self) -> None:
        self.assertContains(self.client.get(f"{LIST}?status=failed"), "No event failed")

    def test_more_events_take_no_more_queries_and_no_payloads(self) -> None:
        self.tell_all(self.story)
        with CaptureQueriesContext(connection) as before:
            self.client.get(LIST)
        self.story.is_refunded(1_00)
        self.tell_all(self.story)
        with CaptureQueriesContext(connection) as after:
            self.client.get(LIST)

        self.assertEqual(len(after), len(before))
        self.assertLessEqual(len(after), 10)
        self.assertFalse(any('"payload"' in query["sql"] for query in after))

    def test_an_id_of_any_kind_has_a_page(self) -> None:
        for number, odd in enumerate(("evt/1", "evt 2", "evt?3#", "evt\n4", "é")):
            event = {**self.story.events[0], "id": odd, "created": 1_781_500_000 + number}
            self.tell(event)

        page = self.client.get(LIST)

        self.assertEqual(page.status_code, 200)
        for event in page.context["listing"].rows:
            with self.subTest(id=event.event_id):
                self.assertEqual(self.client.get(self.url(event)).status_code, 200)


class DetailTests(EventPageCase):
    def test_it_shows_the_payload_and_what_it_led_to(self) -> None:
        self.tell_all(self.story)
        event = LedgerEntry.objects.get(kind="sale").event
        assert event

        page = self.page(event)

        self.assert_said(page, event.event_id, ">PL-1</a>", "£42.00", "Sale")
        self.assert_said(page, f"&quot;id&quot;: &quot;{event.event_id}&quot;")  # indented for reading

    def test_it_says_what_was_read_and_what_else_happened_to_its_object(self) -> None:
        self.tell_all(self.story)
        page = self.page(StripeEvent.objects.get(type="payment_intent.succeeded"))

        self.assert_said(
            page, "Paid £42.00", "amount received", "compared with the order", "All about this object"
        )
        self.assert_said(page, ">payment_intent.created</a>", "<strong>payment_intent.succeeded</strong>")

    def test_one_that_can_not_be_read_says_which_part(self) -> None:
        odd = {**self.story.events[0], "id": "evt_odd"}
        odd["data"] = {
            "object": {**odd["data"]["object"], "amount": "many"},
            "previous_attributes": {"amount": 5},
        }
        self.tell(odd)

        self.assert_said(self.page(StripeEvent.objects.get()), "amount is not a whole number", "<del>5</del>")

    def test_it_does_not_show_the_secret_of_a_payment(self) -> None:
        self.tell_all(self.story)
        event = StripeEvent.objects.get(type="payment_intent.succeeded")
        self.assertIn(self.story.intent["client_secret"], event.payload)

        page = self.page(event)

        self.assertNotIn(self.story.intent["client_secret"], page)
        self.assert_said(page, "&quot;client_secret&quot;: &quot;(not shown)&quot;")

    def test_one_that_failed_says_why(self) -> None:
        self.assert_said(self.page(self.tell_failing()), "ZeroDivisionError: on purpose", "Tried 1 time")

    def test_one_that_was_ignored_says_why(self) -> None:
        self.tell({**self.story.events[0], "id": "evt_odd", "type": "customer.created"})

        self.assert_said(self.page(StripeEvent.objects.get()), "No use for events of this type.")

    def test_markup_in_a_payload_is_only_text(self) -> None:
        odd = {**self.story.events[0], "id": "evt_odd", "note": "</pre><script>alert(1)</script>"}
        self.tell(odd)

        page = self.page(StripeEvent.objects.get())

        self.assertNotIn("<script>alert", page)

    def test_an_analyst_reads_and_can_not_apply(self) -> None:
        event = self.tell_failing()
        self.client.force_login(make_user(Role.ANALYST))

        self.assertNotIn("Apply again", self.page(event))
        self.assertEqual(self.client.post(self.url(event, "apply")).status_code, 404)
        self.assertEqual(StripeEvent.objects.get().status, EventStatus.FAILED)

    def test_an_unknown_event_is_not_found(self) -> None:
        self.assertEqual(self.client.get("/payments/events/evt_none/").status_code, 404)


class ApplyTests(EventPageCase):
    def test_a_failed_event_takes_effect_once_its_cause_is_gone(self) -> None:
        event = self.tell_failing()
        response = self.client.post(self.url(event, "apply"), follow=True)

        event.refresh_from_db()
        self.assertEqual((event.status, event.attempts), (EventStatus.PROCESSED, 2))
        self.assertEqual(Order.objects.get().status, OrderStatus.PAID)
        self.assertContains(response, "The event was applied.")
        self.assertTrue(AuditLog.objects.filter(event_type="event.applied", actor=self.ops).exists())

    def test_one_that_fails_again_says_so(self) -> None:
        event = self.tell_failing()
        with patch.dict(handlers.HANDLER_OF_OBJECT, payment_intent=broken):
            response = self.client.post(self.url(event, "apply"), follow=True)

        self.assertContains(response, "It failed again, and nothing was changed: ZeroDivisionError")
        self.assertFalse(LedgerEntry.objects.exists())

    def test_twice_is_once(self) -> None:
        self.tell_all(self.story)
        before = list(LedgerEntry.objects.values())
        for event in StripeEvent.objects.all():
            self.client.post(self.url(event, "apply"))

        self.assertEqual(list(LedgerEntry.objects.values()), before)

    def test_a_dry_run_shows_what_would_change_and_writes_nothing(self) -> None:
        event = self.tell_failing()
        page = self.client.post(self.url(event, "apply"), {"rehearse": "1"}).content.decode()

        self.assert_said(page, "Would succeed", "<del>pending</del>", "<ins>paid</ins>", "Sale", "£42.00")
        event.refresh_from_db()
        self.assertEqual((event.status, event.attempts), (EventStatus.FAILED, 1))
        self.assertEqual(Order.objects.get().status, OrderStatus.PENDING)
        self.assertFalse(LedgerEntry.objects.exists())

    def test_a_dry_run_of_what_is_there_changes_nothing(self) -> None:
        self.story.passes(timedelta(minutes=1))
        self.tell_all(self.story)
        event = StripeEvent.objects.get(type="payment_intent.succeeded")
        page = self.client.post(self.url(event, "apply"), {"rehearse": "1"}).content.decode()

        self.assert_said(page, "Nothing would change")

    def test_a_dry_run_of_what_fails_says_so(self) -> None:
        event = self.tell_failing()
        with patch.dict(handlers.HANDLER_OF_OBJECT, payment_intent=broken):
            page = self.client.post(self.url(event, "apply"), {"rehearse": "1"}).content.decode()

        self.assert_said(page, "Would fail", "ZeroDivisionError: on purpose")

    def test_it_takes_post_alone(self) -> None:
        self.assertEqual(self.client.get(self.url(self.tell_failing(), "apply")).status_code, 405)


def broken(*what: object) -> str:
    raise ZeroDivisionError("on purpose")
