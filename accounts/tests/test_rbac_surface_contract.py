"""Who may reach what: `docs/rbac_matrix.md` says it, and every cell of it is asked here.

A new address without a row fails, and so does a row without an address.
"""

import logging
import re
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from django.conf import settings
from django.core.cache import cache
from django.db import transaction
from django.http import HttpResponseBase
from django.test import Client, SimpleTestCase, TestCase, override_settings
from django.urls import reverse

from accounts.models import Role
from accounts.tests.url_walk import Address, addresses
from purelaka.testing import make_user

MATRIX = Path(settings.BASE_DIR) / "docs" / "rbac_matrix.md"
ROW = re.compile(r"^\| `([^`]+)` \| (GET|POST) \|(.+)\|$", re.MULTILINE)
ASKERS = ["", *Role.values]  # the empty one is anonymous
OPEN = "open"


class Row(NamedTuple):
    """A line of the matrix: the expected answer for each asker."""

    name: str
    method: str
    cells: dict[str, str]


def rows() -> list[Row]:
    found = ROW.findall(MATRIX.read_text(encoding="utf-8"))
    return [Row(name, method, dict(zip(ASKERS, _cells(cells), strict=True))) for name, method, cells in found]


def _cells(text: str) -> list[str]:
    return [cell.strip() for cell in text.split("|")]


def is_covered_by(address: Address, row: Row) -> bool:
    """`admin:*` covers all of Django's admin that has no row of its own."""
    prefix = row.name.removesuffix("*")
    return address.name == row.name or (row.name.endswith("*") and address.name.startswith(prefix))


def rows_of(address: Address, matrix: Iterable[Row]) -> list[Row]:
    own = [row for row in matrix if row.name == address.name]
    return own or [row for row in matrix if is_covered_by(address, row)]


class RbacMatrixTests(SimpleTestCase):
    def test_every_row_has_an_address(self) -> None:
        stale = [row.name for row in rows() if not any(is_covered_by(known, row) for known in addresses())]

        self.assertEqual(stale, [], f"Take these rows out of {MATRIX.name}: there is no such address.")

    def test_no_row_stands_twice(self) -> None:
        keys = [(row.name, row.method) for row in rows()]

        self.assertEqual(len(keys), len(set(keys)))


@override_settings(STRIPE_WEBHOOK_SECRETS=["whsec_of_these_tests"])
class RbacSurfaceTests(TestCase):
    def setUp(self) -> None:
        cache.clear()  # login tries are counted there
        logging.disable(logging.ERROR)  # each 404 is a line otherwise
        self.addCleanup(logging.disable, logging.NOTSET)

    def test_every_address_has_a_row(self) -> None:
        missing = [address for address in addresses() if not rows_of(address, rows())]

        for address in missing:
            with self.subTest(url=address.name):
                answers = {asker: self.ask(address, "GET", asker) for asker in ASKERS}
                self.fail(f"no row in {MATRIX.name}; {line(address.name, 'GET', answers)}")

    def test_every_cell_is_what_the_matrix_says(self) -> None:
        matrix = rows()
        for address in addresses():
            for row in rows_of(address, matrix):
                with self.subTest(url=address.name, method=row.method):
                    answers = {asker: self.ask(address, row.method, asker) for asker in ASKERS}
                    if not agree(row.cells, answers):
                        self.fail(f"says {row.cells}; {line(address.name, row.method, answers)}")

    def test_what_takes_post_can_not_be_reached_by_a_link(self) -> None:
        matrix = rows()
        for address in addresses():
            if {row.method for row in rows_of(address, matrix)} == {"POST"}:
                with self.subTest(url=address.name):
                    self.assertEqual(self.ask(address, "GET", Role.ADMIN), "405")

    def ask(self, address: Address, method: str, asker: str) -> str:
        """The answer, as the matrix writes it. What the question changed is taken back."""
        with transaction.atomic():
            client = Client(raise_request_exception=False)
            if asker:
                client.force_login(make_user(Role(asker)))
            answer = word(client.generic(method, address.url()))
            transaction.set_rollback(True)
        return answer


def agree(cells: dict[str, str], answers: dict[str, str]) -> bool:
    """Whether each answer is what its cell says."""
    return all(
        answers[asker] == cell or (cell == OPEN and answers[asker] not in ("login", "404", "500"))
        for asker, cell in cells.items()
    )


def word(response: HttpResponseBase) -> str:
    """The status code; `login` for a redirect to the login page (the admin's own leads there too)."""
    logins = (reverse("account_login"), reverse("admin:login"))
    to_login = response.status_code == 302 and response["Location"].startswith(logins)
    return "login" if to_login else str(response.status_code)


def line(name: str, method: str, answers: dict[str, str]) -> str:
    """How the row would read if all were right as it is now."""
    cells = " | ".join(answers[asker] for asker in ASKERS)
    return f"now: | `{name}` | {method} | {cells} |"
