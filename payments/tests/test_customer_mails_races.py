"""Two processes at once send one mail; with the claim taken away they send two."""

import logging
from datetime import datetime
from typing import Any
from unittest.mock import patch

from django.core import mail as outbox
from django.db.models import F
from django.utils import timezone

from orders import mailing
from orders.models import Mail, MailKind
from orders.tests.mail_servers import HERE
from payments.stories.story import Story
from payments.tests.test_races import RaceCase, at_once
from purelaka.testing import make_order


def claim_without_looking(pk: int, now: datetime) -> bool:
    """What `mailing._claim` would be without its condition."""
    return bool(Mail.objects.filter(pk=pk).update(attempts=F("attempts") + 1))


class MailRaces(RaceCase):
    def setUp(self) -> None:
        logging.disable(logging.WARNING)
        self.addCleanup(logging.disable, logging.NOTSET)

    def waiting_mail(self) -> Mail:
        with self.settings(EMAIL_BACKEND=f"{HERE}.Away"):
            mailing.write(make_order(), MailKind.SHIPPED)
        Mail.objects.update(next_try_at=timezone.now())
        return Mail.objects.get()

    def sent_by_two(self) -> list[Any]:
        mail = self.waiting_mail()
        results = at_once(*[lambda: mailing.send(mail.pk)] * 2)
        return sorted(results)

    def test_two_who_send_one_mail_send_it_once(self) -> None:
        self.assertEqual(self.sent_by_two(), [False, True])
        self.assertEqual(len(outbox.outbox), 1)

    def test_without_the_claim_it_would_go_out_twice(self) -> None:
        with patch.object(mailing, "_claim", claim_without_looking):
            self.sent_by_two()

        self.assertEqual(len(outbox.outbox), 2)

    def test_two_ticks_at_once_send_each_mail_once(self) -> None:
        order = make_order()
        with self.settings(EMAIL_BACKEND=f"{HERE}.Away"):
            for about in "abcdef":
                mailing.write(order, MailKind.ORDER_LINK, about)
        Mail.objects.update(next_try_at=timezone.now())
        now = timezone.now()

        sent = at_once(*[lambda: mailing.send_waiting(now)] * 2)

        self.assertEqual((sum(sent), len(outbox.outbox)), (6, 6))

    def test_all_events_of_a_payment_at_once_confirm_it_once(self) -> None:
        story = Story(order_number="PL-1", amount=10_00, at=timezone.now())
        make_order(number="PL-1", payment_intent_id=story.payment_intent_id, at=timezone.now())
        story.is_paid()

        answers = at_once(*[lambda event=event: self.deliver(event) for event in story.events * 2])

        self.assertEqual(set(answers), {200})
        self.assertEqual([mail.subject for mail in outbox.outbox], ["Thank you: order PL-1 is confirmed"])
