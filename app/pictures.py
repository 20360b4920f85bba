"""Uploaded pictures: opened by a real decoder, limited in pixels, re-encoded upright and without metadata."""

from __future__ import annotations

import io
import warnings
from dataclasses import dataclass
from typing import IO, Final

from flask_babel import gettext as _
from PIL import Image, ImageCms, ImageFile, ImageOps, UnidentifiedImageError

from app.errors import RuleBroken

MOST_PIXELS: Final = 40_000_000
_FORMATS: Final = ("JPEG", "PNG", "WEBP")
Image.MAX_IMAGE_PIXELS = MOST_PIXELS
warnings.simplefilter(
    "error", Image.DecompressionBombWarning
)  # Pillow itself only warns up to twice the limit


@dataclass(frozen=True)
class Picture:
    """A picture as it is stored."""

    data: bytes
    content_type: str
    width: int
    height: int


def _refused(code: str, message: str, way_out: str, limit: object = None) -> RuleBroken:
    return RuleBroken(code, message, field="picture", limit=limit, way_out=way_out)


def accept_image(stream: IO[bytes], *, max_side: int = 1600, max_bytes: int = 25 * 1024 * 1024) -> Picture:
    """Check and re-encode an upload (JPEG, PNG or WebP), scaled down to `max_side` pixels."""
    data = stream.read(max_bytes + 1)
    if len(data) > max_bytes:
        limit = max_bytes // (1024 * 1024)
        raise _refused(
            "picture_too_large",
            _("The picture is larger than %(limit)s MB.", limit=limit),
            _("Take a smaller one."),
            limit,
        )
    try:
        ImageFile.LOAD_TRUNCATED_IMAGES = False  # other libraries of the process may have allowed them
        with Image.open(io.BytesIO(data), formats=_FORMATS) as image:
            return _encode(_shrink(image, max_side), keep_png=image.format == "PNG")
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        limit = MOST_PIXELS // 1_000_000
        raise _refused(
            "picture_too_many_pixels",
            _("The picture has more than %(limit)s million pixels.", limit=limit),
            _("Take a smaller one."),
            limit,
        ) from None
    except UnidentifiedImageError:
        raise _refused(
            "picture_type",
            _("This is not a JPEG, PNG or WebP picture."),
            _("Save it in one of these formats."),
            "JPEG, PNG, WebP",
        ) from None
    except (OSError, ValueError, SyntaxError):
        raise _refused(
            "picture_broken", _("The picture is damaged and cannot be read."), _("Take another one.")
        ) from None


def _shrink(image: Image.Image, max_side: int) -> Image.Image:
    """Upright, in sRGB, at most `max_side` pixels wide and high."""
    image.draft("RGB", (max_side, max_side))  # lets the JPEG decoder scale while reading
    profile = image.info.get("icc_profile")
    upright = ImageOps.exif_transpose(image)
    upright.thumbnail((max_side, max_side), Image.Resampling.LANCZOS)
    if profile and upright.mode in ("RGB", "CMYK"):
        upright = _in_srgb(upright, profile)
    transparent = upright.has_transparency_data
    return upright.convert("RGBA" if transparent else "RGB")


def _in_srgb(image: Image.Image, profile: bytes) -> Image.Image:
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        turned = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except (ImageCms.PyCMSError, OSError):
        return image
    return turned or image


def _encode(image: Image.Image, *, keep_png: bool) -> Picture:
    out = io.BytesIO()
    clean = Image.new(image.mode, image.size)
    clean.paste(image)  # a new picture has none of the old one's metadata
    if keep_png or image.mode == "RGBA":
        clean.save(out, "PNG", optimize=True)
        return Picture(out.getvalue(), "image/png", *image.size)
    clean.save(out, "JPEG", quality=85, optimize=True, progressive=True)
    return Picture(out.getvalue(), "image/jpeg", *image.size)
