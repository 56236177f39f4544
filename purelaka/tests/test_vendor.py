"""What the browser is given stands in the tree, with its licences, and nothing comes from elsewhere."""

import re
import sys
from pathlib import Path

from django.conf import settings
from django.test import SimpleTestCase

ROOT = Path(settings.BASE_DIR)
MAILS = ROOT / "templates/mail"  # carry their own styles: a mail program loads no stylesheet of ours
sys.path.insert(0, str(ROOT / "scripts"))

import vendor  # noqa: E402


class VendorTests(SimpleTestCase):
    def test_every_icon_that_is_named_is_in_the_sprite(self) -> None:
        self.assertEqual(vendor.icons_named() - vendor.icons_drawn(), set(), "run scripts/vendor.py")

    def test_every_file_is_there(self) -> None:
        files = [path for package in vendor.PACKAGES for path in package.files.values()]

        self.assertEqual([path for path in files if not path.exists()], [])

    def test_every_library_has_its_licence(self) -> None:
        names = {path.name for path in (ROOT / "static/vendor").iterdir()}

        self.assertLessEqual({"LICENSE.tabler", "LICENSE.tabler-icons", "LICENSE.echarts"}, names)
        self.assertLessEqual({"NOTICE.echarts", "LICENSE.htmx"}, names)

    def test_templates_load_nothing_from_elsewhere_and_hold_nothing_inline(self) -> None:
        forbidden = re.compile(
            r"""(?:src|href)=["'](?:https?:)?//|\son[a-z]+=["']|<script(?![^>]*\ssrc=)|hx-on"""
        )
        styled = re.compile(r"<style|\sstyle=")
        found = {}
        for path in ROOT.glob("**/templates/**/*.html"):
            text = path.read_text(encoding="utf-8")
            hit = forbidden.search(text) or (None if path.is_relative_to(MAILS) else styled.search(text))
            if ".venv" not in path.parts and hit:
                found[str(path.relative_to(ROOT))] = hit[0]

        self.assertEqual(found, {})

    def test_an_icon_is_found_however_it_is_named(self) -> None:
        text = """{% icon "truck" %} icon="box" {'icon': 'eye'} rel="icon" href="mark.svg" icon='x' """

        self.assertEqual(vendor.NAMED.findall(text), ["truck", "box", "eye", "x"])
