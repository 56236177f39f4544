"""Variables that are read as they are meant, or refused with what to say instead."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

from django.core.exceptions import ImproperlyConfigured
from django.test import SimpleTestCase

from purelaka import env


@contextmanager
def variable(value: str) -> Iterator[None]:
    """PURELAKA_TEST is `value` within the block."""
    with patch.dict(os.environ, {"PURELAKA_TEST": value}):
        yield


class TextTests(SimpleTestCase):
    def test_an_empty_variable_counts_as_not_set(self) -> None:
        with variable("  "):
            self.assertEqual(env.text("PURELAKA_TEST", "default"), "default")

    def test_spaces_around_a_value_are_dropped(self) -> None:
        with variable(" shop "):
            self.assertEqual(env.text("PURELAKA_TEST"), "shop")

    def test_a_missing_required_variable_is_named(self) -> None:
        with variable(""), self.assertRaisesMessage(ImproperlyConfigured, "PURELAKA_TEST is not set"):
            env.required("PURELAKA_TEST")


class FlagTests(SimpleTestCase):
    def test_it_knows_two_words_each_way(self) -> None:
        for value, expected in (("1", True), ("TRUE", True), ("0", False), ("false", False)):
            with self.subTest(value), variable(value):
                self.assertIs(env.flag("PURELAKA_TEST", default=not expected), expected)

    def test_it_refuses_any_other_word(self) -> None:
        for value in ("yes", "on", "2", "o"):
            with (
                self.subTest(value),
                variable(value),
                self.assertRaisesMessage(ImproperlyConfigured, "1 or 0"),
            ):
                env.flag("PURELAKA_TEST", default=True)

    def test_not_set_is_the_default(self) -> None:
        self.assertIs(env.flag("PURELAKA_TEST_UNSET", default=True), True)


class ChoiceTests(SimpleTestCase):
    def test_a_known_word_is_taken(self) -> None:
        with variable("refund"):
            self.assertEqual(env.choice("PURELAKA_TEST", {"hold", "refund"}, "hold"), "refund")

    def test_an_unknown_word_is_refused_with_the_known_ones(self) -> None:
        with variable("Hold"), self.assertRaisesMessage(ImproperlyConfigured, "hold, refund"):
            env.choice("PURELAKA_TEST", {"refund", "hold"}, "hold")


class IntegerTests(SimpleTestCase):
    def test_a_whole_number_is_read(self) -> None:
        with variable("42"):
            self.assertEqual(env.integer("PURELAKA_TEST", 7), 42)

    def test_a_word_or_a_fraction_is_refused(self) -> None:
        for value in ("many", "1.5"):
            with (
                self.subTest(value),
                variable(value),
                self.assertRaisesMessage(ImproperlyConfigured, "whole"),
            ):
                env.integer("PURELAKA_TEST", 7)

    def test_a_number_below_the_minimum_is_refused(self) -> None:
        with variable("0"), self.assertRaisesMessage(ImproperlyConfigured, "at least 1"):
            env.integer("PURELAKA_TEST", 7, minimum=1)


class ListAndPathTests(SimpleTestCase):
    def test_a_list_drops_spaces_and_empty_items(self) -> None:
        with variable(" a, ,b,"):
            self.assertEqual(env.items("PURELAKA_TEST"), ["a", "b"])

    def test_no_list_is_an_empty_list(self) -> None:
        self.assertEqual(env.items("PURELAKA_TEST_UNSET"), [])

    def test_a_path_is_the_given_or_the_default(self) -> None:
        with variable("other.env"):
            self.assertEqual(env.path("PURELAKA_TEST", Path(".env")), Path("other.env"))
        self.assertEqual(env.path("PURELAKA_TEST_UNSET", Path(".env")), Path(".env"))
