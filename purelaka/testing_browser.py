"""Tests in a real browser: Chromium, driven by Playwright, against the live server.

A test fails on anything the browser complains about: an error in the console, a script that broke, a
violation of the Content-Security-Policy, a file that is missing. Without a Chromium they are skipped.
"""

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar, Literal
from unittest import SkipTest, mock

from django.conf import settings
from django.contrib.staticfiles.testing import StaticLiveServerTestCase
from django.test import tag
from playwright.sync_api import (
    Browser,
    ConsoleMessage,
    Page,
    Playwright,
    Response,
    expect,
    sync_playwright,
)

from accounts.models import Role, User
from purelaka.testing import GuardedTransactionTestCase, make_user

AXE = Path(__file__).parent / "tests" / "vendor" / "axe.min.js"
SPRITE = Path(settings.BASE_DIR) / "static" / "vendor" / "icons.svg"
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "msedge", "chrome")
QUIET = ["--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync"]
MISSING = "no Chromium here: install it (or `playwright install chromium`), or name it in CHROMIUM"

Scheme = Literal["light", "dark"]
SCHEMES: tuple[Scheme, ...] = ("light", "dark")
WIDE, NARROW = (1440, 900), (390, 844)


@tag("browser")
class BrowserTestCase(GuardedTransactionTestCase, StaticLiveServerTestCase):
    """`self.page` is a fresh window of 1440 by 900 in the light theme; `self.open_page()` makes others."""

    browser: ClassVar[Browser]
    page: Page
    problems: list[str]

    @classmethod
    def setUpClass(cls) -> None:
        if not AXE.exists():
            raise SkipTest("axe-core is not here: run scripts/vendor.py")
        playwright = cls.enterClassContext(sync_playwright())
        executable = find_chromium(playwright)
        if not executable:
            raise SkipTest(MISSING)
        # Playwright's loop runs in this thread, and Django takes that for asynchronous code.
        cls.enterClassContext(mock.patch.dict(os.environ, {"DJANGO_ALLOW_ASYNC_UNSAFE": "true"}))
        super().setUpClass()
        cls.browser = playwright.chromium.launch(executable_path=executable, args=arguments())
        cls.addClassCleanup(cls.browser.close)

    def setUp(self) -> None:
        self.problems = []
        self.addCleanup(self._fail_on_problems)
        self.page = self.open_page()

    def open_page(
        self, size: tuple[int, int] = WIDE, scheme: Scheme = "light", *, javascript: bool = True
    ) -> Page:
        """A window without cookies, whose complaints fail this test."""
        context = self.browser.new_context(
            base_url=self.live_server_url,
            viewport={"width": size[0], "height": size[1]},
            color_scheme=scheme,
            java_script_enabled=javascript,
            reduced_motion="reduce",
        )
        self.addCleanup(context.close)
        page = context.new_page()
        page.on("console", self._note)
        page.on("pageerror", lambda error: self.problems.append(f"script: {error}"))
        return page

    def sign_in(self, role: Role = Role.OPS, page: Page | None = None) -> User:
        """Sign a new person of this role in, without the login page."""
        user = make_user(role)
        self.client.force_login(user)
        session = self.client.cookies[settings.SESSION_COOKIE_NAME].value
        cookie: Any = {"name": settings.SESSION_COOKIE_NAME, "value": session, "url": self.live_server_url}
        (page or self.page).context.add_cookies([cookie])
        return user

    def visit(self, path: str, page: Page | None = None) -> Response:
        """Go to an address of the live server and wait for the page."""
        response = (page or self.page).goto(path)
        assert response is not None
        return response

    def assert_accessible(self, page: Page | None = None) -> None:
        """axe finds nothing that would shut people out."""
        page = page or self.page
        page.wait_for_load_state()
        expect(page.locator("[aria-busy=true]")).to_have_count(0)  # what is being fetched anew is dimmed
        page.evaluate(AXE.read_text(encoding="utf-8"))
        found = page.evaluate("() => axe.run().then((result) => result.violations)")
        self.assertEqual([violation_line(rule) for rule in found], [], page.url)

    def assert_fits(self, page: Page | None = None) -> None:
        """The page is not wider than the window."""
        page = page or self.page
        page.wait_for_load_state()
        width = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        self.assertEqual(width, 0, f"{page.url} is {width} pixels wider than the window")

    def assert_icons_drawn(self, page: Page | None = None) -> None:
        """Every icon on the page is in the sprite: a missing one is nothing, without a complaint."""
        page = page or self.page
        page.wait_for_load_state()
        drawn = set(re.findall(r'<symbol id="([^"]+)"', SPRITE.read_text(encoding="utf-8")))
        shown = page.eval_on_selector_all(
            "svg.icon use", "uses => uses.map((use) => use.href.baseVal.split('#')[1])"
        )
        self.assertEqual(set(shown) - drawn, set(), f"not in the sprite: run scripts/vendor.py ({page.url})")

    @contextmanager
    def subTest(self, msg: Any = None, **params: Any) -> Iterator[None]:
        """The first part that fails ends the test: a parallel run would have to pickle the windows."""
        try:
            yield
        except Exception as problem:
            problem.add_note(f"in the part {msg or params}")
            raise

    def _note(self, message: ConsoleMessage) -> None:
        # That an error page has an error status is no complaint about the page.
        # Nor is a question dropped for a newer one, or because the page was left: htmx tells both.
        was_dropped = message.text.startswith(("htmx:sendAbort", "htmx:afterRequest"))
        about_itself = message.location["url"] == (message.page.url if message.page else "")
        is_status = about_itself and message.text.startswith("Failed to load")
        if message.type == "error" and not (is_status or was_dropped):
            self.problems.append(f"console: {message.text} ({message.location['url']})")

    def _fail_on_problems(self) -> None:
        self.assertEqual(self.problems, [])


def find_chromium(playwright: Playwright) -> str:
    """The path of a Chromium: the one named in CHROMIUM, an installed one, Playwright's own; or empty."""
    named = os.environ.get("CHROMIUM", "")
    installed = next((path for name in NAMES if (path := shutil.which(name))), "")
    own = playwright.chromium.executable_path
    return named or installed or (own if Path(own).exists() else "")


def arguments() -> list[str]:
    """Chromium's sandbox does not work for root, as in most containers."""
    is_root = hasattr(os, "geteuid") and os.geteuid() == 0
    return [*QUIET, "--no-sandbox"] if is_root else QUIET


def violation_line(rule: dict[str, Any]) -> str:
    """One of axe's findings as a line: the rule, what to do, where."""
    places = ", ".join(str(node["target"]) for node in rule["nodes"][:5])
    return f"{rule['id']}: {rule['help']} at {places}"
