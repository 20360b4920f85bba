"""Stored files: once by content, whole or not there, and sent so that no browser runs them."""

from __future__ import annotations

import hashlib
import io
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from werkzeug.test import Client, TestResponse

from app import db, files, jobs, worker
from app.errors import RuleBroken
from app.files import Folder, StoredFile
from tests.tools.installation import own_database, plumbing_app

HELLO = hashlib.sha256(b"hello").hexdigest()


@pytest.fixture(autouse=True)
def _rolled_back() -> None:
    """These tests have a database of their own."""


@pytest.fixture
def app(engine: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Flask]:
    """The plumbing on its own database and files folder."""
    server = request.getfixturevalue("postgres_url") if engine == "postgresql" else None
    with (
        own_database(engine, server, tmp_path) as url,
        plumbing_app(url, tmp_path) as plumbing,
        plumbing.app_context(),
    ):
        yield plumbing


# --- storing


def test_a_file_is_kept_under_its_hash_and_read_again(app: Flask, tmp_path: Path) -> None:
    with db.database().writing() as session:
        kept = files.store(session, b"hello", "text/plain")
    assert (kept.sha256, kept.size, kept.content_type) == (HELLO, 5, "text/plain")
    assert files.read_bytes(HELLO) == b"hello"
    with files.open_file(HELLO) as file:
        assert file.read(2) == b"he"
    assert (tmp_path / "files" / HELLO[:2] / HELLO[2:4] / HELLO).exists()


def test_equal_content_is_stored_once(app: Flask, tmp_path: Path) -> None:
    for content in (b"hello", io.BytesIO(b"hello")):
        with db.database().writing() as session:
            files.store(session, content, "text/plain")
    with db.database().writing() as session:
        assert session.scalars(select(StoredFile.sha256)).all() == [HELLO]
    assert [p for p in (tmp_path / "files").rglob("*") if p.is_file() and p.name != ".lock"] == [
        tmp_path / "files" / HELLO[:2] / HELLO[2:4] / HELLO
    ]


def test_a_stream_over_the_limit_is_refused_and_leaves_nothing(app: Flask, tmp_path: Path) -> None:
    endless = io.BytesIO(b"x" * (3 * 1024 * 1024))
    with db.database().writing() as session, pytest.raises(RuleBroken) as refusal:
        files.store(session, endless, "text/plain", limit=2 * 1024 * 1024)
    assert (refusal.value.code, refusal.value.limit) == ("file_too_large", 2 * 1024 * 1024)
    assert endless.tell() < 3 * 1024 * 1024  # not read to its end
    assert [p.name for p in (tmp_path / "files").iterdir()] == [".lock"]


def test_a_torn_off_upload_leaves_nothing(app: Flask, tmp_path: Path) -> None:
    class TornOff(io.RawIOBase):
        def read(self, size: int = -1) -> bytes:
            raise ConnectionResetError

    with db.database().writing() as session, pytest.raises(ConnectionResetError):
        files.store(session, TornOff(), "text/plain")  # type: ignore[arg-type]
    assert [p.name for p in (tmp_path / "files").iterdir()] == [".lock"]


@pytest.mark.parametrize("name", ["../../etc/passwd", "", HELLO.upper(), HELLO + "\n", "x" * 64])
def test_only_hashes_name_files(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="SHA-256"):
        Folder(tmp_path).open(name)


def test_content_without_a_row_is_removed_after_a_day(app: Flask) -> None:
    store = files.store_of(app)
    with db.database().writing() as session:
        kept = files.store(session, b"kept", "text/plain").sha256
    old, _ = store.put(io.BytesIO(b"its transaction was rolled back"))
    young, _ = store.put(io.BytesIO(b"its transaction is still open"))
    yesterday = time.time() - files.ORPHAN_SECONDS - 60
    for sha in (kept, old):
        os.utime(Folder(app.config["SETTINGS"].files_dir).path(sha), (yesterday, yesterday))
    with db.database().writing() as session:
        jobs.enqueue(session, "files.clean_up", {})
    worker.run_pending(app)
    assert {sha for sha, _ in store.shas()} == {kept, young}


def test_content_stored_again_during_the_clean_up_stays(tmp_path: Path) -> None:
    store = Folder(tmp_path)
    sha, _ = store.put(io.BytesIO(b"hello"))
    os.utime(store.path(sha), (1, 1))
    store.put(io.BytesIO(b"hello"))
    assert store.remove(sha, unless_newer_than=time.time() - 60) is False
    with store.open(sha) as file:
        assert file.read() == b"hello"


# --- sending


def answer(
    app: Flask,
    content_type: str = "text/html",
    name: str = "a.html",
    headers: dict[str, str] | None = None,
    **options: Any,
) -> TestResponse:
    with db.database().writing() as session:
        sha = files.store(session, b"<script>alert(1)</script>", content_type).sha256
    with app.test_request_context(headers=headers):
        return Client(files.sent(sha, name, content_type, **options)).get("/", buffered=True)


def test_a_page_that_somebody_uploaded_is_downloaded_and_never_run(app: Flask) -> None:
    response = answer(app, inline=True)
    assert response.headers["Content-Disposition"] == "attachment; filename=a.html"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
    assert response.headers["Cache-Control"] == "private, no-store"
    assert response.get_data() == b"<script>alert(1)</script>"
    assert response.content_length == 25


def test_a_pdf_may_be_shown_in_the_browser(app: Flask) -> None:
    response = answer(app, "application/pdf", "Bericht Küste.pdf", inline=True)
    assert response.headers["Content-Disposition"] == (
        "inline; filename=\"Bericht Kuste.pdf\"; filename*=UTF-8''Bericht%20K%C3%BCste.pdf"
    )
    assert "sandbox" not in response.headers["Content-Security-Policy"]


def test_a_picture_under_its_hash_may_be_kept_and_is_not_sent_twice(app: Flask) -> None:
    first = answer(app, "image/png", "logo.png", inline=True, keep_seconds=3600)
    assert first.headers["Cache-Control"] == "private, max-age=3600, immutable"
    again = answer(app, "image/png", "logo.png", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.get_data()) == (304, b"")


@pytest.mark.parametrize(
    ("given_name", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\x\\plan.pdf", "plan.pdf"),
        ("a\r\nSet-Cookie: x=1.pdf", "a Set-Cookie- x=1.pdf"),
        ("gpj.\u202efdp.exe", "gpj. fdp.exe"),
        ("x" * 300 + ".pdf", "x" * 100 + ".pdf"),
        ("...", "file"),
        ("", "file"),
        (".pdf", "pdf"),
        ("nul\0name.pdf", "nul name.pdf"),
        ("Fördermittel 2026.xlsx", "Fördermittel 2026.xlsx"),
    ],
)
def test_file_names_are_harmless(given_name: str, kept: str) -> None:
    assert files.safe_filename(given_name) == kept


@given(st.text(max_size=300))
def test_no_file_name_breaks_a_header(name: str) -> None:
    header = files._disposition("attachment", name)
    assert header.isascii()
    assert all(32 <= ord(c) < 127 for c in header)
