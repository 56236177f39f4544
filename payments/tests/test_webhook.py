import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from unittest.mock import patch

import stripe
from django.db import connection
from django.test import Client, TestCase, override_settings
from django.urls import reverse

from payments import handlers
from payments.models import EventStatus, Payment, StripeEvent
from payments.stories import delivery
from payments.stories.story import Story
from payments.stories.versions import Json
from payments.tests.posting import (
    ADDRESS,
    SECRET,
    deliver,
    deliver_bytes,
    quiet,
    with_webhook_secret,
)
from purelaka.testing import make_order

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Response

SIGNATURE = "Stripe-Signature"


@contextmanager
def untouched_database() -> Iterator[None]:
    """Fails if anything asks for the database, through Django or past it."""
    with patch.object(connection, "ensure_connection", side_effect=AssertionError("the database was asked")):
        yield


def unknown_event(**fields: object) -> Json:
    """An event of a type that has no effect."""
    return {
        "id": "evt_1",
        "object": "event",
        "type": "product.created",
        "created": 1_750_000_000,
        "livemode": False,
        "data": {"object": {"id": "prod_1", "object": "product"}},
        **fields,
    }


BODY = delivery.body(unknown_event())


@with_webhook_secret()
class WebhookTests(TestCase):
    def setUp(self) -> None:
        self.enterContext(quiet("django.request"))

    def post(self, body: bytes = BODY, signature: str | None = None) -> "Response":
        headers = {} if signature is None else {SIGNATURE: signature}
        return self.client.post(ADDRESS, body, content_type="application/json", headers=headers)

    def refuse(self, body: bytes = BODY, signature: str | None = None) -> str:
        """Post what must be a quick 400; returns the answer."""
        with untouched_database():
            response = self.post(body, signature)
        self.assertEqual(response.status_code, 400)
        self.assertFalse(StripeEvent.objects.exists())
        return response.text


class AddressTests(WebhookTests):
    def test_its_address_is_the_one_given_to_stripe(self) -> None:
        self.assertEqual(reverse("payments:webhook"), ADDRESS.rstrip("/"))

    def test_only_post_is_allowed(self) -> None:
        for method in ("get", "head", "put", "patch", "delete", "options"):
            with self.subTest(method), untouched_database():
                response = getattr(self.client, method)(ADDRESS)
                self.assertEqual((response.status_code, response["Allow"]), (405, "POST"))

    def test_without_the_slash_it_is_answered_and_not_redirected(self) -> None:
        response = self.client.post(
            ADDRESS.rstrip("/"), BODY, "application/json", headers={SIGNATURE: delivery.sign(BODY, SECRET)}
        )

        self.assertEqual(response.status_code, 200)

    def test_it_needs_no_csrf_token(self) -> None:
        self.client = Client(enforce_csrf_checks=True)

        self.assertEqual(self.post(BODY, delivery.sign(BODY, SECRET)).status_code, 200)


class SignatureTests(WebhookTests):
    def test_a_signed_event_is_stored_as_it_came(self) -> None:
        response = self.post(BODY, delivery.sign(BODY, SECRET))

        self.assertEqual(response.status_code, 200)
        self.assertEqual(StripeEvent.objects.get().payload, BODY.decode())

    def test_no_header(self) -> None:
        self.assertIn("has no time", self.refuse(BODY))

    def test_another_secret(self) -> None:
        self.assertIn("No signatures found", self.refuse(BODY, delivery.sign(BODY, "whsec_other")))

    def test_a_changed_body(self) -> None:
        self.refuse(BODY.replace(b"evt_1", b"evt_2"), delivery.sign(BODY, SECRET))

    def test_a_signature_of_another_moment(self) -> None:
        first, second = delivery.sign(BODY, SECRET), delivery.sign(BODY, SECRET, at=int(time.time()) - 9)

        self.refuse(BODY, first.split(",")[0] + "," + second.split(",")[1])

    def test_five_minutes_of_age_are_allowed_and_no_more(self) -> None:
        self.assertIn("tolerance", self.refuse(BODY, delivery.sign(BODY, SECRET, at=int(time.time()) - 301)))
        self.assertEqual(
            self.post(BODY, delivery.sign(BODY, SECRET, at=int(time.time()) - 295)).status_code, 200
        )

    def test_a_clock_that_is_far_ahead_is_refused(self) -> None:
        self.assertIn("future", self.refuse(BODY, delivery.sign(BODY, SECRET, at=int(time.time()) + 310)))
        self.assertEqual(
            self.post(BODY, delivery.sign(BODY, SECRET, at=int(time.time()) + 290)).status_code, 200
        )

    def test_one_right_signature_among_several_is_enough(self) -> None:
        stamp, right = delivery.sign(BODY, SECRET).split(",")

        self.assertEqual(self.post(BODY, f"{stamp},v1={'0' * 64},{right}").status_code, 200)

    def test_test_signatures_of_scheme_v0_count_for_nothing(self) -> None:
        stamp, right = delivery.sign(BODY, SECRET).split(",")

        self.refuse(BODY, f"{stamp},{right.replace('v1=', 'v0=')}")

    def test_the_scheme_is_stripes_own(self) -> None:
        header = stripe.WebhookSignature.generate_signature_header(BODY.decode(), SECRET)

        self.assertEqual(self.post(BODY, header).status_code, 200)

    def test_while_a_secret_is_rotated_both_are_good(self) -> None:
        with override_settings(STRIPE_WEBHOOK_SECRETS=["whsec_new", "whsec_old"]):
            for secret in ("whsec_new", "whsec_old"):
                with self.subTest(secret):
                    self.assertEqual(deliver(self.client, unknown_event(), secret=secret).status_code, 200)
            self.assertEqual(deliver(self.client, unknown_event(), secret="whsec_gone").status_code, 400)

    def test_garbage_headers(self) -> None:
        now = int(time.time())
        for header in (
            "",
            "garbage",
            "t=",
            "t=abc,v1=abc",
            f"t={now}",
            f"t={now},v1=",
            f"t={now},v1",
            f"t={now},=,,=,v1=é\x80ÿ",
            f"t={now},v1=\x00\x00",
            f"t={now},v1={'a' * 6000}",
            f"t=-{now},v1=a",
            f"t={'9' * 500},v1=a",
            "t=٣,v1=a".encode().decode("latin-1"),
            f"t=x,t={now},v1=a",
            "v1=" + "a" * 64,
        ):
            with self.subTest(header[:40]):
                self.refuse(BODY, header)

    def test_whatever_the_bytes_an_unsigned_body_is_refused(self) -> None:
        bodies = {
            "empty": b"",
            "NUL": b"\x00" * 100,
            "not UTF-8": b"\xff\xfe{}",
            "nested": b"[" * 10_000,
            "2 MB": b'"' + b"x" * (2 * 1024 * 1024 - 2) + b'"',
        }
        for name, body in bodies.items():
            with self.subTest(name):
                self.refuse(body)
                self.refuse(body, delivery.sign(BODY, SECRET))

    def test_five_megabytes_are_too_large_signed_or_not(self) -> None:
        body = b" " * (5 * 1024 * 1024)
        for header in ("", delivery.sign(body, SECRET)):
            with self.subTest(header), untouched_database():
                self.assertEqual(self.post(body, header).status_code, 413)

    def test_refusing_takes_no_time(self) -> None:
        body = b"[" * (2 * 1024 * 1024)
        began = time.perf_counter()
        self.refuse(body, delivery.sign(BODY, SECRET))

        self.assertLess(time.perf_counter() - began, 1)


class NoSecretTests(WebhookTests):
    def test_without_a_secret_nothing_is_trusted(self) -> None:
        """In mock mode too: there is no mode in which anybody may say that an order is paid."""
        for use_stripe in (False, True):
            with (
                self.subTest(use_stripe=use_stripe),
                override_settings(STRIPE_WEBHOOK_SECRETS=[], PAYMENTS_USE_STRIPE=use_stripe),
                untouched_database(),
            ):
                response = self.post(BODY, delivery.sign(BODY, ""))
                self.assertEqual(response.status_code, 503)
                self.assertIn("STRIPE_WEBHOOK_SECRET", response.text)


class EnvelopeTests(WebhookTests):
    def test_what_is_no_event_is_refused_with_the_reason(self) -> None:
        bodies = {
            b"": "not JSON",
            b"{": "not JSON",
            b"[]": "an event is a JSON object",
            b'"text"': "an event is a JSON object",
            b"null": "an event is a JSON object",
            b"NaN": "NaN is not JSON",
            b'{"object":"event","created":NaN}': "NaN is not JSON",
            b"1" * 5000: "not JSON",
            b"{}": "object is not 'event'",
            b'{"object": ["event"]}': "object is not 'event'",
            b'\xef\xbb\xbf{"object":"event"}': "not JSON",
        }
        for body, reason in bodies.items():
            with self.subTest(body[:40]):
                self.assertIn(reason, self.refuse(body, delivery.sign(body, SECRET)))

    def test_a_signed_body_that_is_no_text_is_refused(self) -> None:
        body = b'{"object": "event", "id": "\xff"}'
        self.refuse(body, delivery.sign(body, SECRET))

    def test_a_body_nested_too_deep_is_refused(self) -> None:
        for depth in (200, 900, 960, 985, 10_000, 500_000):
            with self.subTest(depth):
                deep = f'{{"object":"event","data":{{"object":{"[" * depth}{"]" * depth}}}}}'.encode()
                self.assertIn("nested too deep", self.refuse(deep, delivery.sign(deep, SECRET)))

    def test_fields_of_the_wrong_kind_are_refused_with_their_name(self) -> None:
        wrong: list[tuple[str, object]] = [
            ("id", None),
            ("id", ""),
            ("id", 1),
            ("id", "x" * 256),
            ("id", "\ud800"),
            ("id", "evt_\x00"),
            ("type", ["a"]),
            ("type", "x" * 5000),
            ("created", "yesterday"),
            ("created", 1.5),
            ("created", True),
            ("created", 0),
            ("created", -1),
            ("created", 10**30),
            ("data", []),
            ("data", {"object": "prod_1"}),
        ]
        for name, value in wrong:
            with self.subTest(name=name, value=str(value)[:20]):
                body = delivery.body(unknown_event(**{name: value}))
                self.assertIn(name, self.refuse(body, delivery.sign(body, SECRET)))

    def test_other_odd_fields_do_no_harm(self) -> None:
        odd = {"api_version": 7, "livemode": "no", "request": "\ud800", "account": ["x" * 5000], "n": 10**400}
        event = unknown_event(**odd, data={"object": {"object": 5, "id": "x" * 5000, "\u0000": "\u0000"}})
        self.assertEqual(deliver(self.client, event).status_code, 200)

        stored = StripeEvent.objects.get()
        self.assertEqual((stored.api_version, stored.object_type, stored.object_id), ("", "", ""))
        self.assertEqual(stored.body, event)


class IgnoredTests(WebhookTests):
    """Answered 200, since Stripe could not do better; stored with the reason."""

    def ignore(self, event: Json) -> str:
        response = deliver(self.client, event)
        self.assertEqual((response.status_code, response.text), (200, "ignored\n"))
        stored = StripeEvent.objects.get(event_id=event["id"])
        self.assertEqual(stored.status, EventStatus.IGNORED)
        self.assertFalse(Payment.objects.exists())
        return stored.reason

    def test_a_type_there_is_no_use_for(self) -> None:
        self.assertIn("No use", self.ignore(unknown_event()))

    def test_a_known_type_that_carries_another_object(self) -> None:
        subject = {"object": "coupon", "id": "1"}
        self.assertIn("No use", self.ignore(unknown_event(type="charge.succeeded", data={"object": subject})))

    def test_events_of_the_other_mode(self) -> None:
        event = self.paid(livemode=True)
        self.assertIn("livemode=True", self.ignore(event))

    def test_a_thin_event(self) -> None:
        event = {
            "id": "evt_thin",
            "object": "v2.core.event",
            "type": "v1.charge.succeeded",
            "created": "2026-06-15T12:00:00.123Z",
            "livemode": False,
            "related_object": {"id": "ch_1", "type": "charge", "url": "/v1/charges/ch_1"},
        }
        self.assertIn("thin", self.ignore(event))
        stored = StripeEvent.objects.get()
        self.assertEqual(stored.created, datetime(2026, 6, 15, 12, microsecond=123_000, tzinfo=UTC))
        self.assertEqual((stored.object_type, stored.object_id), ("charge", "ch_1"))

    def test_a_thin_event_without_a_moment_is_refused(self) -> None:
        out_of_range = ("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00")
        for created in (None, 5, "soon", ["2026-06-15"], *out_of_range):
            with self.subTest(created):
                thin = {"id": "evt_1", "object": "v2.core.event", "type": "x", "created": created}
                body = delivery.body(thin)
                self.assertIn("created", self.refuse(body, delivery.sign(body, SECRET)))

    def test_another_installations_payment(self) -> None:
        event = self.paid()
        event["data"]["object"]["metadata"] = {"order_number": "PL-1", "instance": "another-shop"}
        self.assertIn("another instance", self.ignore(event))

    def test_an_object_that_can_not_be_read(self) -> None:
        event = self.paid()
        event["data"]["object"]["amount"] = "lots"
        self.assertIn("Odd payload: amount", self.ignore(event))

    def paid(self, **fields: object) -> Json:
        story = Story(order_number="PL-1", amount=42_00, at=datetime(2026, 6, 15, 12, tzinfo=UTC))
        story.is_paid()
        [event] = [event for event in story.events if event["type"] == "payment_intent.succeeded"]
        return event | fields


class DeliveryTests(WebhookTests):
    def setUp(self) -> None:
        super().setUp()
        story = Story(order_number="PL-1", amount=42_00, at=datetime(2026, 6, 15, 12, tzinfo=UTC))
        self.order = make_order(number="PL-1", amount_total=42_00, payment_intent_id=story.payment_intent_id)
        story.is_paid()
        [self.event] = [event for event in story.events if event["type"] == "payment_intent.succeeded"]

    def test_the_second_time_an_event_does_nothing(self) -> None:
        first, second = deliver(self.client, self.event), deliver(self.client, self.event)

        self.assertEqual([first.text, second.text], ["processed\n", "processed\n"])
        self.assertEqual(StripeEvent.objects.get().attempts, 1)

    def test_an_error_of_ours_is_kept_answered_500_and_cured_by_the_next_delivery(self) -> None:
        broken = patch.dict(handlers.HANDLER_OF_OBJECT, payment_intent=self.fails)
        with broken, self.assertLogs("payments", "ERROR"):
            first = deliver(self.client, self.event)
        failed = StripeEvent.objects.get()
        self.assertFalse(Payment.objects.exists())  # what the handler had done was taken back
        second = deliver(self.client, self.event)

        self.assertEqual((first.status_code, second.status_code), (500, 200))
        self.assertEqual((failed.status, failed.reason), ("failed", "ZeroDivisionError: a\ufffdb"))
        stored = StripeEvent.objects.get()
        self.assertEqual((stored.status, stored.reason, stored.attempts), ("processed", "", 2))
        self.order.refresh_from_db()
        self.assertEqual(self.order.status, "paid")

    def test_a_crash_leaves_nothing_behind(self) -> None:
        with (
            patch("payments.inbox._apply", side_effect=KeyboardInterrupt),
            self.assertRaises(KeyboardInterrupt),
        ):
            deliver(self.client, self.event)

        self.assertFalse(StripeEvent.objects.exists())

    def fails(self, *args: object) -> str:
        handlers.apply_payment(*args)  # type: ignore[arg-type]
        raise ZeroDivisionError("a\ud800b")

    def test_bytes_that_json_writes_in_other_ways_are_the_same_event(self) -> None:
        """What was signed is kept, not what we would have written."""
        deliver_bytes(self.client, json.dumps(self.event, separators=(",", ":")).encode())
        again = deliver_bytes(self.client, json.dumps(self.event, indent=8).encode())

        self.assertEqual(again.status_code, 200)
        self.assertNotIn("\n", StripeEvent.objects.get().payload)
