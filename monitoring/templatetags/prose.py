"""`{{ check.description|prose }}`: a docstring as HTML."""

import re

from django import template
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

register = template.Library()
CODE = re.compile(r"`([^`]+)`")


@register.filter
def prose(text: str) -> SafeString:
    """Paragraphs, and what stands between backticks as code; everything else is escaped."""
    paragraphs = [CODE.sub(r"<code>\1</code>", str(escape(part))) for part in text.split("\n\n")]
    return mark_safe("".join(f"<p>{part}</p>" for part in paragraphs))  # noqa: S308 - escaped above
