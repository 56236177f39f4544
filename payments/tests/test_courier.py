"""The thread that posts the pretended Stripe's events beside the requests."""

from datetime import datetime, timedelta
from threading import Event

from django.test import SimpleTestCase, override_settings
from django.utils import timezone

from payments.mock import courier
from payments.tests.posting import quiet

SECONDS = 10  # a test that waits longer has failed


@override_settings(MOCK_POSTS_BY_ITSELF=True)
class CourierTests(SimpleTestCase):
    def setUp(self) -> None:
        self.due: list[datetime] = []
        self.delivered = Event()
        self.addCleanup(self.has_ended)

    def deliver(self, now: datetime) -> None:
        self.due = [at for at in self.due if at > now]
        self.delivered.set()

    def next_due(self) -> datetime | None:
        return min(self.due, default=None)

    def wake(self) -> None:
        courier.wake(self.deliver, self.next_due)

    def has_ended(self) -> bool:
        thread = courier._thread
        if thread:
            thread.join(SECONDS)
        return courier._thread is None

    def test_it_delivers_what_is_due_and_ends(self) -> None:
        self.due = [timezone.now()]
        self.wake()

        self.assertTrue(self.delivered.wait(SECONDS))
        self.assertTrue(self.has_ended())
        self.assertEqual(self.due, [])

    def test_it_leaves_to_tick_what_is_far_off(self) -> None:
        self.due = [timezone.now() + timedelta(hours=1)]
        self.wake()

        self.assertTrue(self.has_ended())
        self.assertFalse(self.delivered.is_set())

    def test_woken_while_it_waits_it_looks_again(self) -> None:
        later = timezone.now() + timedelta(seconds=60)
        self.due = [later]
        self.wake()
        self.due = [timezone.now(), later]
        self.wake()

        self.assertTrue(self.delivered.wait(SECONDS))
        self.due = []
        self.wake()
        self.assertTrue(self.has_ended())

    def test_after_an_error_the_next_wake_starts_it_anew(self) -> None:
        def broken() -> datetime:
            raise OSError("no database")

        with quiet("payments"):
            courier.wake(self.deliver, broken)
            self.assertTrue(self.has_ended())
        self.due = [timezone.now()]
        self.wake()
        self.assertTrue(self.delivered.wait(SECONDS))

    @override_settings(MOCK_POSTS_BY_ITSELF=False)
    def test_it_does_nothing_where_it_is_switched_off(self) -> None:
        self.due = [timezone.now()]
        self.wake()

        self.assertTrue(self.has_ended())
        self.assertFalse(self.delivered.is_set())
