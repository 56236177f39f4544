"""Uploaded pictures, drawn anew: what a camera or a stranger hid in the file is not kept."""

import uuid
from io import BytesIO

from django.core.files.base import ContentFile
from django.core.files.uploadedfile import UploadedFile
from PIL import Image, ImageOps, UnidentifiedImageError

EXTENSIONS = {"JPEG": "jpg", "PNG": "png", "WEBP": "webp"}
MOST_BYTES = 5 * 1024 * 1024
MOST_PIXELS = 40_000_000
LONGEST_SIDE = 1600  # pixels; larger ones are made smaller
UNREADABLE = (OSError, SyntaxError, ValueError, UnidentifiedImageError, Image.DecompressionBombError)


class BadPicture(Exception):
    """A file that can't be a product's picture; the message says what to do."""


def kept(upload: "UploadedFile[bytes]") -> "ContentFile[bytes]":
    """The picture as it will be stored, under a name of its own. Raises BadPicture."""
    if (upload.size or 0) > MOST_BYTES:
        raise BadPicture("The picture is larger than 5 MB. Save it smaller: 1,600 pixels wide will do.")
    try:
        upload.seek(0)
        with Image.open(upload, formats=tuple(EXTENSIONS)) as image:
            if image.width * image.height > MOST_PIXELS:
                raise BadPicture("The picture has more than 40 million pixels. Save it smaller.")
            kind = str(image.format)
            return ContentFile(_drawn(image, kind), f"{uuid.uuid4().hex}.{EXTENSIONS[kind]}")
    except UNREADABLE:
        raise BadPicture("We can't read this picture. Choose a JPEG, PNG or WebP file.") from None


def _drawn(image: Image.Image, kind: str) -> bytes:
    """Upright, not too large, and without what else was in the file."""
    upright = ImageOps.exif_transpose(image)
    upright.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    if kind == "JPEG" and upright.mode != "RGB":
        upright = upright.convert("RGB")
    upright.info = {}
    written = BytesIO()
    upright.save(written, kind, quality=85)
    return written.getvalue()
