"""Uploaded pictures of products, served by the application: no web server in front is asked to."""

from pathlib import Path

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponseBase
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe
from django.views.static import serve

# No SVG: it may hold scripts.
CONTENT_TYPES = {
    ".avif": "image/avif",
    ".gif": "image/gif",
    ".jpeg": "image/jpeg",
    ".jpg": "image/jpeg",
    ".png": "image/png",
    ".webp": "image/webp",
}


@require_safe
@cache_control(public=True, max_age=7 * 24 * 60 * 60)
def picture(request: HttpRequest, name: str) -> HttpResponseBase:
    """The file `name` of the products' folder; 304 when the browser has it already.

    Its type follows from its extension alone, and the browser may not guess another.
    """
    content_type = CONTENT_TYPES.get(Path(name).suffix.lower())
    if content_type is None:
        raise Http404
    response = serve(request, name, document_root=str(Path(settings.MEDIA_ROOT) / "products"))
    response["Content-Type"] = content_type
    response["X-Content-Type-Options"] = "nosniff"
    return response
