"""What customers read: the parts of the order as they paid them, in text and HTML, with a link that works."""

import re
from typing import Any

from django.core.mail import EmailMultiAlternatives
from django.test import TestCase, override_settings
from django.utils import timezone

from orders import letters
from orders.models import DiscountCode, Mail, MailKind, Order, TaxBehavior
from orders.placing import Line, Terms, place_order
from orders.pricing import Tax
from purelaka.testing import make_order, make_variant

VAT = Tax(20_00, name="VAT")


def letter(order: Order, kind: MailKind = MailKind.CONFIRMATION, **fields: Any) -> EmailMultiAlternatives:
    return letters.letter(Mail(pk=1, order=order, kind=kind, email=order.email, **fields))


def html_of(message: EmailMultiAlternatives) -> str:
    [(html, kind)] = message.alternatives
    assert kind == "text/html"
    return str(html)


def words_of(message: EmailMultiAlternatives) -> str:
    """The HTML's words, one space between them."""
    body = html_of(message).partition("<body")[2].partition(">")[2]
    return " ".join(re.sub(r"<[^>]+>", " ", body).split())


class LetterTestCase(TestCase):
    def assert_both_say(self, message: EmailMultiAlternatives, *texts: str) -> None:
        for text in texts:
            self.assertIn(text, str(message.body))
            self.assertIn(text, words_of(message))


class ConfirmationTests(LetterTestCase):
    def order(self, **fields: Any) -> Order:
        code = DiscountCode.objects.create(code="WELCOME10", percent_off=10)
        oat = make_variant(unit_amount=14_00, name="150 ml")
        return place_order(
            [Line(oat, 2), Line(make_variant(unit_amount=28_00), 1)],
            email="buyer@example.com",
            name="Customer 12",
            address="12 Example Street\nBristol BS1 0AA\nUnited Kingdom",
            terms=Terms("Express", 6_95, VAT, code),
            **fields,
        )

    def test_it_has_every_part_of_the_order(self) -> None:
        message = letter(self.order())

        self.assert_both_say(message, "£56.00", "WELCOME10", "−£5.60", "Express", "£6.95", "£57.35", "£9.56")
        self.assert_both_say(message, "Customer 12", "12 Example Street", "Bristol BS1 0AA", "150 ml")
        self.assertIn("Total: £57.35, of which VAT £9.56", str(message.body))

    def test_delivery_that_costs_nothing_is_said(self) -> None:
        terms = Terms("Standard", 0, VAT)
        order = place_order([Line(make_variant(), 1)], email="buyer@example.com", terms=terms)

        self.assertIn("Delivery, Standard: free", str(letter(order).body))
        self.assertIn("Delivery Standard Free", words_of(letter(order)))

    def test_tax_that_is_added_is_a_part_of_the_sum(self) -> None:
        terms = Terms("Standard", 5_00, Tax(20_00, TaxBehavior.EXCLUSIVE, "Sales tax"))
        order = place_order([Line(make_variant(), 1)], email="buyer@example.com", terms=terms)
        message = letter(order)

        self.assert_both_say(message, "£10.00", "£5.00", "£3.00", "£18.00")
        self.assertIn("Sales tax: £3.00\nTotal: £18.00", str(message.body))

    def test_yen_have_no_pence(self) -> None:
        terms = Terms("Standard", 600, Tax(10_00, name="Consumption tax"))
        variant = make_variant(unit_amount=2_980, currency="jpy")
        message = letter(place_order([Line(variant, 2)], email="buyer@example.com", terms=terms))

        self.assert_both_say(message, "¥5,960", "¥600", "¥6,560", "¥596")
        self.assertNotIn("¥5,960.", str(message.body))

    def test_an_order_without_parts_shows_its_total_alone(self) -> None:
        body = str(letter(make_order()).body)

        self.assertIn("Total: £10.00", body)
        for word in ("Discount", "Delivery", "of which", "None", "\n\n\n"):
            self.assertNotIn(word, body)

    def test_what_waits_for_stock_is_not_promised_at_once(self) -> None:
        order = self.order()
        order.awaits_stock = True

        self.assert_both_say(letter(order), "when all of it is here")


class FormTests(LetterTestCase):
    @override_settings(STORE_NAME="Soap & Co")
    def test_html_is_escaped_and_text_is_not(self) -> None:
        message = letter(make_order(name="<b>Robin</b> & Co", address="1 Street"))

        self.assertIn("&lt;b&gt;Robin&lt;/b&gt; &amp; Co", html_of(message))
        self.assertIn("<b>Robin</b> & Co", str(message.body))
        self.assertIn("Soap & Co", str(message.body))

    def test_html_loads_nothing_from_elsewhere(self) -> None:
        for kind in (MailKind.CONFIRMATION, MailKind.SHIPPED, MailKind.ORDER_LINK):
            html = html_of(letter(make_order(), kind))
            for tag in ("<img", "<script", "<link", "url(", "@import"):
                self.assertNotIn(tag, html)

    @override_settings(SITE_URL="https://shop.example.com")
    def test_links_are_absolute_and_the_id_is_of_the_same_host(self) -> None:
        message = letter(make_order())

        links = re.findall(r'href="([^"]+)"', html_of(message))
        self.assertTrue(all(link.startswith("https://shop.example.com") for link in links), links)
        self.assertRegex(message.extra_headers["Message-ID"], r"^<confirmation\.1\..+@shop\.example\.com>$")

    def test_each_kind_has_a_subject_with_the_order(self) -> None:
        order = make_order()

        for kind in (MailKind.CONFIRMATION, MailKind.SHIPPED, MailKind.PAYMENT_PROBLEM, MailKind.ORDER_LINK):
            self.assertIn(order.number, letter(order, kind).subject)


class LinkTests(LetterTestCase):
    def test_a_guest_opens_their_order_with_it(self) -> None:
        order = make_order()
        found = re.search(r"http://localhost:8000(/o/\S+)", str(letter(order).body))
        assert found is not None

        response = self.client.get(found[1], follow=True)

        self.assertContains(response, order.number)
        self.assertEqual(response.redirect_chain[-1][0], f"/my/orders/{order.number}/")


class PaymentProblemTests(LetterTestCase):
    def test_while_the_goods_are_kept_it_says_until_when(self) -> None:
        order = make_order(at=timezone.now())

        self.assert_both_say(letter(order, MailKind.PAYMENT_PROBLEM), "still kept for you", "Try again")

    def test_afterwards_it_offers_to_order_again(self) -> None:
        self.assert_both_say(
            letter(make_order(), MailKind.PAYMENT_PROBLEM), "Order again", "nothing was taken"
        )
