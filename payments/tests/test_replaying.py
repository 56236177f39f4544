"""Replay of several events by a person: what would change, then for real, once."""

import re
from unittest.mock import patch
from uuid import uuid4

from django.urls import reverse

from accounts.models import Role
from audit.models import AuditLog
from orders.models import Order, OrderStatus
from payments import handlers, replaying
from payments.models import EventStatus, LedgerEntry, StripeEvent
from payments.models.inbox import EventReplay
from payments.tests.test_event_pages import LIST, EventPageCase, broken
from purelaka.testing import make_user

REHEARSE, RUN = reverse("payments:event-rehearse"), reverse("payments:event-replay")


class ReplayTests(EventPageCase):
    def setUp(self) -> None:
        super().setUp()
        self.event = self.tell_failing()

    def rehearsed(self, **form: object) -> dict[str, str]:
        """The hidden fields of the dry run's page."""
        response = self.client.post(REHEARSE, form)
        self.assertEqual(response.status_code, 200)
        self.page_text = response.content.decode()
        fields = re.findall(r'name="(key|query|events)" value="([^"]*)"', self.page_text)
        return dict(fields)

    def test_a_dry_run_shows_what_would_change_and_writes_nothing(self) -> None:
        before = StripeEvent.objects.values().get(), AuditLog.objects.count()

        self.rehearsed(event=self.event.pk)

        self.assert_said(self.page_text, "Replay 1 event", "<del>pending</del>", "<ins>paid</ins>", "£42.00")
        self.assert_said(self.page_text, "<ins>£42.00</ins>", "Stock of", "None would fail")
        self.assertEqual((StripeEvent.objects.values().get(), AuditLog.objects.count()), before)
        self.assertFalse(LedgerEntry.objects.exists() or EventReplay.objects.exists())

    def test_what_was_rehearsed_is_applied_and_written_down(self) -> None:
        form = self.rehearsed(event=self.event.pk)
        response = self.client.post(RUN, form, follow=True)

        self.assertContains(response, "payment_intent.succeeded")
        self.assertEqual(Order.objects.get().status, OrderStatus.PAID)
        entry = AuditLog.objects.get(event_type="events.replayed")
        self.assertEqual((entry.actor, entry.data["events"]), (self.ops, [self.event.event_id]))
        self.assertEqual(entry.data["counts"], {"processed": 1})
        done = EventReplay.objects.get()
        self.assertEqual(done.results[0][2:4], ["failed", "processed"])
        self.assertIsNotNone(done.finished_at)

    def test_two_clicks_are_one_replay(self) -> None:
        form = self.rehearsed(event=self.event.pk)
        for _ in range(2):
            response = self.client.post(RUN, form)
            self.assertRedirects(response, reverse("payments:event-replay-detail", args=[form["key"]]))

        self.assertEqual(StripeEvent.objects.get().attempts, 2)
        self.assertEqual(AuditLog.objects.filter(event_type="events.replayed").count(), 1)

    def test_all_that_match_the_filter(self) -> None:
        self.tell({**self.story.events[0], "id": "evt_odd", "type": "customer.created"})
        form = self.rehearsed(all="1", query="status=failed")
        self.client.post(RUN, form)

        done = EventReplay.objects.get()
        self.assertEqual((done.query, done.event_count), ("status=failed", 1))
        self.assertEqual(StripeEvent.objects.get(event_id="evt_odd").attempts, 1)

    def test_more_than_a_page_replays_are_cut_and_the_page_says_so(self) -> None:
        self.tell({**self.story.events[0], "id": "evt_odd", "type": "customer.created"})
        with patch.object(replaying, "MOST", 1):
            form = self.rehearsed(all="1", query="")

        self.assertEqual(form["events"], str(self.event.pk))
        self.assert_said(self.page_text, "2 events match.", "that came first")

    def test_one_that_fails_again_is_told(self) -> None:
        form = self.rehearsed(event=self.event.pk)
        with patch.dict(handlers.HANDLER_OF_OBJECT, payment_intent=broken):
            response = self.client.post(RUN, form, follow=True)

        self.assertContains(response, "1 failed again, and changed nothing.")
        self.assertEqual(StripeEvent.objects.get().status, EventStatus.FAILED)

    def test_nothing_ticked_or_a_broken_form_does_nothing(self) -> None:
        self.assertRedirects(self.client.post(REHEARSE, {"event": ["x", "-1", "9" * 30]}), LIST)
        for form in (
            {},
            {"key": "x", "events": "1"},
            {"key": uuid4(), "events": "1,x"},
            {"key": uuid4(), "events": ""},
            {"key": uuid4(), "events": str(2**63)},
        ):
            with self.subTest(form=form):
                self.assertRedirects(self.client.post(RUN, form), LIST)
        self.assertFalse(EventReplay.objects.exists())

    def test_an_analyst_reads_what_was_replayed_and_replays_nothing(self) -> None:
        self.client.post(RUN, self.rehearsed(event=self.event.pk))
        self.client.force_login(make_user(Role.ANALYST))

        self.assertEqual(self.client.post(REHEARSE, {"event": self.event.pk}).status_code, 404)
        detail = reverse("payments:event-replay-detail", args=[EventReplay.objects.get().pk])
        self.assertEqual(self.client.get(detail).status_code, 200)
        self.assertNotIn('name="event"', self.client.get(LIST).content.decode())

    def test_the_list_is_narrowed_by_more(self) -> None:
        self.tell({**self.story.events[0], "id": "evt_odd", "type": "customer.created"})
        found = {
            "?exact=customer.created": 1,
            "?exact=customer": 0,
            "?about=payment_intent": 2,
            "?about=refund": 0,
            "?source=webhook": 2,
            "?source=api": 0,
            "?late=60": 2,  # told of June
        }
        for query, number in found.items():
            with self.subTest(query=query):
                self.assertEqual(self.client.get(LIST + query).context["listing"].number, number)
