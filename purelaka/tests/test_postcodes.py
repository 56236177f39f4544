from django.test import SimpleTestCase

from purelaka.postcodes import SHAPES, BadPostcode, checked, with_town


class PostcodeTests(SimpleTestCase):
    def test_they_are_written_in_capitals_and_tidied(self) -> None:
        for typed, country, kept in (
            ("bs10aa", "GB", "BS1 0AA"),
            (" ec1a-1bb ", "GB", "EC1A 1BB"),
            ("bfpo 801", "GB", "BFPO801"),
            ("1012  ab", "NL", "1012 AB"),
            ("100-0001", "JP", "100-0001"),
            ("94103-1234", "US", "94103-1234"),
            ("d02 af30", "IE", "D02 AF30"),
            ("160 62", "TW", "160 62"),
        ):
            self.assertEqual(checked(typed, country), kept)

    def test_each_example_passes(self) -> None:
        for country, (example, _) in SHAPES.items():
            self.assertEqual(checked(example, country), example)

    def test_what_is_surely_wrong_is_refused_with_an_example(self) -> None:
        for typed, country in (("12345", "GB"), ("1234", "DE"), ("BS1 0AA", "FR"), ("٠١٢٣٤", "DE")):
            with self.assertRaisesMessage(BadPostcode, "Enter a postcode such as"):
                checked(typed, country)
        with self.assertRaisesMessage(BadPostcode, "too long"):
            checked("1" * 21, "TW")

    def test_it_is_asked_for_only_where_there_are_any(self) -> None:
        self.assertEqual(checked("", "HK"), "")
        self.assertEqual(checked("", "IE"), "")
        with self.assertRaisesMessage(BadPostcode, "Enter the postcode."):
            checked(" ", "GB")

    def test_each_country_has_its_order_of_town_and_postcode(self) -> None:
        self.assertEqual(with_town("Bristol", "BS1 0AA", "GB"), "Bristol BS1 0AA")
        self.assertEqual(with_town("Berlin", "10115", "DE"), "10115 Berlin")
        self.assertEqual(with_town("Central", "", "HK"), "Central")
