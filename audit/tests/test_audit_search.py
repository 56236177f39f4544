"""The audit log is searched by person, object, deed and address; details are read; a file is taken."""

import csv
import hashlib
from datetime import UTC, datetime

from django.db import connection
from django.test import TestCase
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Role, User
from audit import csv_file, log, sealing
from audit.models import AuditLog
from audit.reading import details
from monitoring.models import DataQualityIssue
from orders.models import DiscountCode
from payments.tests.making import make_dispute, make_event, make_replay
from purelaka.testing import make_order, make_user, make_variant
from staff.tests.making import make_invitation

LOG, FILE = reverse("audit:log"), reverse("audit:csv")


class SearchTests(TestCase):
    def setUp(self) -> None:
        self.maya = make_user(Role.OPS, "maya@example.com")
        User.objects.update(name="Maya Lindqvist")
        self.client.force_login(self.maya)

    def deeds(self, query: str) -> list[str]:
        response = self.client.get(LOG + query)
        self.assertEqual(response.status_code, 200)
        return [row.deed.event_type for row in response.context["rows"]]

    def test_by_person(self) -> None:
        log.record("order.note", actor=self.maya)
        log.record("order.noted", actor=make_user(Role.ADMIN, "sam@example.com"))

        for sought in ("maya@example.com", "Lindq", "lindq", "maya@"):
            with self.subTest(sought=sought):
                self.assertEqual(self.deeds(f"?q={sought}"), ["order.note"])
        self.assertEqual(self.deeds("?q=nobody"), [])

    def test_by_what_people_call_an_object(self) -> None:
        order, variant = make_order(number="PL-77", payment_intent_id="pi_77"), make_variant(sku="MASK-50")
        event, dispute = make_event(), make_dispute()
        code = DiscountCode.objects.create(code="SPRING", percent_off=10)
        issue = DataQualityIssue.objects.create(check_name="a", subject="sub_1", severity="critical")
        for target in (order, variant, variant.product, event, dispute, code, issue):
            log.record(f"seen.{target._meta.model_name}", actor=self.maya, target=target)

        for sought, kind in (
            ("pl-77", "order"),
            ("mask-50", "variant"),
            (variant.product.name, "product"),
            (event.event_id, "stripeevent"),
            (dispute.dispute_id, "dispute"),
            ("spring", "discountcode"),
            ("sub_1", "dataqualityissue"),
        ):
            with self.subTest(sought=sought):
                self.assertIn(f"seen.{kind}", self.deeds(f"?object={sought}"))
                self.assertNotIn("seen.nothing", self.deeds(f"?object={sought}"))
        self.assertEqual(self.deeds("?object=PL-78"), [])
        with CaptureQueriesContext(connection) as queries:
            self.deeds("?object=pi_77&q=maya")
        self.assertLessEqual(len(queries), 15)

    def test_by_the_email_of_the_person_it_was_done_to(self) -> None:
        casey, ada = make_user(Role.CUSTOMER, "casey@example.com"), make_user(Role.ADMIN, "ada@example.com")
        invitation = make_invitation(email="casey@example.com", actor=ada)
        log.record("user.changed", actor=ada, target=casey)
        log.record("staff.invited", actor=ada, target=invitation)
        log.record("staff.role_changed", actor=ada, target=self.maya)
        log.record("order.noted", actor=self.maya)

        self.assertEqual(self.deeds("?object=Casey@example.com"), ["staff.invited", "user.changed"])
        self.assertEqual(self.deeds("?object=maya@example.com"), ["staff.role_changed"])
        self.assertEqual(self.deeds("?object=casey@"), [])

    def test_each_object_has_its_page(self) -> None:
        issue = DataQualityIssue.objects.create(check_name="a", subject="sub_1", severity="critical")
        code = DiscountCode.objects.create(code="SPRING", percent_off=10)
        for target in (issue, code, make_replay(), make_event(), make_user(Role.CUSTOMER)):
            log.record("seen", actor=self.maya, target=target)

        rows = self.client.get(LOG + "?deed=seen").context["rows"]

        self.assertEqual([row.target is not None and bool(row.target.url) for row in rows], [True] * 5)

    def test_by_exact_deed_and_by_address(self) -> None:
        log.record("order.note", actor=self.maya)
        AuditLog.objects.create(event_type="order.noted", address="203.0.113.7")

        self.assertEqual(self.deeds("?deed=order.note"), ["order.note"])
        self.assertEqual(self.deeds("?ip=203.0.113.7"), ["order.noted"])
        self.assertContains(self.client.get(LOG + "?ip=x"), "Write an address as 203.0.113.7.")
        self.assertContains(self.client.get(LOG), '<option value="order.noted">')

    def test_it_says_when_it_was_last_sealed(self) -> None:
        self.assertContains(self.client.get(LOG), "Not sealed yet")
        log.record("order.note")
        with self.settings(AUDIT_SEAL_KEY="k" * 40):
            sealing.seal(datetime.now(UTC))
        self.assertContains(self.client.get(LOG), "link 1")


class DetailTests(TestCase):
    def said(self, event_type: str = "taxrate.changed", **data: object) -> list[tuple[str, str | None, str]]:
        return [tuple(each) for each in details(AuditLog(event_type=event_type, data=data))]  # type: ignore[misc]

    def test_a_change_has_what_was_and_what_it_became(self) -> None:
        said = self.said(named="GB", percent_was="19", percent="20", is_live_was=False, is_live=True)
        self.assertEqual(said, [("percent", "19", "20"), ("is live", "no", "yes"), ("named", None, "GB")])

    def test_a_status_that_moved_says_from_where(self) -> None:
        self.assertEqual(self.said("order.paid", was="pending"), [("", "pending", "paid")])
        self.assertEqual(self.said("staff.role_changed", was="ops", now="admin"), [("", "ops", "admin")])

    def test_money_with_its_currency_and_long_lists(self) -> None:
        self.assertEqual(self.said(amount=5_00, currency="gbp")[0], ("amount", None, "£5.00"))
        self.assertEqual(self.said(events=list("abcdefg"))[0][2], "a, b, c, d, e and 2 more")
        self.assertEqual(self.said(note="")[0][2], "nothing")


class FileTests(TestCase):
    def setUp(self) -> None:
        self.admin = make_user(Role.ADMIN)
        self.client.force_login(self.admin)
        for number in range(3):
            log.record("order.note", actor=self.admin, target=make_order(number=f"PL-{number}"), note="=1+1")

    def test_it_has_what_the_filter_shows_and_is_written_down(self) -> None:
        body = self.client.get(f"{FILE}?deed=order.note").getvalue()

        rows = list(csv.DictReader(body.decode().splitlines()))
        self.assertEqual([row["object"] for row in rows], ["PL-2", "PL-1", "PL-0"])
        self.assertEqual(rows[0]["details_json"], '{"note": "=1+1"}')
        entry = AuditLog.objects.get(event_type="audit.exported")
        self.assertEqual(entry.data["sha256"], hashlib.sha256(body).hexdigest())
        self.assertEqual((entry.data["rows"], entry.data["query"]), (3, "deed=order.note"))
        self.assertEqual((entry.actor, entry.address), (self.admin, "127.0.0.1"))

    def test_one_that_was_broken_off_is_written_down_as_such(self) -> None:
        body = csv_file.lines(AuditLog.objects.all(), actor=self.admin, query="")
        next(body)
        body.close()  # type: ignore[attr-defined]

        self.assertFalse(AuditLog.objects.get(event_type="audit.exported").data["is_complete"])

    def test_it_is_for_admins(self) -> None:
        self.assertContains(self.client.get(LOG), FILE)
        self.client.force_login(make_user(Role.OPS))
        self.assertNotContains(self.client.get(LOG), FILE)
        self.assertEqual(self.client.get(FILE).status_code, 404)
