from io import StringIO
from itertools import count
from pathlib import Path
from unittest.mock import patch

from django.core.management.base import OutputWrapper
from django.test import SimpleTestCase

from payments.importing.running import Outcome
from payments.management.commands import import_orders
from payments.management.commands.import_orders import ProgressLine, summary


class Terminal(StringIO):
    def isatty(self) -> bool:
        return True


def told(out: StringIO, *steps: int, seconds: float) -> str:
    """What is written when these steps of 1,000 are done, with so many seconds between."""
    clock = count(0, seconds)
    with patch(f"{import_orders.__name__}.time.monotonic", lambda: next(clock)):
        line = ProgressLine(OutputWrapper(out))
        for done in steps:
            line("refunds", done, 1000)
    return out.getvalue()


class ProgressTests(SimpleTestCase):
    def test_a_terminal_shows_one_line_that_fills_up(self) -> None:
        self.assertEqual(
            told(Terminal(), 250, 1000, seconds=1),
            "\r[#####...............] 250 of 1,000 refunds (25 %)\033[K"
            "\r[####################] 1,000 of 1,000 refunds (100 %)\033[K\n",
        )

    def test_it_is_not_written_more_often_than_one_can_see(self) -> None:
        self.assertEqual(told(Terminal(), *range(1, 1000, 100), seconds=0.001), "")

    def test_a_log_gets_a_plain_line_now_and_then(self) -> None:
        self.assertEqual(told(StringIO(), 100, 200, 300, seconds=5), "200 of 1,000 refunds (20 %)\n")

    def test_a_short_run_leaves_no_line_in_a_log(self) -> None:
        self.assertEqual(told(StringIO(), 500, 1000, seconds=0.1), "")

    def test_nothing_to_do_is_done(self) -> None:
        line = ProgressLine(OutputWrapper(out := Terminal()))
        line("refunds", 0, 0)
        self.assertIn("0 of 0 refunds (100 %)", out.getvalue())


class SummaryTests(SimpleTestCase):
    def test_it_says_what_is_new_and_what_was_there(self) -> None:
        done = Outcome(new_orders=19959, new_lines=530099, new_refunds=3694)
        self.assertEqual(
            summary(done, Path("r.csv"), 48.25),
            "19,959 new orders of 530,099 lines, 0 already there; 3,694 new refunds, 0 already there; "
            "0 rows rejected. 48.2 s.",
        )

    def test_it_names_the_file_with_what_was_rejected(self) -> None:
        said = summary(Outcome(known_orders=1, rejected_rows=1), Path("r.csv"), 1)
        self.assertEqual(
            said,
            "0 new orders, 1 already there; 0 new refunds, 0 already there; "
            "1 row rejected, see r.csv. 1.0 s.",
        )
