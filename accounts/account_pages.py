"""The parts of one's own account: one table of entries, in the order in which they are shown."""

from typing import NamedTuple

from django.urls import NoReverseMatch, reverse

from purelaka.navigation import Entry

ENTRIES = [
    Entry("Orders", icon="receipt", url_name="orders:my-orders"),
    Entry("Wishlist", icon="heart", url_name="wishlist:list"),
    Entry("Addresses", icon="map-pin", url_name="accounts:addresses"),
    Entry("Email", icon="mail", url_name="account_email"),
    Entry("Password", icon="key", url_name="account_change_password"),
    Entry("Two-factor sign-in", icon="shield-check", url_name="mfa_index"),
    Entry("Passkeys", icon="fingerprint", url_name="mfa_list_webauthn"),
    Entry("Sessions", icon="lock", url_name="accounts:sessions"),
]


class Part(NamedTuple):
    """An entry on one page. `current`: "page", "true" (a page below it) or empty."""

    entry: Entry
    url: str
    current: str


def parts(path: str) -> list[Part]:
    """All of them, as the page at `path` shows them. One whose page does not exist is left out."""
    urls = {entry: url for entry in ENTRIES if (url := _url(entry))}
    here = max((url for url in urls.values() if path.startswith(url)), key=len, default="")
    word = "page" if path == here else "true"
    return [Part(entry, url, word if url == here else "") for entry, url in urls.items()]


def _url(entry: Entry) -> str:
    try:
        return reverse(entry.url_name)
    except NoReverseMatch:
        return ""
