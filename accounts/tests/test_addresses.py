"""A person's addresses: kept, changed, chosen, forgotten. Those of others are not there."""

import logging

from django.http import HttpResponseBase
from django.test import TestCase
from django.urls import reverse

from accounts import addresses
from accounts.models import Address, Role
from purelaka.testing import make_address, make_user

LIST = reverse("accounts:addresses")
ADD = reverse("accounts:address-add")
FIELDS = {
    "name": "Robin Doe",
    "line1": "14 Example Street",
    "line2": "",
    "city": "Bristol",
    "postcode": "bs1 0aa",
    "country": "GB",
}


class AddressCase(TestCase):
    def setUp(self) -> None:
        logging.disable(logging.WARNING)  # each 404 is a line otherwise
        self.addCleanup(logging.disable, logging.NOTSET)
        self.robin = make_user(Role.CUSTOMER)
        self.client.force_login(self.robin)

    def post(self, step: str, address: Address, **fields: str) -> HttpResponseBase:
        return self.client.post(reverse(f"accounts:address-{step}", args=[address.pk]), fields)

    def default(self) -> Address:
        return Address.objects.get(user=self.robin, is_default=True)


class KeepingTests(AddressCase):
    def test_the_first_becomes_the_default_by_itself(self) -> None:
        response = self.client.post(ADD, FIELDS, follow=True)

        self.assertRedirects(response, LIST)
        self.assertContains(response, "14 Example Street")
        self.assertEqual((self.default().user, self.default().postcode), (self.robin, "BS1 0AA"))

    def test_a_second_one_is_the_default_when_it_is_asked_for(self) -> None:
        self.client.post(ADD, FIELDS)
        self.client.post(ADD, {**FIELDS, "line1": "2 New Road"})
        self.assertEqual(self.default().line1, "14 Example Street")

        self.client.post(ADD, {**FIELDS, "line1": "3 Old Road", "as_default": "on"})

        self.assertEqual(self.default().line1, "3 Old Road")

    def test_what_is_wrong_is_said_beside_the_field_and_what_was_typed_stays(self) -> None:
        response = self.client.post(ADD, {**FIELDS, "city": "", "postcode": "12"})

        self.assertContains(response, "Enter a postcode such as BS1 0AA.", status_code=422)
        self.assertContains(response, "This field is required.", status_code=422)
        self.assertContains(response, 'value="14 Example Street"', status_code=422)
        self.assertFalse(Address.objects.exists())

    def test_a_country_without_postcodes_needs_none(self) -> None:
        self.client.post(ADD, {**FIELDS, "postcode": "", "country": "HK"})
        self.assertEqual(self.default().country.code, "HK")

        response = self.client.post(ADD, {**FIELDS, "postcode": ""})

        self.assertContains(response, "This field is required.", status_code=422)

    def test_it_begins_with_the_store_s_country(self) -> None:
        with self.settings(STORE_COUNTRY="NL"):
            self.assertContains(self.client.get(ADD), '<option value="NL" selected>')

    def test_there_are_twenty_at_most(self) -> None:
        for _ in range(addresses.MOST):
            make_address(self.robin)

        response = self.client.post(ADD, FIELDS)

        self.assertContains(response, "Delete one that you do not use any more.", status_code=422)
        self.assertEqual(Address.objects.count(), addresses.MOST)
        self.assertNotContains(self.client.get(LIST), f'href="{ADD}"')

    def test_a_form_can_not_give_an_address_to_somebody_else(self) -> None:
        sam = make_user(Role.CUSTOMER)

        self.client.post(ADD, {**FIELDS, "user": str(sam.pk)})

        self.assertEqual(Address.objects.get().user, self.robin)

    def test_who_has_none_is_told_what_they_are_for(self) -> None:
        self.assertContains(self.client.get(LIST), "No address yet")


class ChangingTests(AddressCase):
    def test_a_changed_one_stays_the_default(self) -> None:
        address = make_address(self.robin, is_default=True)

        self.post("edit", address, **{**FIELDS, "line1": "2 New Road"})

        self.assertEqual((self.default().pk, self.default().line1), (address.pk, "2 New Road"))

    def test_another_can_be_chosen(self) -> None:
        make_address(self.robin, is_default=True)
        other = make_address(self.robin)

        self.post("choose", other)

        self.assertEqual(self.default(), other)

    def test_when_the_default_is_deleted_the_newest_takes_its_place(self) -> None:
        first = make_address(self.robin, is_default=True)
        make_address(self.robin)
        newest = make_address(self.robin)

        self.post("delete", first)

        self.assertEqual(self.default(), newest)
        self.assertEqual(Address.objects.count(), 2)

    def test_the_last_one_can_be_deleted(self) -> None:
        self.post("delete", make_address(self.robin, is_default=True))

        self.assertFalse(Address.objects.exists())


class OthersTests(AddressCase):
    def test_those_of_others_are_not_there(self) -> None:
        theirs = make_address(line1="1 Secret Street")

        self.assertNotContains(self.client.get(LIST), "Secret")
        self.assertEqual(self.client.get(reverse("accounts:address-edit", args=[theirs.pk])).status_code, 404)
        for name in ("edit", "delete", "choose"):
            with self.subTest(name=name):
                self.assertEqual(self.post(name, theirs, **FIELDS).status_code, 404)
        theirs.refresh_from_db()
        self.assertEqual((theirs.line1, theirs.is_default), ("1 Secret Street", False))

    def test_choosing_leaves_the_default_of_others_alone(self) -> None:
        theirs = make_address(is_default=True)

        self.post("choose", make_address(self.robin))

        theirs.refresh_from_db()
        self.assertTrue(theirs.is_default)
