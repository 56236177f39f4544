"""The last admin stays, whoever asks and however many at once; the command for a lost second factor."""

import contextlib
from functools import partial
from io import StringIO
from threading import Barrier, BrokenBarrierError, Thread
from unittest import skipUnless
from unittest.mock import patch

from allauth.mfa.models import Authenticator
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import TestCase

from accounts.models import Role, User
from audit.models import AuditLog
from purelaka.testing import GuardedTransactionTestCase, make_user
from staff import members
from staff.models import Invitation
from staff.tests.making import make_invitation

KEEP = members._keep_an_admin
WAITS = 0.4  # how long one waits for the other just before it writes; with the lock nobody comes


class LastAdminTests(TestCase):
    def test_a_command_can_not_take_the_last_one_either(self) -> None:
        ada, gone = make_user(Role.ADMIN), make_user(Role.ADMIN)
        User.objects.filter(pk=gone.pk).update(is_active=False)

        for deed in (members.deactivate, partial(members.change_role, role=Role.OPS)):
            with self.assertRaisesMessage(members.Refused, "This is the last active admin."):
                deed(ada, actor=None)
        self.assertFalse(AuditLog.objects.exists())

    def test_an_admin_who_was_demoted_meanwhile_is_refused(self) -> None:
        ada, gil, maya = make_user(Role.ADMIN), make_user(Role.ADMIN), make_user(Role.OPS)
        members.change_role(gil, Role.OPS, actor=ada)

        with self.assertRaisesMessage(members.Refused, "You are not an admin any more."):
            members.deactivate(maya, actor=gil)


class InvitationsOfAFormerAdminTests(TestCase):
    def test_they_are_taken_back_with_the_role_and_when_deactivated(self) -> None:
        ada = make_user(Role.ADMIN)
        theirs = [make_invitation(actor=make_user(Role.ADMIN)) for _ in range(2)]
        stays = make_invitation(actor=ada)

        members.change_role(theirs[0].invited_by, Role.OPS, actor=ada)
        members.deactivate(theirs[1].invited_by, actor=ada)

        self.assertEqual(list(Invitation.objects.filter(Invitation.OPEN)), [stays])
        revoked = AuditLog.objects.filter(event_type="staff.invitation_revoked")
        self.assertCountEqual(
            revoked.values_list("target_id", "actor"), [(str(row.pk), ada.pk) for row in theirs]
        )


@skipUnless(connection.vendor == "postgresql", "threads share an in-memory SQLite badly")
class LastAdminRaceTests(GuardedTransactionTestCase):
    def setUp(self) -> None:
        self.admins = [make_user(Role.ADMIN), make_user(Role.ADMIN)]
        self.outcomes: list[object] = []
        self.at_the_pen = Barrier(2)

    def keep_an_admin(self, person: User) -> None:
        KEEP(person)
        with contextlib.suppress(BrokenBarrierError):
            self.at_the_pen.wait(WAITS)

    def deactivate(self, actor: User, person: User) -> None:
        try:
            self.outcomes.append(members.deactivate(person, actor=actor))
        except members.Refused as refusal:
            self.outcomes.append(str(refusal))
        finally:
            connection.close()

    def deactivate_each_other(self) -> int:
        """Both at the same moment; returns how many admins are left."""
        one, other = self.admins
        threads = [Thread(target=self.deactivate, args=pair) for pair in ((one, other), (other, one))]
        with patch("staff.members._keep_an_admin", self.keep_an_admin):
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join(20)
        return User.objects.filter(role=Role.ADMIN, is_active=True).count()

    def test_of_two_who_deactivate_each_other_one_stays(self) -> None:
        self.assertEqual(self.deactivate_each_other(), 1)
        self.assertCountEqual(self.outcomes, [True, "You are not an admin any more."])

    def test_without_the_lock_nobody_would(self) -> None:
        with patch("staff.members._locked", lambda person, actor: person):
            self.assertEqual(self.deactivate_each_other(), 0)


class CommandTests(TestCase):
    def reset(self, email: str) -> str:
        call_command("reset_second_factor", email, stdout=(said := StringIO()))
        return said.getvalue()

    def test_it_takes_the_factor_away_once_and_is_audited(self) -> None:
        maya = make_user(Role.OPS, "maya@example.com")
        Authenticator.objects.create(user=maya, type="totp", data={})

        self.assertIn("has no second factor now", self.reset("Maya@example.com"))
        self.assertIn("had none", self.reset("maya@example.com"))

        self.assertFalse(Authenticator.objects.exists())
        deed = AuditLog.objects.get()
        self.assertEqual(
            (deed.event_type, deed.actor, deed.data), ("staff.second_factor_reset", None, {"had": "totp"})
        )

    def test_an_unknown_address_is_an_error(self) -> None:
        with self.assertRaisesMessage(CommandError, "Nobody has the address no@example.com."):
            self.reset("no@example.com")
