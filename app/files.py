"""Stored files: kept once under the hash of their content, and sent to a browser without danger."""

from __future__ import annotations

import datetime as dt
import fcntl
import hashlib
import io
import os
import re
import tempfile
import time
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, BinaryIO, Final, Protocol, cast
from urllib.parse import quote

from flask import Flask, Response, current_app, request
from flask_babel import gettext as _
from sqlalchemy import BigInteger, String, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, Session, mapped_column
from werkzeug.http import dump_options_header
from werkzeug.wsgi import wrap_file

from app.config import Settings
from app.db import Base, utcnow
from app.errors import RuleBroken
from app.jobs import Handler, handler, scheduled

CHUNK: Final = 256 * 1024
INLINE: Final = frozenset({"image/jpeg", "image/png", "image/webp", "application/pdf"})
ORPHAN_SECONDS: Final = 24 * 3600
_SHA: Final = re.compile(r"[0-9a-f]{64}\Z")


class StoredFile(Base):
    """A file's content, named by its SHA-256; equal content is stored once."""

    __tablename__ = "stored_files"
    tracked = False
    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    size: Mapped[int] = mapped_column(BigInteger)
    content_type: Mapped[str] = mapped_column(String(120))
    created_at: Mapped[dt.datetime] = mapped_column(default=utcnow)


class Store(Protocol):
    """Where contents lie; a folder today, an object store would offer the same four verbs."""

    def put(self, source: BinaryIO, limit: int | None = None) -> tuple[str, int]: ...
    def open(self, sha: str) -> BinaryIO: ...
    def shas(self) -> Iterator[tuple[str, float]]: ...
    def remove(self, sha: str, unless_newer_than: float) -> bool: ...


def too_large(limit: int) -> RuleBroken:
    """The refusal of a file over the limit."""
    megabytes = max(1, limit // (1024 * 1024))
    return RuleBroken(
        "file_too_large",
        _("The file is larger than %(limit)s MB.", limit=megabytes),
        field="file",
        limit=limit,
        way_out=_("Make it smaller or divide it."),
    )


class Folder:
    """A store in a local folder: written beside, synced, then renamed: a file is whole or not there."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def path(self, sha: str) -> Path:
        """Where a content lies; two levels keep the folders small."""
        if not _SHA.match(sha):
            raise ValueError("not a SHA-256")
        return self.root / sha[:2] / sha[2:4] / sha

    @contextmanager
    def _lock(self, kind: int) -> Iterator[None]:
        self.root.mkdir(parents=True, exist_ok=True)
        with (self.root / ".lock").open("a") as lock:
            fcntl.flock(lock, kind)
            yield

    def put(self, source: BinaryIO, limit: int | None = None) -> tuple[str, int]:
        """Store a content; its hash and size."""
        digest, size = hashlib.sha256(), 0
        with self._lock(fcntl.LOCK_SH):
            handle, name = tempfile.mkstemp(dir=self.root, prefix=".new-")
            try:
                with os.fdopen(handle, "wb") as out:
                    while chunk := source.read(CHUNK):
                        size += len(chunk)
                        if limit is not None and size > limit:
                            raise too_large(limit)
                        digest.update(chunk)
                        out.write(chunk)
                    out.flush()
                    os.fsync(out.fileno())
                sha = digest.hexdigest()
                self._place(Path(name), self.path(sha))
            finally:
                Path(name).unlink(missing_ok=True)
        return sha, size

    def _place(self, new: Path, target: Path) -> None:
        if target.exists():
            os.utime(target)  # young again: the clean-up of unused contents leaves it alone
            return
        target.parent.mkdir(parents=True, exist_ok=True)
        new.replace(target)
        for folder in (target.parent, target.parent.parent, self.root):
            handle = os.open(folder, os.O_RDONLY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)

    def open(self, sha: str) -> BinaryIO:
        """The content for reading."""
        return self.path(sha).open("rb")

    def shas(self) -> Iterator[tuple[str, float]]:
        """Every stored content with the moment it was last stored."""
        for path in self.root.glob("??/??/*"):
            if _SHA.match(path.name):
                yield path.name, path.stat().st_mtime

    def remove(self, sha: str, unless_newer_than: float) -> bool:
        """Delete a content that nobody stored again in the meantime."""
        with self._lock(fcntl.LOCK_EX):
            path = self.path(sha)
            if not path.exists() or path.stat().st_mtime > unless_newer_than:
                return False
            path.unlink()
            return True


def store_of(app: Flask) -> Store:
    """The application's file store."""
    settings: Settings = app.config["SETTINGS"]
    return Folder(settings.files_dir)


def store(
    session: Session, content: bytes | IO[bytes], content_type: str, limit: int | None = None
) -> StoredFile:
    """Keep a content; the row belongs to the caller's transaction. Uploads are limited by the settings."""
    settings: Settings = current_app.config["SETTINGS"]
    if isinstance(content, bytes):
        source: BinaryIO = io.BytesIO(content)
    else:
        source, limit = cast(BinaryIO, content), limit or settings.max_upload_bytes
    sha, size = store_of(current_app).put(source, limit)
    if (known := session.get(StoredFile, sha)) is not None:
        return known
    file = StoredFile(sha256=sha, size=size, content_type=content_type)
    try:
        with session.begin_nested():
            session.add(file)
    except IntegrityError:  # stored by somebody else at the same moment
        return session.get_one(StoredFile, sha)
    return file


def open_file(sha: str) -> BinaryIO:
    """A stored content for reading."""
    return store_of(current_app).open(sha)


def read_bytes(sha: str) -> bytes:
    """A whole stored content; for small ones such as pictures."""
    with open_file(sha) as file:
        return file.read()


def safe_filename(name: str) -> str:
    """A file name that no system misreads: no folders, no control or direction characters, not too long."""
    name = unicodedata.normalize("NFC", name).replace("\\", "/").rsplit("/", 1)[-1]
    kept = "".join(" " if unicodedata.category(c)[0] in "CZ" else c for c in name)
    kept = re.sub(r'[<>:"|?*]+', "-", re.sub(r" +", " ", kept)).strip(" .")
    stem, dot, suffix = kept.rpartition(".")
    if dot and 0 < len(suffix) <= 10:
        return f"{stem[:100].rstrip(' .') or 'file'}.{suffix}"
    return kept[:100] or "file"


def _disposition(kind: str, filename: str) -> str:
    """RFC 6266: the real name for today's browsers, an ASCII one for others."""
    name = safe_filename(filename)
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode() or "file"
    options: dict[str, Any] = {"filename": plain}
    header = dump_options_header(kind, options)
    if plain == name:
        return header
    return f"{header}; filename*=UTF-8''{quote(name, safe='')}"


def sent(
    sha: str, filename: str, content_type: str, *, inline: bool = False, keep_seconds: int = 0
) -> Response:
    """Send a stored content: never run as a page of ours, never kept by a shared cache.

    `inline` shows pictures and PDFs in the browser, other types are always downloaded. `keep_seconds` lets
    the reader's own browser keep it (for pictures that stand on every page under an address with their hash).
    """
    file = open_file(sha)
    inline = inline and content_type in INLINE
    response = Response(wrap_file(request.environ, file, CHUNK), direct_passthrough=True)
    response.call_on_close(file.close)
    response.content_length = os.fstat(file.fileno()).st_size
    response.headers["Content-Type"] = content_type
    response.headers["Content-Disposition"] = _disposition("inline" if inline else "attachment", filename)
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = _policy(content_type, inline=inline)
    response.headers["Cache-Control"] = (
        f"private, max-age={keep_seconds}, immutable" if keep_seconds else "private, no-store"
    )
    response.set_etag(sha)
    response.make_conditional(request.environ)
    return response


def _policy(content_type: str, *, inline: bool) -> str:
    """Sandboxed, except a PDF shown in the browser, whose viewer a sandbox would switch off."""
    if inline and content_type == "application/pdf":
        return "default-src 'none'; object-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'none'"
    return "sandbox; default-src 'none'; frame-ancestors 'none'"


@handler("files.clean_up")
class CleanUp(Handler):
    """Deletes contents whose transaction never came to be; one day old, so that none is still under way."""

    def apply(self, session: Session, payload: dict[str, Any], prepared: Any) -> dict[str, Any]:
        """Remove what no row names."""
        place, before = store_of(current_app), time.time() - ORPHAN_SECONDS
        known = set(session.scalars(select(StoredFile.sha256)))
        old = [sha for sha, stored_at in place.shas() if sha not in known and stored_at < before]
        return {"deleted": sum(place.remove(sha, before) for sha in old)}


scheduled("files.clean_up", minute="37", hour="3")
