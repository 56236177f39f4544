"""Filters of lists: what they read from an address, and the addresses they make."""

from datetime import UTC, date, datetime

from django.http import QueryDict
from django.test import SimpleTestCase

from purelaka.filters import DayField, FilterForm, MinuteField, MomentField, choice, search, written


class FruitFilter(FilterForm):
    main = ("q", "colour")
    quiet = ("view",)

    view = choice("View", [("ripe", "Ripe")], is_hidden=True)
    q = search("Search", "A fruit's name")
    colour = choice("Colour", [("red", "Red"), ("green", "Green")])
    start = DayField(label="Picked from")
    since = MomentField(label="Seen since")
    eaten = MinuteField(label="Eaten from")
    gone = MinuteField(label="Eaten until", is_end=True)


def form(query: str = "") -> FruitFilter:
    return FruitFilter(QueryDict(query))


class ReadingTests(SimpleTestCase):
    def test_blank_and_missing_do_not_narrow(self) -> None:
        for query in ("", "q=&colour=&start=", "q=+"):
            with self.subTest(query=query):
                self.assertEqual([form(query).value(name) for name in ("q", "colour", "start")], [None] * 3)
                self.assertEqual(form(query).chips, [])

    def test_values_are_read(self) -> None:
        found = form("q=+pear+&colour=red&start=2026-11-24")

        self.assertEqual(found.value("q"), "pear")
        self.assertEqual(found.value("start"), date(2026, 11, 24))

    def test_what_can_not_be_read_is_told_and_left_out(self) -> None:
        found = form("colour=blue&start=24.11.&q=pear")

        self.assertEqual(
            (found.value("colour"), found.value("start"), found.value("q")), (None, None, "pear")
        )
        self.assertEqual(
            found.complaints,
            [
                "Colour: There is no “blue”. Choose one of the list. This filter was left out.",
                "Picked from: Write the day as 2026-11-24. This filter was left out.",
            ],
        )

    def test_days_far_away_are_refused(self) -> None:
        for day in ("0001-01-01", "1969-12-31", "2200-01-01", "9999-12-31"):
            with self.subTest(day=day):
                self.assertIsNone(form(f"start={day}").value("start"))

    def test_a_moment_is_read_as_it_was_written(self) -> None:
        moment = datetime(2026, 11, 24, 9, 5, 0, 123, UTC)

        found = form(f"since={written(moment)}")

        self.assertEqual(found.value("since"), moment)
        self.assertEqual(found.chips[0][:2], ("Seen since", "24 Nov 2026, 09:05:00"))
        for odd in ("now", "0001-01-01T00:00:00Z", "9999-12-31T00:00:00Z"):
            self.assertIsNone(form(f"since={odd}").value("since"))

    def test_a_minute_or_a_day_is_of_the_store_s_zone(self) -> None:
        for text, start, end, spoken in (
            ("2026-11-24T09:05", (11, 24, 9, 5), (11, 24, 9, 6), "24 Nov 2026, 09:05"),
            ("2026-06-24+09:05", (6, 24, 8, 5), (6, 24, 8, 6), "24 Jun 2026, 09:05"),
            ("2026-06-24", (6, 23, 23, 0), (6, 24, 23, 0), "24 Jun 2026"),
        ):
            with self.subTest(text=text):
                found = form(f"eaten={text}")
                self.assertEqual(
                    found.value("eaten")[:2],
                    (datetime(2026, *start, tzinfo=UTC), datetime(2026, *end, tzinfo=UTC)),
                )
                self.assertEqual(found.chips[0][:2], ("Eaten from", spoken))

    def test_an_hour_that_comes_twice_is_taken_whole_and_one_that_never_comes_is_refused(self) -> None:
        both = form("eaten=2026-10-25T01:30&gone=2026-10-25T01:30")
        never = form("eaten=2026-03-29T01:30&gone=2026-03-29T01:30")

        self.assertEqual(both.value("eaten").start, datetime(2026, 10, 25, 0, 30, tzinfo=UTC))
        self.assertEqual(both.value("gone").end, datetime(2026, 10, 25, 1, 31, tzinfo=UTC))
        self.assertEqual((never.value("eaten"), never.value("gone")), (None, None))
        self.assertIn("The clocks skip this time", never.complaints[0])

    def test_what_is_no_minute_is_told_with_what_to_write(self) -> None:
        said = "Write a day and a time as 2026-11-24 09:05, or a day as 2026-11-24."
        for text in ("noon", "2026-11-24T25:00", "2026-11-24T09", "24.11.2026+09:05", "%00", "2026-11-24T"):
            with self.subTest(text=text):
                [complaint] = form(f"eaten={text}").complaints
                self.assertEqual(complaint, f"Eaten from: {said} This filter was left out.")
        self.assertIn("between 1970 and 2199", form("eaten=9999-12-31T00:00").complaints[0])

    def test_a_day_stands_in_the_clock_s_field_by_its_first_or_last_minute(self) -> None:
        found = form("eaten=2026-11-24&gone=2026-11-24")

        self.assertIn('type="datetime-local"', str(found["eaten"]))
        self.assertIn('value="2026-11-24T00:00"', str(found["eaten"]))
        self.assertIn('value="2026-11-24T23:59"', str(found["gone"]))

    def test_odd_texts_are_refused(self) -> None:
        self.assertIsNone(form("q=%00").value("q"))
        self.assertIsNone(form(f"q={'x' * 256}").value("q"))


class AddressTests(SimpleTestCase):
    def test_a_chip_says_what_is_on_and_how_to_take_it_away(self) -> None:
        [colour, start] = form("view=ripe&colour=red&start=2026-11-24&page=after,1").chips

        self.assertEqual((colour.label, colour.value), ("Colour", "Red"))
        self.assertEqual(colour.remove_url, "?view=ripe&start=2026-11-24")
        self.assertEqual((start.label, start.value), ("Picked from", "24 Nov 2026"))

    def test_clearing_keeps_the_view(self) -> None:
        self.assertEqual(form("view=ripe&colour=red&q=pear").clear_url, "?view=ripe")

    def test_tabs_keep_the_filters(self) -> None:
        everything, ripe = form("colour=red&view=ripe").views("view", [("", "All"), ("ripe", "Ripe")])

        self.assertEqual((everything.url, everything.is_current), ("?colour=red", False))
        self.assertEqual((ripe.url, ripe.is_current), ("?view=ripe&colour=red", True))

    def test_what_is_no_filter_does_not_come_along(self) -> None:
        self.assertEqual(form("utm=x&colour=red").query(), "?colour=red")
