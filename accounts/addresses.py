"""Where a person has things sent. As soon as there is any address, one is the default."""

from django.db import models, transaction

from accounts.models import Address, User

MOST = 20


class TooMany(ValueError):
    """This person keeps as many addresses as one may; the message says what to do."""


def save(address: Address, *, as_default: bool = False) -> None:
    """Write a new or changed address. The first becomes the default by itself. Raises TooMany."""
    with transaction.atomic():
        others = _locked(address.user).exclude(pk=address.pk)
        if address.pk is None and others.count() >= MOST:
            raise TooMany(f"You can keep {MOST} addresses. Delete one that you do not use any more.")
        if as_default or not others.filter(is_default=True).exists():
            others.filter(is_default=True).update(is_default=False)
            address.is_default = True
        address.save()


def choose(address: Address) -> None:
    """Make it the one that a checkout starts with."""
    with transaction.atomic():
        _locked(address.user).filter(is_default=True).update(is_default=False)
        Address.objects.filter(pk=address.pk).update(is_default=True)


def delete(address: Address) -> None:
    """Forget it. Was it the default, the newest of those left is."""
    with transaction.atomic():
        mine = _locked(address.user)
        address.delete()
        heir = None if mine.filter(is_default=True).exists() else mine.order_by("-pk").first()
        if heir:
            choose(heir)


def _locked(user: User) -> models.QuerySet[Address]:
    """The person's addresses, nobody else changing them meanwhile."""
    User.objects.select_for_update().get(pk=user.pk)
    return Address.objects.filter(user=user)
