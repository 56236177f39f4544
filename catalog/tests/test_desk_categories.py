"""Categories in the staff's pages."""

from django.urls import reverse

from catalog import changes
from catalog.changes import stamp
from catalog.models import Category
from catalog.tests.desk import LIST, DeskTestCase, deeds
from purelaka.testing import make_variant

URL = reverse("catalog:category-list")


class CategoryTests(DeskTestCase):
    def url(self, category: Category) -> str:
        return reverse("catalog:category-edit", args=[category.pk])

    def test_one_is_added_and_shown_with_its_products(self) -> None:
        make_variant()
        self.client.post(URL, {"name": "Sun care"})
        page = self.client.get(URL)

        self.assertEqual(
            [(row.name, row.slug, row.number) for row in page.context["categories"]],
            [("Care", "care", 1), ("Sun care", "sun-care", 0)],
        )
        self.assertContains(page, f"{LIST}?state=all&amp;category=care")

    def test_a_name_that_is_there_is_refused_however_it_is_written(self) -> None:
        make_variant()

        self.assertIn("name", self.errors(self.client.post(URL, {"name": "CARE"})))
        self.assertIn("slug", self.errors(self.client.post(URL, {"name": "Other", "slug": "care"})))
        self.assertEqual(Category.objects.count(), 1)

    def test_renamed_it_keeps_its_address(self) -> None:
        category = make_variant().product.category
        self.client.post(self.url(category), {"name": "Face care", "slug": "", "seen": stamp(category)})

        category.refresh_from_db()
        self.assertEqual((category.name, category.slug), ("Face care", "care"))
        self.assertEqual(deeds("category.changed"), [{"name_was": "Care", "name": "Face care"}])

    def test_a_change_on_top_of_somebody_elses_is_refused(self) -> None:
        category = make_variant().product.category
        mine = {"name": "Mine", "slug": "care", "seen": stamp(category)}
        changes.change(category, {"name": "Theirs"}, actor=None)

        self.assertEqual(
            self.errors(self.client.post(self.url(category), mine))["name"], ["Now saved: Theirs"]
        )

    def test_only_an_empty_one_can_be_deleted(self) -> None:
        full = make_variant().product.category
        empty = Category.objects.create(name="Empty", slug="empty")
        for category in (full, empty):
            self.client.post(reverse("catalog:category-delete", args=[category.pk]))

        self.assertEqual(list(Category.objects.all()), [full])
        self.assertEqual(deeds("category.deleted"), [{"name": "Empty", "slug": "empty"}])
