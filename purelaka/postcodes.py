"""Postcodes: which countries have them, and what they look like where that is simple.

Only what is surely wrong is refused: a parcel that can't be addressed costs more than a form field.
"""

import re

LONGEST = 20

# Where letters are delivered without one, or with one that hardly anybody knows (Universal Postal Union).
WITHOUT = frozenset(
    "AE AG AN AO AQ AW BF BI BJ BO BS BW BZ CD CF CG CI CK CM CW DJ DM ER FJ GA GD GH GM GQ GY HK HM IE JM KI"
    " KM KN KP LY ML MO MR MW NR NU PA QA RW SB SC SL SO SR SS ST SX SY TD TF TG TK TL TO TV UG VU WS YE"
    " ZW".split()
)

# An example for the message, and the pattern without spaces or hyphens.
SHAPES = {
    "AT": ("1010", r"\d{4}"),
    "AU": ("2000", r"\d{4}"),
    "BE": ("1000", r"\d{4}"),
    "CA": ("K1A 0B1", r"[A-Z]\d[A-Z]\d[A-Z]\d"),
    "CH": ("3011", r"\d{4}"),
    "DE": ("10115", r"\d{5}"),
    "DK": ("1050", r"\d{4}"),
    "ES": ("28013", r"\d{5}"),
    "FI": ("00100", r"\d{5}"),
    "FR": ("75001", r"\d{5}"),
    "GB": ("BS1 0AA", r"[A-Z]{1,2}\d[A-Z\d]?\d[A-Z]{2}|GIR0AA|BFPO\d{1,4}"),
    "IE": ("D02 AF30", r"[A-Z]\d[\dW][A-Z\d]{4}"),
    "IT": ("00184", r"\d{5}"),
    "JP": ("100-0001", r"\d{7}"),
    "NL": ("1012 AB", r"\d{4}[A-Z]{2}"),
    "NO": ("0150", r"\d{4}"),
    "NZ": ("6011", r"\d{4}"),
    "PL": ("00-001", r"\d{5}"),
    "PT": ("1000-001", r"\d{7}"),
    "SE": ("111 20", r"\d{5}"),
    "US": ("94103", r"\d{5}(\d{4})?"),
}
# Where it stands before the town on a letter.
BEFORE_TOWN = frozenset(
    "AT BE BG CH CY CZ DE DK EE ES FI FR GR HR IS IT LI LT LU LV MC MX NL NO PL PT RO RS SE SI SK TR".split()
)


class BadPostcode(ValueError):
    """No postcode of this country; the message says what one looks like."""


def checked(postcode: str, country: str) -> str:
    """`postcode` in capitals, spaces tidied. `country` is an ISO 3166 code. Raises BadPostcode."""
    tidy = " ".join(postcode.upper().split())
    if not tidy:
        if country and country not in WITHOUT:
            raise BadPostcode("Enter the postcode.")
        return ""
    example, pattern = SHAPES.get(country, ("", rf".{{1,{LONGEST}}}"))
    if not re.fullmatch(pattern, re.sub(r"[\s-]", "", tidy), re.ASCII):
        raise BadPostcode(f"Enter a postcode such as {example}." if example else "This is too long.")
    return _spaced(tidy) if country == "GB" else tidy


def with_town(town: str, postcode: str, country: str) -> str:
    """Both on one line as that country writes them: `Bristol BS1 0AA`, `10115 Berlin`."""
    parts = (postcode, town) if country in BEFORE_TOWN else (town, postcode)
    return " ".join(part for part in parts if part)


def _spaced(postcode: str) -> str:
    """A British postcode with the one space that it has."""
    bare = postcode.replace(" ", "").replace("-", "")
    return bare if bare.startswith("BFPO") else f"{bare[:-3]} {bare[-3:]}"
