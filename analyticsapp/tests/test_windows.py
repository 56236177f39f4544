"""What `?days=` and `?start=&end=` mean."""

from datetime import UTC, date, datetime

from django.test import SimpleTestCase

from analyticsapp.windows import PERIODS, BadWindow, Window, asked, asked_or_default, last_days

TODAY = date(2026, 11, 24)


class Windows(SimpleTestCase):
    def test_days_end_today_and_today_is_one_of_them(self) -> None:
        self.assertEqual(asked({"days": "7"}, today=TODAY), Window(date(2026, 11, 18), TODAY))
        self.assertEqual(last_days(1, today=TODAY), Window(TODAY, TODAY))

    def test_start_and_end_are_both_included(self) -> None:
        window = asked({"start": "2026-10-01", "end": "2026-10-31"}, today=TODAY)

        assert window is not None
        self.assertEqual((window.days, len(window.all_days)), (31, 31))
        self.assertIn(date(2026, 10, 31), window)
        self.assertNotIn(date(2026, 11, 1), window)

    def test_start_alone_goes_until_today(self) -> None:
        self.assertEqual(asked({"start": "2026-11-20"}, today=TODAY), Window(date(2026, 11, 20), TODAY))

    def test_days_to_come_are_allowed(self) -> None:
        found = asked({"start": "2026-11-20", "end": "2027-01-31"}, today=TODAY)

        self.assertEqual(found, Window(date(2026, 11, 20), date(2027, 1, 31)))

    def test_nothing_asked_is_no_window_and_thirty_days_by_default(self) -> None:
        for query in ({}, {"days": ""}, {"start": " ", "end": ""}):
            self.assertIsNone(asked(query, today=TODAY))
            self.assertEqual(asked_or_default(query, today=TODAY).days, 30)

    def test_the_previous_window_has_the_same_length_and_ends_the_day_before(self) -> None:
        window = Window(date(2026, 3, 1), date(2026, 3, 31))

        self.assertEqual(window.previous, Window(date(2026, 1, 29), date(2026, 2, 28)))

    def test_a_day_begins_at_midnight_in_the_store(self) -> None:
        clocks_go_forward = Window(date(2026, 3, 29), date(2026, 3, 29))

        first, after = clocks_go_forward.bounds

        self.assertEqual(first, datetime(2026, 3, 29, 0, tzinfo=UTC))
        self.assertEqual(after, datetime(2026, 3, 29, 23, tzinfo=UTC))


class Periods(SimpleTestCase):
    def period(self, name: str, today: date) -> str:
        window = asked({"period": name}, today=today)
        return str(window)

    def test_each_begins_and_ends_as_its_name_says(self) -> None:
        today = date(2026, 11, 24)
        wanted = {
            "month": "2026-11-01/2026-11-24",
            "last_month": "2026-10-01/2026-10-31",
            "quarter": "2026-10-01/2026-11-24",
            "last_quarter": "2026-07-01/2026-09-30",
            "year": "2026-01-01/2026-11-24",
            "last_year": "2025-01-01/2025-12-31",
        }
        self.assertEqual({name: self.period(name, today) for name in PERIODS}, wanted)

    def test_over_the_turn_of_the_year(self) -> None:
        today = date(2026, 1, 1)

        self.assertEqual(self.period("month", today), "2026-01-01/2026-01-01")
        self.assertEqual(self.period("last_month", today), "2025-12-01/2025-12-31")
        self.assertEqual(self.period("last_quarter", today), "2025-10-01/2025-12-31")

    def test_the_year_before_a_leap_day(self) -> None:
        window = Window(date(2024, 2, 1), date(2024, 2, 29))

        self.assertEqual(str(window.year_before), "2023-02-01/2023-02-28")

    def test_one_that_is_none_is_refused_with_those_there_are(self) -> None:
        with self.assertRaisesMessage(BadWindow, "There are month, last_month"):
            asked({"period": "decade"}, today=TODAY)


class BadWindows(SimpleTestCase):
    def assert_refused(self, query: dict[str, str], words: str) -> None:
        with self.assertRaises(BadWindow) as caught:
            asked(query, today=TODAY)
        self.assertIn(words, str(caught.exception))

    def test_what_is_no_number_of_days(self) -> None:
        for text in ("0", "-7", "1.5", "seven", "1e3", "٣٠", "99999999", "0x10", "30; DROP TABLE"):
            self.assert_refused({"days": text}, "days must be a whole number")

    def test_what_is_no_day(self) -> None:
        for text in ("yesterday", "2026-1-5", "20261005", "2026-W40-1", "31/10/2026", "2026-10-05T10:00"):
            self.assert_refused({"start": text, "end": "2026-10-31"}, "start must be a day")

    def test_a_day_that_the_calendar_does_not_have(self) -> None:
        self.assert_refused({"start": "2026-02-30"}, "there is no day 2026-02-30")
        self.assert_refused({"start": "0000-01-01"}, "there is no day 0000-01-01")

    def test_start_after_end(self) -> None:
        self.assert_refused({"start": "2026-10-31", "end": "2026-10-01"}, "Swap them")

    def test_end_without_start(self) -> None:
        self.assert_refused({"end": "2026-10-31"}, "Say the first day")

    def test_both_ways_at_once(self) -> None:
        self.assert_refused({"days": "7", "start": "2026-10-31"}, "not several of them")

    def test_days_out_of_all_reason(self) -> None:
        self.assert_refused({"start": "0001-01-01"}, "lies between")
        self.assert_refused({"start": "2026-01-01", "end": "9999-12-31"}, "lies between")
