"""Products in the staff's pages: added, changed, archived; who was first; what the log keeps."""

import shutil
import tempfile
from io import BytesIO
from pathlib import Path

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import override_settings
from django.urls import reverse
from PIL import Image

from accounts.models import Role
from catalog import changes
from catalog.models import Category, Product, StockMovement, Variant
from catalog.tests.desk import DeskTestCase, deeds, new_product, product_form
from purelaka.testing import make_user, make_variant

ADD = reverse("catalog:product-add")


def picture(
    kind: str = "PNG", size: tuple[int, int] = (60, 75), name: str = "mask.png"
) -> SimpleUploadedFile:
    written = BytesIO()
    Image.new("RGB", size, "teal").save(written, kind)
    return SimpleUploadedFile(name, written.getvalue())


class AddProductTests(DeskTestCase):
    def test_a_product_comes_with_its_first_variant_and_its_stock(self) -> None:
        response = self.client.post(ADD, new_product())

        product = Product.objects.get()
        variant = product.variants.get()
        self.assertRedirects(response, self.product_url(product))
        self.assertEqual((product.name, product.slug, product.is_active), ("Clay Mask", "clay-mask", True))
        self.assertEqual((variant.sku, variant.unit_amount, variant.currency), ("CLAY-75", 19_00, "gbp"))
        self.assertEqual((variant.stock, StockMovement.objects.get().quantity), (12, 12))
        self.assertEqual(self.client.get(reverse("catalog:product", args=["clay-mask"])).status_code, 200)

    def test_it_is_written_down(self) -> None:
        self.client.post(ADD, new_product())

        self.assertEqual(deeds("product.added")[0]["name"], "Clay Mask")
        self.assertEqual(deeds("variant.added")[0]["price"], "£19.00")
        self.assertEqual(deeds("stock.receipt"), [{"quantity": 12, "note": "Opening stock"}])
        log = self.client.get(reverse("audit:log"))
        self.assertContains(log, self.product_url(Product.objects.get()))
        self.assertContains(log, self.variant_url(Variant.objects.get()))

    def test_the_same_page_sent_twice_makes_one_product(self) -> None:
        first = self.client.post(ADD, new_product())
        second = self.client.post(ADD, new_product())

        self.assertEqual(second["Location"], first["Location"])
        self.assertEqual((Product.objects.count(), StockMovement.objects.count()), (1, 1))

    def test_a_category_is_made_by_its_name(self) -> None:
        self.client.post(ADD, new_product(category="", new_category="Sun care"))

        self.assertEqual(Product.objects.get().category.slug, "sun-care")
        self.assertEqual(deeds("category.added"), [{"name": "Sun care"}])

    def test_a_category_that_is_there_is_not_made_again(self) -> None:
        self.client.post(ADD, new_product(category="", new_category="MASKS"))

        self.assertEqual(Product.objects.get().category.name, "Masks")
        self.assertEqual(Category.objects.count(), 1)

    def test_two_products_of_one_name_have_different_addresses(self) -> None:
        self.client.post(ADD, new_product())
        self.client.post(ADD, new_product(**{"key": "another", "v-sku": "CLAY-2"}))

        self.assertEqual(
            list(Product.objects.order_by("pk").values_list("slug", flat=True)), ["clay-mask", "clay-mask-2"]
        )

    def test_what_is_wrong_is_said_beside_its_field_and_nothing_is_made(self) -> None:
        make_variant(sku="TAKEN")
        sent = new_product(**{"name": "", "category": "", "v-sku": "TAKEN", "v-price": "19,5"})
        response = self.client.post(ADD, sent)

        self.assertEqual(self.errors(response)["category"], ["Choose a category, or write a new one."])
        wrong = self.errors(response, "variant")
        self.assertIn("has this SKU", wrong["sku"][0])
        self.assertEqual(wrong["price"], ["Write a point before the smaller unit: 12.50, or 1,250.00."])
        self.assertContains(response, "19,5", status_code=422)  # what was typed stays
        self.assertEqual(Product.objects.count(), 1)

    def test_prices_are_read_exactly(self) -> None:
        for number, (typed, currency, amount) in enumerate(
            [
                ("0.29", "gbp", 29),
                ("1,234.50", "gbp", 123_450),
                ("2980", "jpy", 2_980),
                ("1.234", "kwd", 1_234),
            ]
        ):
            sent = {"key": f"k{number}", "v-sku": f"S-{number}", "v-price": typed, "v-currency": currency}
            self.client.post(ADD, new_product(**sent))
            self.assertEqual(Variant.objects.get(sku=f"S-{number}").unit_amount, amount)

    def test_a_price_that_can_not_be_is_refused(self) -> None:
        for typed, currency in (
            ("0", "gbp"),
            ("-1", "gbp"),
            ("1.5", "jpy"),
            ("1.001", "gbp"),
            ("NaN", "gbp"),
        ):
            with self.subTest(typed=typed):
                response = self.client.post(ADD, new_product(**{"v-price": typed, "v-currency": currency}))
                self.assertIn("price", self.errors(response, "variant"))
        self.assertFalse(Product.objects.exists())


class ChangeProductTests(DeskTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.product = make_variant().product

    def save(self, **fields: object) -> object:
        return self.client.post(self.product_url(self.product), product_form(self.product, **fields))

    def test_the_log_says_what_was_and_what_is(self) -> None:
        self.save(name="Clay Mask", description="New.")

        self.product.refresh_from_db()
        self.assertEqual(self.product.name, "Clay Mask")
        [deed] = deeds("product.changed")
        self.assertEqual(
            (deed["name"], deed["description_was"], deed["description"]), ("Clay Mask", "", "New.")
        )
        self.assertNotIn("slug", deed)
        self.assertContains(self.client.get(self.product_url(self.product)), "changed the product")

    def test_saving_what_is_there_writes_nothing(self) -> None:
        self.save()

        self.assertEqual(deeds("product.changed"), [])

    def test_a_change_on_top_of_somebody_elses_is_refused(self) -> None:
        mine = product_form(self.product, description="Mine.")
        changes.change(self.product, {"name": "Theirs"}, actor=make_user(Role.ADMIN, "sam@example.com"))
        response = self.client.post(self.product_url(self.product), mine)

        wrong = self.errors(response)
        self.assertIn("sam changed this after you opened it, so nothing was saved.", wrong["__all__"][0])
        self.assertEqual(wrong["name"], ["Now saved: Theirs"])
        self.assertContains(response, "Mine.", status_code=422)
        self.product.refresh_from_db()
        self.assertEqual((self.product.name, self.product.description), ("Theirs", ""))

    def test_it_can_then_be_saved_on_purpose(self) -> None:
        mine = product_form(self.product, name="Mine")
        changes.change(self.product, {"name": "Theirs"}, actor=None)
        refused = self.client.post(self.product_url(self.product), mine)
        self.client.post(
            self.product_url(self.product), mine | {"seen": refused.context["form"]["seen"].value()}
        )

        self.product.refresh_from_db()
        self.assertEqual(self.product.name, "Mine")
        self.assertEqual(deeds("product.changed")[-1]["name_was"], "Theirs")

    def test_the_second_of_two_clicks_is_no_conflict(self) -> None:
        sent = product_form(self.product, name="Clay Mask")
        self.client.post(self.product_url(self.product), sent)
        again = self.client.post(self.product_url(self.product), sent)

        self.assertRedirects(again, self.product_url(self.product))
        self.assertEqual(len(deeds("product.changed")), 1)

    def test_an_address_that_another_has_is_refused(self) -> None:
        other = make_variant().product

        self.assertIn("slug", self.errors(self.save(slug=other.slug)))

    def test_archived_and_restored_it_leaves_the_shop_and_comes_back(self) -> None:
        shop = reverse("catalog:product", args=[self.product.slug])
        for _ in range(2):  # the second click changes nothing
            self.client.post(reverse("catalog:product-archive", args=[self.product.pk]))
        self.assertEqual(self.client.get(shop).status_code, 404)
        self.assertContains(self.client.get(self.product_url(self.product)), "This product is archived")

        self.client.post(reverse("catalog:product-restore", args=[self.product.pk]))
        self.assertEqual(self.client.get(shop).status_code, 200)
        self.assertEqual(len(deeds("product.archived") + deeds("product.restored")), 2)


class PictureTests(DeskTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.media = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.media)
        settings = override_settings(MEDIA_ROOT=self.media)
        settings.enable()
        self.addCleanup(settings.disable)
        self.product = make_variant().product

    def upload(self, file: SimpleUploadedFile, **fields: object) -> object:
        sent = product_form(self.product, picture=file, **fields)
        with self.captureOnCommitCallbacks(execute=True):
            response = self.client.post(self.product_url(self.product), sent)
        self.product.refresh_from_db()
        return response

    def files(self) -> list[Path]:
        return [path for path in Path(self.media).rglob("*") if path.is_file()]

    def test_jpeg_png_and_webp_are_kept_and_served(self) -> None:
        for kind, extension in (("JPEG", "jpg"), ("PNG", "png"), ("WEBP", "webp")):
            self.upload(picture(kind))
            self.assertTrue(str(self.product.image).endswith(f".{extension}"))
            self.assertEqual(self.client.get(self.product.image.url).status_code, 200)
        self.assertEqual(len(self.files()), 1)  # the one before goes

    def test_a_large_one_is_made_smaller_and_loses_what_the_camera_wrote(self) -> None:
        written = BytesIO()
        exif = Image.Exif()
        exif[0x010E] = "where I live"
        Image.new("RGB", (2000, 3000), "teal").save(written, "JPEG", exif=exif)
        self.upload(SimpleUploadedFile("IMG_1.jpg", written.getvalue()))

        with Image.open(self.product.image.path) as kept:
            self.assertEqual(kept.size, (1067, 1600))
            self.assertEqual(dict(kept.getexif()), {})

    def test_what_is_no_picture_is_refused(self) -> None:
        svg = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
        cut = picture("PNG", (300, 300)).read()[:60]
        for name, data in (("a.svg", svg), ("a.png", b"hello"), ("a.jpg", cut), ("a.gif", b"GIF89a")):
            with self.subTest(name=name):
                response = self.upload(SimpleUploadedFile(name, data))
                self.assertIn("Choose a JPEG, PNG or WebP file.", self.errors(response)["picture"][0])
        self.assertEqual(self.files(), [])

    def test_one_that_is_too_large_is_refused(self) -> None:
        response = self.upload(SimpleUploadedFile("a.png", b"x" * (5 * 1024 * 1024 + 1)))

        self.assertIn("larger than 5 MB", self.errors(response)["picture"][0])

    def test_it_can_be_taken_away(self) -> None:
        self.upload(picture())
        with self.captureOnCommitCallbacks(execute=True):
            self.client.post(self.product_url(self.product), product_form(self.product, remove_picture="on"))

        self.product.refresh_from_db()
        self.assertFalse(self.product.image)
        self.assertEqual(self.files(), [])

    def test_with_another_mistake_on_the_page_it_is_asked_for_again(self) -> None:
        response = self.upload(picture(), name="")

        self.assertIn("Choose the picture again", self.errors(response)["picture"][0])
