"""Since you last looked: what changed, for each person, and lists of exactly that."""

from datetime import datetime, timedelta
from unittest.mock import patch

from django.test import Client, TestCase
from django.urls import reverse
from django.utils import timezone

from accounts.models import Role
from audit import log
from audit.models import AuditLog
from monitoring import issues, since
from monitoring.models import LastLook
from monitoring.tests.making import make_issue
from monitoring.tests.test_overview import apply, told_order
from payments import inbox
from payments.models import EventStatus, LedgerEntry, StripeEvent
from payments.stories.payouts import PayoutBook
from payments.stories.versions import Json
from payments.tests.posting import quiet
from purelaka.filters import written
from purelaka.testing import make_user

HOUR = timedelta(hours=1)
OVERVIEW, SEEN = reverse("monitoring:overview"), reverse("monitoring:mark-seen")


def told_once_more(kind: str) -> Json:
    """The newest event of this type as another one, a day later."""
    event = StripeEvent.objects.filter(type=kind).latest("pk")
    return {**event.body, "id": f"{event.event_id}_again", "created": event.body["created"] + 86_400}


class SinceTests(TestCase):
    def setUp(self) -> None:
        self.now = timezone.now()
        self.user = make_user(Role.OPS)
        self.client.force_login(self.user)

    def mark(self, until: datetime) -> str:
        """Press the button of a page made at `until`; the page that comes then."""
        return self.client.post(SEEN, {"until": written(until)}, follow=True).text

    def changes(self) -> dict[str, str]:
        """Title and figure of each line on the page; each leads to a list of as many rows."""
        found = self.client.get(OVERVIEW).context["since"].changes
        for change in found:
            with self.subTest(change=change.title):
                self.assertEqual(self.client.get(change.url).context["listing"].number, change.number)
        return {change.title: change.figure for change in found}

    def test_the_first_visit_says_that_nothing_is_known(self) -> None:
        apply(told_order("PL-1", at=self.now - HOUR).told)

        page = self.client.get(OVERVIEW)

        self.assertContains(page, "You have not marked this page as seen yet.")
        self.assertContains(page, "Start now")
        self.assertEqual(self.changes(), {})

    def test_what_happened_before_is_not_told(self) -> None:
        apply(told_order("PL-1", at=self.now - 9 * HOUR).told)
        issues.resolve(make_issue(), actor=self.user, note="x")

        page = self.mark(timezone.now())

        self.assertIn("Marked as seen.", page)
        self.assertIn("Nothing has changed.", page)

    def test_each_kind_is_told_with_its_money_and_its_list(self) -> None:
        self.mark(self.now - 3 * HOUR)
        for number, currency in (("PL-1", "gbp"), ("PL-2", "gbp"), ("PL-3", "eur")):
            story = told_order(number, at=self.now - 2 * HOUR, currency=currency)
            apply(story.told)
        story.refund_fails(story.is_refunded(5_00))
        story.is_refunded(3_00)
        story.dispute_is_lost(story.is_disputed(amount=7_00))
        apply(story.told)
        other = told_order("PL-4", at=self.now - 2 * HOUR)
        apply(other.told)
        other.is_disputed(amount=1_00)
        apply(other.told)
        make_issue()
        issues.resolve(make_issue(), actor=self.user, note="counted again")

        self.assertEqual(
            self.changes(),
            {
                "4 orders paid": "€40.00 · £120.00",
                "2 refunds made": "€8.00",
                "1 refund failed": "€5.00",
                "2 disputes opened": "€7.00 · £1.00",
                "1 dispute closed": "€7.00",
                "1 issue opened, still open": "",
                "1 issue resolved": "",
            },
        )

    def test_payouts_stand_where_they_are(self) -> None:
        story = told_order("PL-1", at=self.now - timedelta(days=20))
        book = PayoutBook(at=story.clock)
        book.waits_until(story.clock + timedelta(days=9))
        [payout] = book.pays_out(story.balance_transactions)
        apply([*story.told, *book.told])
        self.mark(self.now - timedelta(days=15))

        self.assertIn("1 payout on its way", self.changes())

        book.payout_arrives(payout)
        apply(book.told)
        self.assertIn("1 payout paid", self.changes())

        book.payout_fails(payout)
        apply(book.told)
        self.assertIn("1 payout failed", self.changes())

    def test_events_that_failed_are_told(self) -> None:
        self.mark(self.now - HOUR)
        story = told_order("PL-1", at=self.now - 9 * HOUR)
        with patch("payments.handlers.project", side_effect=ZeroDivisionError), quiet("payments.inbox"):
            apply(story.events)

        [title] = self.changes()
        self.assertRegex(title, r"^\d events failed$")

    def test_an_order_counts_from_when_its_payment_was_known(self) -> None:
        self.mark(self.now)

        apply(told_order("PL-1", at=self.now - 9 * HOUR).told)  # Stripe tells of it hours late

        self.assertEqual(self.changes(), {"1 order paid": "£40.00"})

    def test_what_stripe_tells_late_is_told_all_the_same(self) -> None:
        story = told_order("PL-1", at=self.now - timedelta(days=20))
        apply(story.told)
        self.mark(timezone.now())

        story.refund_fails(story.is_refunded(5_00))
        story.dispute_is_lost(story.is_disputed(amount=7_00))
        book = PayoutBook(at=story.clock)
        book.waits_until(story.clock + timedelta(days=9))
        book.pays_out(story.balance_transactions)
        apply([*story.told, *book.told])  # all of it happened days before the mark

        told = ["1 refund made", "1 refund failed", "1 dispute opened", "1 dispute closed"]
        self.assertEqual(list(self.changes()), [*told, "1 payout on its way"])

    def test_what_is_told_again_is_no_news(self) -> None:
        story = told_order("PL-1", at=self.now - timedelta(days=20))
        story.refund_fails(story.is_refunded(5_00))
        dispute = story.is_disputed(amount=7_00)
        story.dispute_is_lost(dispute)
        book = PayoutBook(at=story.clock)
        book.waits_until(story.clock + timedelta(days=9))
        [payout] = book.pays_out(story.balance_transactions)
        book.payout_arrives(payout)
        apply([*story.told, *book.told])
        self.mark(timezone.now())

        for event in StripeEvent.objects.order_by("pk"):
            inbox.apply_again(event)
        for kind in ("charge.dispute.closed", "refund.failed", "payout.paid"):
            apply([told_once_more(kind)])

        self.assertEqual(self.changes(), {})

    def test_what_failed_and_is_applied_after_the_mark_is_told(self) -> None:
        story = told_order("PL-1", at=self.now - 9 * HOUR)
        apply(story.told)
        story.is_disputed(amount=7_00)
        with patch("payments.handlers.project", side_effect=ZeroDivisionError), quiet("payments.inbox"):
            apply(story.told)
        self.mark(timezone.now())

        for event in StripeEvent.objects.filter(status=EventStatus.FAILED):
            inbox.apply_again(event)

        self.assertEqual(self.changes(), {"1 dispute opened": "£7.00"})

    def test_a_payment_that_failed_and_is_applied_after_the_mark_is_told(self) -> None:
        story = told_order("PL-1", at=self.now - 9 * HOUR)
        with patch("payments.handlers.project", side_effect=ZeroDivisionError), quiet("payments.inbox"):
            apply(story.told)
        self.mark(timezone.now())

        for event in StripeEvent.objects.filter(status=EventStatus.FAILED):
            inbox.apply_again(event)

        self.assertEqual(self.changes(), {"1 order paid": "£40.00"})

    def test_an_order_that_is_paid_again_is_told_once(self) -> None:
        story = told_order("PL-1", at=self.now - 9 * HOUR)
        apply(story.told)
        self.mark(timezone.now())

        sale = LedgerEntry.objects.get(kind="sale")
        sale.pk, sale.source_id, sale.posted_at = None, "pi_second", timezone.now()
        sale.save(force_insert=True)

        self.assertEqual(self.changes(), {})

    def test_an_issue_that_came_and_went_is_told_once(self) -> None:
        self.mark(self.now - HOUR)
        issues.resolve(make_issue(), actor=self.user, note="x")

        self.assertEqual(self.changes(), {"1 issue resolved": ""})


class ColleaguesTests(TestCase):
    def setUp(self) -> None:
        self.now = timezone.now()
        self.user, self.sam = make_user(Role.OPS), make_user(Role.OPS, "sam@example.com")
        self.client.force_login(self.user)

    def told(self) -> dict[str, list[str]]:
        """What is told of each; each leads to a list of as many deeds."""
        self.client.post(SEEN, {"until": written(self.now - HOUR)})
        found = self.client.get(OVERVIEW).context["since"].colleagues
        for colleague in found:
            for deed in colleague.deeds:
                number = self.client.get(deed.url).context["listing"].number
                self.assertIn(str(number) if number > 1 else "", deed.text)
            if colleague.more:
                self.assertEqual(self.client.get(colleague.more).context["listing"].number, colleague.number)
        return {colleague.name: [deed.text for deed in colleague.deeds] for colleague in found}

    def test_each_is_told_with_what_they_did_last(self) -> None:
        ann = make_user(Role.ADMIN, "ann@example.com")
        log.record_each("order.fulfilled", [None] * 9, actor=self.sam, data=[{}] * 9)
        log.record("order.noted", actor=self.sam)
        log.record_each("month.closed", [None] * 2, actor=ann, data=[{}] * 2)
        log.record("taxrate.changed", actor=ann)

        self.assertEqual(
            self.told(),
            {
                "ann": ["changed 1 tax rate", "month.closed, 2 times"],
                "sam": ["noted something on 1 order", "packed 9 orders"],
            },
        )
        self.assertContains(self.client.get(OVERVIEW), "packed 9 orders")

    def test_only_the_newest_few_are_told(self) -> None:
        for kind in ("a.done", "b.done", "c.done", "d.done"):
            log.record(kind, actor=self.sam)

        self.assertEqual(self.told(), {"sam": ["d.done", "c.done", "b.done"]})

    def test_one_s_own_deeds_customers_and_older_ones_are_left_out(self) -> None:
        log.record("order.noted", actor=self.user)
        log.record("order.placed", actor=make_user(Role.CUSTOMER))
        log.record("order.paid")
        log.record("overview.seen", actor=self.sam)
        log.record_each("order.noted", [None], actor=self.sam, data=[{}], at=[self.now - 2 * HOUR])

        self.assertEqual(self.told(), {})

    def test_analysts_who_can_not_read_the_log_are_told_nothing(self) -> None:
        self.client.force_login(make_user(Role.ANALYST))
        log.record("order.noted", actor=self.sam)

        self.assertEqual(self.told(), {})


class MarkTests(TestCase):
    def setUp(self) -> None:
        self.now = timezone.now()
        self.user = make_user(Role.ANALYST)
        self.client.force_login(self.user)

    def mark(self, until: str) -> str:
        return self.client.post(SEEN, {"until": until}, follow=True).text

    def seen(self) -> datetime | None:
        return LastLook.objects.filter(user=self.user).values_list("at", flat=True).first()

    def test_it_moves_to_when_the_page_was_made(self) -> None:
        shown = self.client.get(OVERVIEW).context["since"].until
        apply(told_order("PL-1", at=self.now - HOUR).told)

        page = self.mark(shown)

        self.assertIn("1 order paid", page)

    def test_a_look_moves_nothing(self) -> None:
        self.mark(written(self.now - HOUR))
        self.client.get(OVERVIEW)

        self.assertEqual(self.seen(), self.now - HOUR)

    def test_it_holds_on_every_device_and_for_nobody_else(self) -> None:
        self.mark(written(self.now - HOUR))
        phone, colleague = Client(), Client()
        phone.force_login(self.user)
        colleague.force_login(make_user(Role.OPS))

        self.assertEqual(phone.get(OVERVIEW).context["since"].at, self.now - HOUR)
        self.assertIsNone(colleague.get(OVERVIEW).context["since"].at)

    def test_twice_is_once_and_never_back(self) -> None:
        self.mark(written(self.now - HOUR))
        for until in (self.now - HOUR, self.now - 2 * HOUR):
            self.assertIn("as seen already", self.mark(written(until)))

        self.assertEqual(self.seen(), self.now - HOUR)
        self.assertEqual(AuditLog.objects.filter(event_type="overview.seen").count(), 1)

    def test_it_never_moves_beyond_now(self) -> None:
        self.mark(written(self.now + 24 * HOUR))

        seen = self.seen()
        assert seen
        self.assertLessEqual(seen, timezone.now())

    def test_what_is_no_moment_is_refused(self) -> None:
        for until in ("", "yesterday", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"):
            with self.subTest(until=until):
                self.assertIn("Until when was not said.", self.mark(until))
        self.assertIsNone(self.seen())

    def test_looking_never_writes(self) -> None:
        self.assertFalse(since.since(self.user, self.now).changes)
        self.assertFalse(LastLook.objects.exists())
