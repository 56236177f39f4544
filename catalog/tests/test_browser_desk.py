"""An admin in a browser: add a product with a picture, receive stock, archive it; import a file."""

import shutil
import tempfile
from pathlib import Path

from django.test import override_settings
from PIL import Image

from accounts.models import Role
from catalog.models import Product, Variant
from purelaka.testing import make_variant
from purelaka.testing_browser import NARROW, SCHEMES, WIDE, BrowserTestCase

FILE = "sku,price,stock\n{sku},12.50,7\n"


class CatalogueInABrowserTests(BrowserTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.folder = Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.folder)
        media = override_settings(MEDIA_ROOT=str(self.folder / "media"))
        media.enable()
        self.addCleanup(media.disable)

    def test_a_product_is_added_stocked_and_archived(self) -> None:
        Image.new("RGB", (80, 100), "teal").save(self.folder / "mask.png")
        for size, scheme in zip((WIDE, NARROW), SCHEMES, strict=True):
            with self.subTest(width=size[0]):
                page = self.open_page(size, scheme)
                self.sign_in(Role.ADMIN, page)
                self.visit("/catalogue/", page)
                page.get_by_role("link", name="Add product").first.click()
                page.get_by_label("Name", exact=True).fill(f"Clay Mask {size[0]}")
                page.get_by_label("or a new one").fill("Masks")
                page.get_by_label("Picture").set_input_files(self.folder / "mask.png")
                page.get_by_label("SKU").fill(f"CLAY-{size[0]}")
                page.get_by_label("Price").fill("19,00")
                page.get_by_role("button", name="Save product").click()
                page.get_by_text("Write a point before the smaller unit").wait_for()
                self.assert_accessible(page)  # with what is wrong on it
                page.get_by_label("Price").fill("19.00")
                page.get_by_label("Picture").set_input_files(self.folder / "mask.png")
                page.get_by_role("button", name="Save product").click()
                page.get_by_text(f"Clay Mask {size[0]} is in the catalogue.").wait_for()
                self.assertEqual(page.locator("img.picture").evaluate("image => image.naturalWidth"), 80)

                page.get_by_role("link", name="One size").click()
                page.get_by_role("link", name="Receive stock").click()
                dialog = page.get_by_role("dialog", name="Receive")
                self.assert_accessible(page)
                dialog.get_by_label("Pieces").fill("24")
                dialog.get_by_label("Note").fill("Delivery 17")
                dialog.get_by_role("button", name="Receive").click()
                page.get_by_text("24 received.").wait_for()
                self.assert_fits(page)
                self.assertEqual(Variant.objects.get(sku=f"CLAY-{size[0]}").stock, 24)

                page.get_by_role("link", name=f"Clay Mask {size[0]}", exact=True).click()
                page.get_by_role("link", name="Archive").click()
                page.get_by_role("button", name="Archive it").click()
                page.get_by_text("customers do not see it any more").wait_for()
                self.assertFalse(Product.objects.get(name=f"Clay Mask {size[0]}").is_active)
                self.assert_accessible(page)
                self.assert_fits(page)

    def test_a_file_is_looked_at_and_imported(self) -> None:
        for size, scheme in zip((WIDE, NARROW), SCHEMES, strict=True):
            with self.subTest(width=size[0]):
                variant = make_variant()
                good, bad = self.folder / "good.csv", self.folder / "bad.csv"
                good.write_text(FILE.format(sku=variant.sku), encoding="utf-8")
                bad.write_text(FILE.format(sku="UNKNOWN"), encoding="utf-8")
                page = self.open_page(size, scheme)
                self.sign_in(Role.ADMIN, page)
                self.visit("/catalogue/import/", page)
                page.get_by_label("CSV file").set_input_files(bad)
                page.get_by_role("button", name="See what it would do").click()
                page.get_by_text("1 row can't be imported").wait_for()
                self.assert_accessible(page)
                self.assert_fits(page)

                page.get_by_role("link", name="Choose another file").click()
                page.get_by_label("CSV file").set_input_files(good)
                page.get_by_role("button", name="See what it would do").click()
                page.get_by_text("price £10.00 → £12.50").wait_for()
                self.assert_accessible(page)
                self.assert_fits(page)
                page.get_by_role("button", name="Import 1 row").click()
                page.get_by_text("good.csv is imported: 0 new, 1 changed").wait_for()
                variant.refresh_from_db()
                self.assertEqual((variant.unit_amount, variant.stock), (12_50, 7))
