"""The navigation of one's own account. `{% load accounts %}`."""

from django import template

from accounts import account_pages

register = template.Library()


@register.inclusion_tag("account/_nav.html", takes_context=True)
def account_nav(context: template.Context) -> dict[str, object]:
    """`{% account_nav %}`: links to its parts, the present one marked, and the way out."""
    return {
        "parts": account_pages.parts(context["request"].path),
        "csrf_token": context.get("csrf_token"),
    }
