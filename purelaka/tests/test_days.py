"""A store's day is 23, 24 or 25 hours long, and every moment lies in exactly one."""

from datetime import UTC, date, datetime, timedelta

from django.test import SimpleTestCase, override_settings
from hypothesis import given
from hypothesis import strategies as st

from purelaka import days

FIRST, LAST = datetime(2000, 1, 1), datetime(2040, 1, 1)  # noqa: DTZ001 - hypothesis adds the zone

# British clocks went forward on 29 March 2026 at 01:00 UTC and back on 25 October at 01:00 UTC.
SPRING, AUTUMN = date(2026, 3, 29), date(2026, 10, 25)


@override_settings(TIME_ZONE="Europe/London")
class LondonTests(SimpleTestCase):
    def test_a_summer_day_begins_an_hour_before_midnight_in_utc(self) -> None:
        self.assertEqual(days.day_start(date(2026, 7, 1)), datetime(2026, 6, 30, 23, tzinfo=UTC))
        self.assertEqual(days.day_start(date(2026, 1, 1)), datetime(2026, 1, 1, tzinfo=UTC))

    def test_the_days_of_the_clock_change_have_23_and_25_hours(self) -> None:
        for day, hours in ((SPRING, 23), (AUTUMN, 25), (date(2026, 7, 1), 24)):
            with self.subTest(day=day):
                start, end = days.day_bounds(day, day)

                self.assertEqual(end - start, timedelta(hours=hours))

    def test_a_sale_late_on_a_summer_evening_in_utc_belongs_to_the_next_day(self) -> None:
        self.assertEqual(days.store_day(datetime(2026, 6, 30, 22, 59, tzinfo=UTC)), date(2026, 6, 30))
        self.assertEqual(days.store_day(datetime(2026, 6, 30, 23, 0, tzinfo=UTC)), date(2026, 7, 1))

    def test_both_passes_of_the_repeated_hour_belong_to_the_same_day(self) -> None:
        for hour in (0, 1):  # 01:30 twice, first in summer time, then in winter time
            moment = datetime(2026, 10, 25, hour, 30, tzinfo=UTC)
            self.assertEqual(days.store_day(moment), AUTUMN)

    def test_bounds_include_the_first_day_and_the_last(self) -> None:
        start, end = days.day_bounds(date(2026, 10, 19), AUTUMN)

        self.assertEqual(start, datetime(2026, 10, 18, 23, tzinfo=UTC))
        self.assertEqual(end, datetime(2026, 10, 26, tzinfo=UTC))

    @given(st.datetimes(FIRST, LAST, timezones=st.just(UTC)))
    def test_every_moment_lies_within_the_bounds_of_its_day(self, moment: datetime) -> None:
        day = days.store_day(moment)
        start, end = days.day_bounds(day, day)

        self.assertTrue(start <= moment < end)


class OtherZoneTests(SimpleTestCase):
    @override_settings(TIME_ZONE="Asia/Tokyo")
    def test_a_zone_east_of_utc_is_a_day_ahead_in_its_morning(self) -> None:
        self.assertEqual(days.store_day(datetime(2026, 12, 31, 16, tzinfo=UTC)), date(2027, 1, 1))

    @override_settings(TIME_ZONE="America/New_York")
    def test_a_zone_west_of_utc_is_a_day_behind_in_its_evening(self) -> None:
        self.assertEqual(days.store_day(datetime(2027, 1, 1, 0, 50, tzinfo=UTC)), date(2026, 12, 31))

    @override_settings(TIME_ZONE="America/Santiago")
    def test_a_day_whose_midnight_does_not_exist_still_begins(self) -> None:
        """Clocks went from 23:59:59 on 5 September 2026 to 01:00 on the 6th."""
        start, end = days.day_bounds(date(2026, 9, 6), date(2026, 9, 6))

        self.assertEqual(days.store_day(start), date(2026, 9, 6))
        self.assertEqual(end - start, timedelta(hours=23))
