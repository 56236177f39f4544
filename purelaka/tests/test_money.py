"""Minor units written and read back, in currencies with no, two and three digits."""

from django.test import SimpleTestCase
from hypothesis import given
from hypothesis import strategies as st

from purelaka import money

CURRENCIES = sorted(money.ZERO_DECIMAL | money.THREE_DECIMAL | {"gbp", "eur", "usd", "isk", "huf"})


class RoundTripTests(SimpleTestCase):
    @given(amount=st.integers(-(10**15) + 1, 10**15 - 1), currency=st.sampled_from(CURRENCIES))
    def test_what_is_written_reads_back_as_the_same_amount(self, amount: int, currency: str) -> None:
        self.assertEqual(money.to_minor(money.to_major(amount, currency), currency), amount)

    @given(amount=st.integers(-(10**12), 10**12), currency=st.sampled_from(CURRENCIES))
    def test_the_text_has_exactly_the_digits_of_the_currency(self, amount: int, currency: str) -> None:
        _, _, fraction = money.to_major(amount, currency).partition(".")

        self.assertEqual(len(fraction), money.exponent(currency))


class ToMajorTests(SimpleTestCase):
    def test_each_kind_of_currency_has_its_digits(self) -> None:
        for amount, currency, expected in (
            (123456, "gbp", "1234.56"),
            (5, "gbp", "0.05"),
            (-30, "eur", "-0.30"),
            (1200, "jpy", "1200"),
            (1234, "kwd", "1.234"),
            (500, "isk", "5.00"),  # ISK has no minor unit, yet Stripe counts it in hundredths
            (0, "kwd", "0.000"),
        ):
            with self.subTest(currency=currency, amount=amount):
                self.assertEqual(money.to_major(amount, currency), expected)


class ToMinorTests(SimpleTestCase):
    def test_fewer_digits_than_the_currency_has_are_fine(self) -> None:
        self.assertEqual(money.to_minor("12.5", "gbp"), 1250)
        self.assertEqual(money.to_minor(" 12 ", "kwd"), 12000)

    def test_trailing_zeros_are_no_extra_digits(self) -> None:
        self.assertEqual(money.to_minor("12.00", "jpy"), 12)

    def test_a_fraction_of_the_smallest_unit_is_refused(self) -> None:
        for text, currency in (("1.234", "gbp"), ("1.5", "jpy"), ("0.0001", "kwd")):
            with self.subTest(currency), self.assertRaisesMessage(money.BadAmount, "digits after the point"):
                money.to_minor(text, currency)

    def test_what_is_no_number_is_refused(self) -> None:
        for text in ("", "free", "1,5", "£3"):
            with self.subTest(text), self.assertRaisesMessage(money.BadAmount, "is not a number"):
                money.to_minor(text, "gbp")

    def test_a_number_without_end_or_out_of_reach_is_refused(self) -> None:
        for text in ("NaN", "Infinity", "1e30"):
            with self.subTest(text), self.assertRaises(money.BadAmount):
                money.to_minor(text, "gbp")


class DisplayTests(SimpleTestCase):
    def test_people_read_symbol_sign_and_separators(self) -> None:
        for amount, currency, expected in (
            (123456, "gbp", "£1,234.56"),
            (-30, "gbp", "\N{MINUS SIGN}£0.30"),
            (1200, "jpy", "¥1,200"),
            (1234, "kwd", "KWD\N{NO-BREAK SPACE}1.234"),
        ):
            with self.subTest(currency=currency, amount=amount):
                self.assertEqual(money.display(amount, currency), expected)


class TypedTests(SimpleTestCase):
    def test_what_people_type_is_read_exactly(self) -> None:
        for text, currency, expected in (
            ("14", "gbp", 14_00),
            (" 14.50 ", "gbp", 14_50),
            ("0.29", "gbp", 29),
            ("1,234.50", "gbp", 1_234_50),
            ("1,234", "jpy", 1_234),
            ("1.234", "kwd", 1_234),
            ("-3", "eur", -3_00),
        ):
            with self.subTest(text=text):
                self.assertEqual(money.typed(text, currency), expected)

    def test_what_might_mean_two_things_is_asked_back(self) -> None:
        for text, currency, said in (
            ("14,50", "gbp", "Write a point before the smaller unit"),
            ("12,34,567", "gbp", "Write a point before the smaller unit"),
            ("£14", "gbp", "Write an amount, such as 12.50."),
            ("1e3", "gbp", "Write an amount, such as 12.50."),
            ("NaN", "jpy", "Write an amount, such as 1250."),
            ("1.2.3", "gbp", "'1.2.3' is not a number."),
            ("1.005", "gbp", "'1.005' has more than 2 digits after the point for GBP."),
        ):
            with self.subTest(text=text), self.assertRaisesMessage(money.BadAmount, said):
                money.typed(text, currency)
