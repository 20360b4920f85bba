"""Uploaded pictures: decoded, limited, upright, without metadata; the rest is refused with its reason."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import pytest
from PIL import Image

from app.errors import RuleBroken
from app.pictures import accept_image


@pytest.fixture(autouse=True)
def _no_texts(monkeypatch: pytest.MonkeyPatch) -> None:
    """The reasons in plain English: no request and no language is needed here."""
    monkeypatch.setattr("app.pictures._", lambda text, **values: text % values)


def made(kind: str, size: tuple[int, int] = (64, 48), mode: str = "RGB", **options: Any) -> io.BytesIO:
    out = io.BytesIO()
    Image.new(mode, size, (200, 30, 30, 100)[: len(mode)]).save(out, kind, **options)
    out.seek(0)
    return out


def png_that_claims(width: int, height: int) -> io.BytesIO:
    """A tiny file whose header says that it is huge."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return io.BytesIO(
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(b"\0"))
        + chunk(b"IEND", b"")
    )


# --- it works


@pytest.mark.parametrize(
    ("kind", "mode", "stored_as"),
    [
        ("JPEG", "RGB", "image/jpeg"),
        ("PNG", "RGB", "image/png"),
        ("PNG", "RGBA", "image/png"),
        ("WEBP", "RGB", "image/jpeg"),
        ("WEBP", "RGBA", "image/png"),
        ("JPEG", "CMYK", "image/jpeg"),
    ],
)
def test_common_pictures_are_accepted(kind: str, mode: str, stored_as: str) -> None:
    picture = accept_image(made(kind, mode=mode))
    assert (picture.content_type, picture.width, picture.height) == (stored_as, 64, 48)
    with Image.open(io.BytesIO(picture.data)) as image:
        assert image.size == (64, 48)


def test_a_large_picture_is_scaled_down(tmp_path: object) -> None:
    picture = accept_image(made("JPEG", (3000, 1500)), max_side=800)
    assert (picture.width, picture.height) == (800, 400)


def test_a_small_picture_is_not_scaled_up() -> None:
    assert accept_image(made("PNG", (10, 10)), max_side=800).width == 10


def test_metadata_goes_and_the_picture_stands_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by 90 degrees
    exif[0x010E] = "GPS of somebody's home"
    picture = accept_image(made("JPEG", (64, 48), exif=exif, comment=b"secret comment"))
    assert (picture.width, picture.height) == (48, 64)
    assert b"GPS" not in picture.data
    assert b"secret" not in picture.data
    with Image.open(io.BytesIO(picture.data)) as image:
        assert dict(image.getexif()) == {}


def test_what_is_hidden_behind_a_picture_goes() -> None:
    polyglot = io.BytesIO(made("PNG").getvalue() + b"<script>alert(1)</script>PK\x03\x04")
    assert b"script" not in accept_image(polyglot).data


# --- bad input


@pytest.mark.parametrize("size", [(7000, 6000), (13000, 13000), (60000, 60000)])
def test_too_many_pixels_are_refused_before_they_are_decoded(size: tuple[int, int]) -> None:
    with pytest.raises(RuleBroken) as refusal:
        accept_image(png_that_claims(*size))
    assert (refusal.value.code, refusal.value.limit) == ("picture_too_many_pixels", 40)


def test_a_file_over_the_limit_is_refused_without_reading_on() -> None:
    stream = io.BytesIO(b"\xff" * 3_000_000)
    with pytest.raises(RuleBroken) as refusal:
        accept_image(stream, max_bytes=1024 * 1024)
    assert (refusal.value.code, refusal.value.limit) == ("picture_too_large", 1)
    assert stream.tell() == 1024 * 1024 + 1


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"hello",
        b"%PDF-1.7\n%%EOF",
        b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        made("GIF", mode="L").getvalue(),
        made("TIFF").getvalue(),
        made("BMP").getvalue(),
    ],
)
def test_other_types_are_refused(data: bytes) -> None:
    with pytest.raises(RuleBroken) as refusal:
        accept_image(io.BytesIO(data))
    assert refusal.value.code == "picture_type"
    assert "JPEG, PNG" in str(refusal.value)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_damaged_picture_is_refused(kind: str) -> None:
    whole = made(kind, (400, 300)).getvalue()
    with pytest.raises(RuleBroken) as refusal:
        accept_image(io.BytesIO(whole[: len(whole) // 2]))
    assert refusal.value.code == "picture_broken"
