"""The PDF engine: both standards, the same bytes every time, closed doors, limits, and surviving a kill."""

from __future__ import annotations

import contextlib
import datetime as dt
import http.server
import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import pikepdf
import pytest
from PIL import Image

from app.reports import pdf
from app.reports.pdf import Attachment, Limits, Renderer, RenderFailed
from tests.tools import pdfcheck

MOMENT = dt.datetime(2026, 11, 21, 9, 30, tzinfo=dt.UTC)
LETTERS = "Łódź, Ştefan Măgură, Gánti Żółć, ß € CO₂ ≥ → – „ä“ Ελλάδα Кирилл"


def page(body: str, head: str = "", lang: str = "de") -> str:
    return f'<!doctype html><html lang="{lang}"><head><title>T</title>{head}</head><body>{body}</body></html>'


def make(html: str, renderer: Renderer | None = None, **values: object) -> bytes:
    given: dict[str, object] = {"title": "T", "lang": "de", "created": MOMENT, "stylesheets": ()}
    return (renderer.render if renderer else pdf.render)(html, **(given | values))  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def strict() -> Iterator[Renderer]:
    """An engine with so little time that a bomb is stopped within the test."""
    renderer = Renderer(Limits(seconds=6, cpu_seconds=2, memory=1024**3))
    make(page("<p>started</p>"), renderer)
    yield renderer
    renderer.close()


@pytest.fixture
def logo(tmp_path: Path) -> bytes:
    path = tmp_path / "logo.png"
    Image.new("RGB", (40, 20), "#0b5563").save(path)
    return path.read_bytes()


def test_one_file_keeps_both_standards_and_carries_its_data(tmp_path: Path, logo: bytes) -> None:
    html = page(
        f"<h1>{LETTERS}</h1><p>Text <b>fett</b> <a href='mailto:a@b.example'>a@b.example</a></p>"
        "<img src='asset:logo' alt='Logo'><table><caption>C</caption>"
        "<thead><tr><th scope='col'>A</th></tr></thead><tbody><tr><td>b</td></tr></tbody></table>"
    )
    data = Attachment("daten.json", b'{"a": "\xc3\xa4"}', "application/json", "Data", "Die Daten")
    path = tmp_path / "one.pdf"
    path.write_bytes(make(html, attachments=[data], assets={"logo": logo}))
    assert pdfcheck.check(path) == []
    with pikepdf.open(path) as found:
        specification = found.attachments["daten.json"]
        assert specification.get_file().read_bytes() == data.data
        assert specification.get_file().mime_type == "application/json"
        assert specification.description == "Die Daten"
        assert str(specification.obj.AFRelationship) == "/Data"
        assert str(found.Root.Lang) == "de"
        assert str(found.docinfo["/CreationDate"]) == "D:20261121093000+00'00"


def test_the_same_document_gives_the_same_bytes_even_from_a_new_process() -> None:
    html = page(f"<h1>{LETTERS}</h1><p>x</p>")
    warm = make(html)
    fresh = Renderer()
    try:
        assert warm == make(html) == make(html, fresh)
    finally:
        fresh.close()
    assert make(html, created=MOMENT + dt.timedelta(seconds=1)) != warm


def test_letters_the_font_lacks_become_a_box_and_pictographs_vanish(tmp_path: Path) -> None:
    """A missing glyph fails PDF/UA; the attached data keeps every character."""
    path = tmp_path / "x.pdf"
    path.write_bytes(make(page("<h1>中文 😀\u200d👩 gut</h1>")))
    done = subprocess.run(["pdftotext", path, "-"], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["□□", "gut"]


def test_a_warning_of_the_engine_is_an_error() -> None:
    with pytest.raises(RenderFailed, match="no-such-property"):
        make(page("<p>x</p>", "<style>p { no-such-property: 1 }</style>"))
    with pytest.raises(RenderFailed, match="alt description"):
        make(
            page("<img src='asset:x'>"),
            assets={
                "x": b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff!"
                b"\xf9\x04\x01\x00\x00\x00\x00,\x00\x00\x00\x00\x01\x00\x01"
                b"\x00\x00\x02\x02D\x01\x00;"
            },
        )


class Doorbell(http.server.ThreadingHTTPServer):
    """A server on loopback that notes every call."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        super().__init__(("127.0.0.1", 0), self._Ring)

    class _Ring(http.server.BaseHTTPRequestHandler):
        server: Doorbell

        def do_GET(self) -> None:
            self.server.calls.append(self.path)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *args: object) -> None:
            """Nothing on the console."""


@pytest.fixture(scope="module")
def doorbell() -> Iterator[Doorbell]:
    with Doorbell() as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server
        server.shutdown()


VECTORS = {
    "img": "<img src='URL' alt='x'>",
    "img srcset": "<img srcset='URL 1x' src='URL' alt='x'>",
    "object": "<object data='URL'>x</object>",
    "embed": "<embed src='URL'>",
    "svg image": "<svg xmlns='http://www.w3.org/2000/svg' xmlns:xlink='http://www.w3.org/1999/xlink'><title>x</title>"
    "<image href='URL' xlink:href='URL' width='9' height='9'/></svg>",
    "svg use": "<svg xmlns='http://www.w3.org/2000/svg'><title>x</title><use href='URL#a'/></svg>",
    "svg style": "<svg xmlns='http://www.w3.org/2000/svg'><style>@import 'URL';</style></svg>",
    "background": "<p style='background: url(URL)'>x</p>",
    "border image": "<p style='border: 9px solid; border-image: url(URL) 9'>x</p>",
    "list style": "<ul style='list-style-image: url(URL)'><li>x</ul>",
    "content": "<style>p::before { content: url(URL) }</style><p>x</p>",
    "import": "<style>@import url(URL);</style><p>x</p>",
    "font": "<style>@font-face { font-family: F; src: url(URL) } p { font-family: F }</style><p>x</p>",
    "local font": "<style>@font-face { font-family: F; src: local('DejaVu Sans'), url(URL) }</style><p>x</p>",
    "page background": "<style>@page { background: url(URL) }</style><p>x</p>",
    "margin box": "<style>@page { @top-left { content: url(URL) } }</style><p>x</p>",
    "mask": "<p style='mask-image: url(URL)'>x</p>",
    "stylesheet": "<link rel=stylesheet href='URL'><p>x</p>",
    "attachment": "<link rel=attachment href='URL'><p>x</p>",
    "attached anchor": "<a rel=attachment href='URL'>x</a>",
    "color profile": "<style>@color-profile --p { src: url(URL) } p { color: color(--p 1 0 0) }</style>x",
    "base": "<base href='URL'><img src='x.png' alt='x'>",
}


@pytest.mark.parametrize("vector", VECTORS)
@pytest.mark.parametrize("place", ["http", "file", "relative", "data"])
def test_a_document_reaches_nothing_but_its_own_assets(
    vector: str, place: str, doorbell: Doorbell, tmp_path: Path
) -> None:
    secret = tmp_path / "secret.svg"
    secret.write_text("<svg xmlns='http://www.w3.org/2000/svg'><text y='9'>TOPSECRET</text></svg>")
    url = {
        "http": f"http://127.0.0.1:{doorbell.server_port}/{vector.replace(' ', '-')}",
        "file": secret.as_uri(),
        "relative": "../../../../etc/passwd",
        "data": "data:image/svg+xml,%3Csvg xmlns=%22http://www.w3.org/2000/svg%22/%3E",
    }[place]
    try:
        made = make(page(VECTORS[vector].replace("URL", url)))
    except RenderFailed:
        made = b""  # refused with a reason: what we want
    assert doorbell.calls == []
    if made:
        text = tmp_path / "made.pdf"
        text.write_bytes(made)
        with pikepdf.open(text) as found:
            assert list(found.attachments) == []
        assert b"TOPSECRET" not in _plain(text)


def _plain(path: Path) -> bytes:
    with pikepdf.open(path) as found:
        return b"".join(stream.read_bytes() for stream in found.objects if isinstance(stream, pikepdf.Stream))


def test_a_refused_address_is_named_in_the_reason() -> None:
    with pytest.raises(RenderFailed, match=r"127\.0\.0\.1:9/x\.png"):
        make(page("<img src='http://127.0.0.1:9/x.png' alt='x'>"))


BOMBS = {
    "wide cell": "<table><tr><td colspan=100000>x</td></tr></table>",
    "tall cell": "<table>" + "<tr><td rowspan=65000>x</td></tr>" * 40 + "</table>",
    "deep": "<div>" * 4000 + "x",
    "huge page": "<style>@page { size: 1e30cm 1e30cm }</style>x",
    "endless text": "<p>" + "wort " * 400_000,
    "nested flex": "<div style='display:flex'>" * 60 + "x",
    "svg loop": "<svg xmlns='http://www.w3.org/2000/svg'><g id='a'><use href='#a'/></g></svg>",
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_a_bomb_ends_within_the_limits(bomb: str, strict: Renderer) -> None:
    begun = time.monotonic()
    with contextlib.suppress(RenderFailed):
        make(page(BOMBS[bomb]), strict)
    assert time.monotonic() - begun < 12
    assert make(page("<p>next</p>"), strict).startswith(b"%PDF")


def test_too_much_computing_is_stopped_and_says_so(strict: Renderer) -> None:
    with pytest.raises(RenderFailed, match="more than 2 seconds of computing time"):
        make(page(BOMBS["wide cell"]), strict)


def test_a_killed_engine_is_started_again() -> None:
    renderer = Renderer()
    try:
        first = make(page("<p>x</p>"), renderer)
        killed = renderer.pid
        assert killed is not None
        os.kill(killed, signal.SIGKILL)
        assert make(page("<p>x</p>"), renderer) == first
        assert renderer.pid not in (None, killed)
    finally:
        renderer.close()


@pytest.mark.parametrize("killed", [False, True])
def test_closing_leaves_no_process_and_no_files(killed: bool) -> None:
    renderer = Renderer()
    make(page("<p>x</p>"), renderer)
    pid = renderer.pid
    assert pid is not None
    assert (renderer.folder / "fonts.conf").exists()
    if killed:
        os.kill(pid, signal.SIGKILL)
    renderer.close()
    assert not Path(f"/proc/{pid}").exists()
    assert not renderer.folder.exists()


def test_several_threads_share_one_engine() -> None:
    made: dict[int, bytes] = {}

    def work(number: int) -> None:
        made[number] = make(page(f"<p>{number % 2}</p>"))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(made) == 6
    assert len(set(made.values())) == 2


def test_without_fonts_the_engine_says_what_is_missing(tmp_path: Path) -> None:
    renderer = Renderer(fonts=tmp_path)
    with pytest.raises(RenderFailed, match=r"Inter-Regular\.woff2"):
        make(page("<p>x</p>"), renderer)
    renderer.close()


def test_the_engine_is_recent_enough_for_its_known_holes() -> None:
    """CVE-2025-68616 (redirects passed the fetcher) and CVE-2026-49452 need 69 or later."""
    assert int(version("weasyprint").split(".")[0]) >= 69
