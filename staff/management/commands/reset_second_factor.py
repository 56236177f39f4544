"""manage.py reset_second_factor EMAIL: for whoever lost phone and codes, and no admin is there to help."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.models import User, normalised
from staff import members


class Command(BaseCommand):
    help = "Take somebody's second factor away and sign them out everywhere. It is audited."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email")

    def handle(self, *args: Any, email: str, **options: Any) -> None:
        person = User.objects.filter(email=normalised(email)).first()
        if person is None:
            raise CommandError(f"Nobody has the address {email}.")
        if members.reset_second_factor(person, actor=None):
            self.stdout.write(f"{person.email} has no second factor now and is signed out everywhere.")
        else:
            self.stdout.write(f"{person.email} had none.")
