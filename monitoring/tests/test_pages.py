from django.test import TestCase
from django.urls import reverse

from accounts.models import Role
from purelaka.testing import make_user


class IssueListTests(TestCase):
    def setUp(self) -> None:
        self.client.force_login(make_user(Role.OPS))

    def test_before_the_first_run_it_says_so(self) -> None:
        response = self.client.get(reverse("monitoring:monitoring-issues"))

        self.assertContains(response, "The checks have not run yet")
