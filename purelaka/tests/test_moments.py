from datetime import UTC, date, datetime

from django.test import SimpleTestCase, override_settings

from purelaka import moments

NOW = datetime(2026, 7, 24, 14, 30, tzinfo=UTC)  # 15:30 in London


@override_settings(TIME_ZONE="Europe/London")
class SpokenTests(SimpleTestCase):
    def say(self, when: str) -> str:
        return moments.spoken(datetime.fromisoformat(when).replace(tzinfo=UTC), now=NOW)

    def test_the_last_hour_is_told_in_minutes(self) -> None:
        self.assertEqual(self.say("2026-07-24 14:29:30"), "just now")
        self.assertEqual(self.say("2026-07-24 14:26"), "4 min ago")
        self.assertEqual(self.say("2026-07-24 13:30:01"), "59 min ago")

    def test_earlier_moments_are_told_by_their_day_in_the_store(self) -> None:
        self.assertEqual(self.say("2026-07-24 13:30"), "today 14:30")
        self.assertEqual(self.say("2026-07-23 23:15"), "today 00:15")
        self.assertEqual(self.say("2026-07-23 22:59"), "yesterday 23:59")
        self.assertEqual(self.say("2026-07-01 08:00"), "1 Jul 09:00")
        self.assertEqual(self.say("2025-12-31 08:00"), "31 Dec 2025")

    def test_moments_to_come_are_never_ago(self) -> None:
        self.assertEqual(self.say("2026-07-24 14:31"), "today 15:31")
        self.assertEqual(self.say("2026-07-25 08:00"), "tomorrow 09:00")
        self.assertEqual(self.say("2026-08-02 08:00"), "2 Aug 09:00")

    def test_exact_has_seconds_and_the_year_when_it_is_another(self) -> None:
        self.assertEqual(moments.exact(datetime(2026, 7, 1, 8, 0, 9, tzinfo=UTC), now=NOW), "1 Jul 09:00:09")
        self.assertEqual(
            moments.exact(datetime(2025, 1, 1, 8, 0, 9, tzinfo=UTC), now=NOW), "1 Jan 2025 08:00:09"
        )


class DayTests(SimpleTestCase):
    def test_days_at_three_lengths(self) -> None:
        when = date(2026, 11, 4)

        self.assertEqual(moments.day(when), "4 Nov 2026")
        self.assertEqual(moments.short_day(when), "4 Nov")
        self.assertEqual(moments.long_day(when), "Wednesday 4 November 2026")

    def test_a_range_says_each_year_once(self) -> None:
        self.assertEqual(moments.day_range(date(2026, 10, 26), date(2026, 11, 24)), "26 Oct – 24 Nov 2026")
        self.assertEqual(moments.day_range(date(2025, 12, 3), date(2026, 1, 2)), "3 Dec 2025 – 2 Jan 2026")
        self.assertEqual(moments.day_range(date(2026, 1, 2), date(2026, 1, 2)), "2 Jan 2026")
