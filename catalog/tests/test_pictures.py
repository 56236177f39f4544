"""Pictures of products: which one is shown, and how an uploaded one is served."""

from pathlib import Path
from tempfile import TemporaryDirectory

from django.conf import settings
from django.test import SimpleTestCase, TestCase, override_settings

from catalog.models import Product
from catalog.pictures import address
from monitoring.demo.goods import RANGE

SVG = '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


class AddressTests(SimpleTestCase):
    def test_an_uploaded_picture_counts_most(self) -> None:
        product = Product(slug="clay-mask", image="products/mask.png")

        self.assertEqual(address(product), "/media/products/mask.png")

    def test_a_drawing_of_that_name_is_next(self) -> None:
        self.assertEqual(address(Product(slug="clay-mask")), "/static/img/products/clay-mask.svg")

    def test_all_else_gets_the_neutral_one(self) -> None:
        for slug in ("new-thing", "", "../../secret"):
            self.assertEqual(address(Product(slug=slug)), "/static/img/products/placeholder.svg")

    def test_every_product_of_the_demo_is_drawn(self) -> None:
        for good in RANGE:
            with self.subTest(slug=good.slug):
                self.assertIn(good.slug, address(Product(slug=good.slug)))

    def test_drawings_obey_the_browser_policy(self) -> None:
        for drawing in (Path(settings.BASE_DIR) / "static/img/products").glob("*.svg"):
            with self.subTest(drawing=drawing.name):
                text = drawing.read_text(encoding="utf-8")
                self.assertNotRegex(text, r"<script|<style|style=|\son\w+=|href=")


class ServingTests(TestCase):
    def setUp(self) -> None:
        root = Path(self.enterContext(TemporaryDirectory()))
        self.enterContext(override_settings(MEDIA_ROOT=root))
        self.folder = root / "products"
        self.folder.mkdir()
        (root / "secret.png").write_bytes(b"not yours")

    def test_a_picture_is_served_as_what_its_name_says_and_kept_by_the_browser(self) -> None:
        (self.folder / "mask.png").write_bytes(b"png")

        response = self.client.get("/media/products/mask.png")

        self.assertEqual(b"".join(response), b"png")
        self.assertEqual(response["Content-Type"], "image/png")
        self.assertEqual(response["X-Content-Type-Options"], "nosniff")
        self.assertIn("max-age", response["Cache-Control"])

    def test_the_browser_that_has_it_is_told_so(self) -> None:
        (self.folder / "mask.webp").write_bytes(b"webp")
        first = self.client.get("/media/products/mask.webp")
        first.close()

        again = self.client.get(
            "/media/products/mask.webp", headers={"if-modified-since": first["Last-Modified"]}
        )

        self.assertEqual(again.status_code, 304)

    def test_what_may_hold_scripts_is_not_served(self) -> None:
        for name in ("drawing.svg", "page.html", "noname", "mask.png.svg"):
            (self.folder / name).write_text(SVG)
            with self.subTest(name=name):
                self.assertEqual(self.client.get(f"/media/products/{name}").status_code, 404)

    def test_a_page_named_as_a_picture_is_no_page(self) -> None:
        (self.folder / "page.png").write_text("<script>alert(1)</script>")

        response = self.client.get("/media/products/page.png")
        response.close()

        self.assertEqual(
            (response["Content-Type"], response["X-Content-Type-Options"]), ("image/png", "nosniff")
        )

    def test_nothing_outside_the_folder_can_be_had(self) -> None:
        for name in (
            "../secret.png",
            "%2e%2e/secret.png",
            "..%2fsecret.png",
            "missing.png",
            "..%5csecret.png",
        ):
            with self.subTest(name=name):
                self.assertEqual(self.client.get(f"/media/products/{name}").status_code, 404)
