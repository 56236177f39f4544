import stripe
from django.test import SimpleTestCase

from payments.stories import delivery


class SignTests(SimpleTestCase):
    def test_stripes_own_library_accepts_the_signature(self) -> None:
        payload = delivery.body({"id": "evt_1", "object": "event", "note": "£"})
        header = delivery.sign(payload, "whsec_test")

        self.assertTrue(stripe.WebhookSignature.verify_header(payload.decode(), header, "whsec_test", 300))

    def test_it_is_the_signature_stripes_own_library_makes(self) -> None:
        theirs = stripe.WebhookSignature.generate_signature_header(
            "{}", "whsec_test", timestamp=1_750_000_000
        )

        self.assertEqual(delivery.sign(b"{}", "whsec_test", at=1_750_000_000), theirs)

    def test_another_secret_makes_another_signature(self) -> None:
        header = delivery.sign(b"{}", "whsec_other")

        with self.assertRaises(stripe.SignatureVerificationError):
            stripe.WebhookSignature.verify_header("{}", header, "whsec_test", 300)
