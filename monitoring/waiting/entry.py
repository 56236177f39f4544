"""One thing that waits for a person, and the words and addresses that all kinds share."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.urls import NoReverseMatch, reverse

SHOWN = 5  # entries of one kind; the rest is told by its number


@dataclass(frozen=True)
class Entry:
    """One thing to do. `state` colours the badge; the texts are ready to show; `url` may be empty."""

    state: str
    badge: str
    title: str
    why: str
    url: str
    action: str
    amount: str = ""


def and_more(number: int, noun: str, url: str) -> Iterator[Entry]:
    if number > 0:
        yield Entry("more", "More", f"And {count(number, f'more {noun}')}", "", url, "Show all")


def count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def address(name: str, *args: object, query: str = "") -> str:
    """The page's address, or empty while this installation has no such page."""
    try:
        return reverse(name, args=args) + query
    except NoReverseMatch:
        return ""
