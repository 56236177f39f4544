"""Parts of addresses that Django has no converter for."""

from django.urls import register_converter


class AnyText:
    """An id as another system gave it, whatever it holds: a page can always be linked to."""

    regex = r"[\s\S]+"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(AnyText, "any")
