"""An analyst in a browser: the dashboard, what it is compared with, and a file that comes to its figure."""

import csv
from datetime import timedelta

from django.utils import timezone
from playwright.sync_api import expect

from accounts.models import Role
from analyticsapp.tests.ledgers import sold
from audit.models import AuditLog
from purelaka.testing_browser import NARROW, BrowserTestCase

# How the chart of revenue is drawn, and in which colours.
ON_PAPER = """() => {
    const svg = document.querySelector("figure[data-chart=revenue] .canvas svg");
    return {
        text: svg.querySelector("text").getAttribute("fill"),
        drawn: svg.getAttribute("viewBox"),
        scheme: document.documentElement.style.colorScheme,
    };
}"""


class Dashboard(BrowserTestCase):
    def test_the_comparison_is_switched_and_stays_and_the_file_sums_to_the_figure(self) -> None:
        now = timezone.now()
        for number in range(3):
            sold(40_00, now - timedelta(days=number))
        sold(100_00, now - timedelta(days=366))
        self.sign_in(Role.ANALYST)
        self.visit("/analytics/?days=30")
        card = self.page.locator("a.kpi", has_text="Gross sales")
        expect(card).to_contain_text("£120.00")

        self.page.get_by_role("link", name="Same period last year").click()
        expect(card).to_contain_text("up 20.0% from £100.00")
        self.page.get_by_role("link", name="7 days").click()
        expect(self.page.get_by_role("link", name="Same period last year")).to_have_attribute(
            "aria-current", "true"
        )
        self.page.get_by_role("link", name="Money flow").click()
        expect(self.page.get_by_role("link", name="Same period last year")).to_have_attribute(
            "aria-current", "true"
        )
        self.page.get_by_role("link", name="Overview").last.click()

        self.page.locator("summary", has_text="Export").click()
        with self.page.expect_download() as waiting:
            self.page.get_by_role("link", name="Orders", exact=True).last.click()
        with waiting.value.path().open(encoding="utf-8", newline="") as file:
            totals = [row["total"] for row in csv.DictReader(file)]

        self.assertEqual(totals, ["40.00"] * 3)
        self.assertEqual(AuditLog.objects.get(event_type="analytics_export").data["rows"], 3)

    def test_a_dark_page_of_a_narrow_window_is_printed_light_and_whole(self) -> None:
        now = timezone.now()
        sold(40_00, now)
        page = self.open_page(NARROW, "dark")
        self.sign_in(Role.ANALYST, page)
        self.visit("/analytics/?days=7", page)
        on_screen = page.evaluate(ON_PAPER)
        page.evaluate(f"addEventListener('beforeprint', () => {{ window.onPaper = ({ON_PAPER})() }})")

        page.pdf()

        printed = page.evaluate("onPaper")
        self.assertEqual(printed["scheme"], "light")
        self.assertRegex(printed["drawn"], r"^0 0 720 \d+$")
        self.assertNotEqual(printed["text"], on_screen["text"])
        self.assertEqual(page.evaluate(ON_PAPER), on_screen)
        page.emulate_media(media="print")
        figures = page.locator("section.card", has_text="More figures")
        expect(figures.get_by_role("columnheader", name="Before")).to_be_visible()
        said = page.locator(".asof time")
        expect(said).to_have_css("font-size", "0px")
        self.assertIn(f"{now:%Y}", said.evaluate("it => getComputedStyle(it, '::after').content"))

    def test_a_chart_that_was_hidden_while_the_window_changed_comes_back_whole(self) -> None:
        sold(40_00, timezone.now())
        self.sign_in(Role.ANALYST)
        self.visit("/analytics/?days=7")
        drawn = self.page.locator("figure[data-chart=revenue] .canvas svg")
        before = drawn.inner_html()
        toggle = self.page.locator("figure[data-chart=revenue] [data-table]")

        toggle.click()
        self.page.evaluate("dispatchEvent(new Event('resize'))")
        toggle.click()

        self.assertEqual(drawn.inner_html(), before)
