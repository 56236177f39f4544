"""The seal of the audit log: whatever is changed or removed past the application is found."""

from io import StringIO

from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.test import TestCase, override_settings

from accounts.models import Role
from audit import log, sealing
from audit.models import AuditLog, AuditSeal
from purelaka import append_only
from purelaka.testing import NOON, make_user


def behind_our_back(statement: str) -> None:
    """What someone with the database can do: triggers are in his power, the key is not."""
    with append_only.lifted(), connection.cursor() as cursor:
        cursor.execute(statement)


@override_settings(AUDIT_SEAL_KEY="a key")
class SealTests(TestCase):
    def setUp(self) -> None:
        user = make_user(Role.OPS)
        for number in range(1, 6):
            log.record(
                "order.noted", actor=user, target=user, text=f"note {number}", nested={"b": 1, "a": [2]}
            )
        sealing.seal(NOON)
        self.first = AuditLog.objects.earliest("pk").pk

    def problems(self) -> list[str]:
        return [broken.problem for broken in sealing.verify()]

    def test_an_untouched_log_holds(self) -> None:
        self.assertEqual(self.problems(), [])
        self.assertEqual(sealing.head().position, AuditLog.objects.count())

    def test_a_row_is_sealed_once(self) -> None:
        self.assertEqual(sealing.seal(NOON), 0)
        log.record("order.noted")

        self.assertEqual(sealing.seal(NOON), 1)
        self.assertEqual(self.problems(), [])

    def test_a_changed_row_is_found_and_only_that(self) -> None:
        for change in (
            "event_type = 'x'",
            "at = '2001-01-01 00:00:00+00:00'",
            "data = '{}'",
            "target_id = '9'",
        ):
            with self.subTest(change), transaction.atomic():
                behind_our_back(f"UPDATE audit_auditlog SET {change} WHERE id = {self.first + 1}")

                self.assertEqual(self.problems(), [f"row {self.first + 1} was changed, or its link was"])
                transaction.set_rollback(True)

    def test_a_removed_row_is_found(self) -> None:
        behind_our_back(f"DELETE FROM audit_auditlog WHERE id = {self.first + 2}")

        self.assertEqual(self.problems(), [f"row {self.first + 2} was removed"])

    def test_a_row_removed_with_its_link_is_found(self) -> None:
        behind_our_back(f"DELETE FROM audit_auditlog WHERE id = {self.first + 2}")
        behind_our_back("DELETE FROM audit_auditseal WHERE position = 3")

        self.assertEqual(self.problems(), ["links 3 to 3 are missing"])

    def test_the_newest_rows_taken_away_do_not_hold_against_a_head_kept_elsewhere(self) -> None:
        known = sealing.head()
        behind_our_back(f"DELETE FROM audit_auditlog WHERE id >= {self.first + 3}")
        behind_our_back("DELETE FROM audit_auditseal WHERE position >= 4")

        self.assertEqual(self.problems(), [])
        self.assertFalse(sealing.holds(known))

    def test_a_chain_made_anew_with_another_key_does_not_hold(self) -> None:
        behind_our_back(f"UPDATE audit_auditlog SET event_type = 'x' WHERE id = {self.first}")
        behind_our_back("DELETE FROM audit_auditseal")
        with override_settings(AUDIT_SEAL_KEY="guessed"):
            sealing.seal(NOON)

        self.assertEqual(len(self.problems()), AuditSeal.objects.count())

    def test_links_can_not_be_changed_by_the_application(self) -> None:
        with self.assertRaisesRegex(IntegrityError, "append-only"), transaction.atomic():
            AuditSeal.objects.update(digest="x")

    def test_a_part_of_the_chain_can_be_verified(self) -> None:
        behind_our_back(f"UPDATE audit_auditlog SET event_type = 'x' WHERE id = {self.first}")

        self.assertEqual([*sealing.verify(2, 5)], [])
        self.assertEqual([broken.position for broken in sealing.verify(1, 1)], [1])


@override_settings(AUDIT_SEAL_KEY="a key")
class CommandTests(TestCase):
    def call(self, name: str, *arguments: str) -> str:
        said = StringIO()
        call_command(name, *arguments, stdout=said)
        return said.getvalue()

    def test_sealing_prints_the_head_that_verifying_accepts(self) -> None:
        log.record("order.noted")

        head = self.call("audit_seal").split("Head: ")[1].strip()

        self.assertIn("1 seals hold", self.call("audit_verify", "--head", head))

    def test_a_change_is_told_with_exit_code_1(self) -> None:
        log.record("order.noted")
        self.call("audit_seal")
        behind_our_back("UPDATE audit_auditlog SET event_type = 'x'")

        with self.assertRaisesMessage(CommandError, "1 places do not hold.") as caught:
            self.call("audit_verify")
        self.assertEqual(caught.exception.returncode, 1)

    def test_a_head_that_is_none_is_refused(self) -> None:
        with self.assertRaisesMessage(CommandError, "copy it as audit_seal printed it"):
            self.call("audit_verify", "--head", "12")

    @override_settings(AUDIT_SEAL_KEY="")
    def test_without_a_key_nothing_is_claimed(self) -> None:
        with self.assertRaisesMessage(CommandError, "AUDIT_SEAL_KEY is not set") as caught:
            self.call("audit_verify")
        self.assertEqual(caught.exception.returncode, 2)
