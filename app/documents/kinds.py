"""Which files are accepted: told by their first bytes, their inside and their name together."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from typing import IO, Final

from flask_babel import lazy_gettext as _l

from app.errors import RuleBroken

_OFFICE: Final = "application/vnd.openxmlformats-officedocument"
SNIFFED_BYTES: Final = 8192


@dataclass(frozen=True)
class FileKind:
    """A kind of file: the ending of its name and its media type."""

    ending: str
    content_type: str


KINDS: Final = {
    kind.ending: kind
    for kind in (
        FileKind("pdf", "application/pdf"),
        FileKind("png", "image/png"),
        FileKind("jpg", "image/jpeg"),
        FileKind("webp", "image/webp"),
        FileKind("docx", f"{_OFFICE}.wordprocessingml.document"),
        FileKind("xlsx", f"{_OFFICE}.spreadsheetml.sheet"),
        FileKind("csv", "text/csv"),
        FileKind("txt", "text/plain"),
    )
}
ACCEPTED: Final = ", ".join(KINDS)
_PARTS: Final = {"docx": "word/document.xml", "xlsx": "xl/workbook.xml"}
_SIGNATURES: Final = {"pdf": b"%PDF-", "png": b"\x89PNG\r\n\x1a\n", "jpg": b"\xff\xd8\xff"}


def kind_of(filename: str, file: IO[bytes]) -> FileKind:
    """The file's kind if its content is what its name says; the file is read from its start again after."""
    ending = filename.rpartition(".")[2].casefold().replace("jpeg", "jpg")
    kind = KINDS.get(ending) if "." in filename else None
    if kind is None:
        raise RuleBroken(
            "document.kind",
            _l("Files like “%(name)s” cannot be put on file here.", name=filename[:60]),
            field="file",
            value=filename,
            limit=ACCEPTED,
            way_out=_l("Accepted are %(kinds)s.", kinds=ACCEPTED),
        )
    file.seek(0)
    head = file.read(SNIFFED_BYTES)
    file.seek(0)
    if not head:
        raise RuleBroken(
            "document.empty",
            _l("“%(name)s” is empty.", name=filename[:60]),
            field="file",
            value=filename,
            way_out=_l("Choose the file again."),
        )
    if not _is(ending, head, file):
        raise RuleBroken(
            "document.content",
            _l("The content of “%(name)s” is no %(kind)s.", name=filename[:60], kind=ending.upper()),
            field="file",
            value=filename,
            limit=ending,
            way_out=_l("Save the file anew in the right format."),
        )
    return kind


def _is(ending: str, head: bytes, file: IO[bytes]) -> bool:
    if ending in _SIGNATURES:
        return head.startswith(_SIGNATURES[ending])
    if ending == "webp":
        return head[:4] == b"RIFF" and head[8:12] == b"WEBP"
    if ending in _PARTS:
        return head.startswith(b"PK\x03\x04") and _contains(file, _PARTS[ending])
    return _is_text(head)


def _contains(file: IO[bytes], part: str) -> bool:
    """Whether an Office file has its main part, and no macros."""
    try:
        with zipfile.ZipFile(file) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
        return False
    finally:
        file.seek(0)
    return part in names and not any(name.casefold().endswith("vbaproject.bin") for name in names)


def _is_text(head: bytes) -> bool:
    """Letters, in UTF-8, UTF-16 with its mark, or an older eight-bit code: no control bytes."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return True
    return not any(byte < 32 and byte not in b"\t\n\r\f" for byte in head)
