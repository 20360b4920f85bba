"""The process that turns our HTML into PDF: warm, one fork per document, with limits and without a network.

Run as a script by `app/reports/pdf.py`; it imports nothing of the application, so that a document's process
holds no database, no settings and no secrets. Protocol: the parent passes one socket per document over the
control socket; the fork reads a JSON head and blobs from it, answers with a JSON head and the PDF, and ends.
"""

from __future__ import annotations

import contextlib
import gc
import io
import json
import logging
import os
import resource
import selectors
import shutil
import signal
import socket
import struct
import sys
import tempfile
import unicodedata
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, NoReturn

HEAD = struct.Struct("!Q")
MIME = {".css": "text/css", ".svg": "image/svg+xml", ".png": "image/png", ".jpg": "image/jpeg"}

# PDF/UA's identification has to stand in the same rdf:RDF as the rest, with its PDF/A extension schema.
PDF_UA = b"""<rdf:Description rdf:about="" xmlns:pdfuaid="http://www.aiim.org/pdfua/ns/id/">\
<pdfuaid:part>1</pdfuaid:part></rdf:Description>\
<rdf:Description rdf:about="" xmlns:pdfaExtension="http://www.aiim.org/pdfa/ns/extension/" \
xmlns:pdfaSchema="http://www.aiim.org/pdfa/ns/schema#" \
xmlns:pdfaProperty="http://www.aiim.org/pdfa/ns/property#"><pdfaExtension:schemas><rdf:Bag>\
<rdf:li rdf:parseType="Resource"><pdfaSchema:schema>PDF/UA identification schema</pdfaSchema:schema>\
<pdfaSchema:namespaceURI>http://www.aiim.org/pdfua/ns/id/</pdfaSchema:namespaceURI>\
<pdfaSchema:prefix>pdfuaid</pdfaSchema:prefix><pdfaSchema:property><rdf:Seq>\
<rdf:li rdf:parseType="Resource"><pdfaProperty:name>part</pdfaProperty:name>\
<pdfaProperty:valueType>Integer</pdfaProperty:valueType>\
<pdfaProperty:category>internal</pdfaProperty:category>\
<pdfaProperty:description>Part of ISO 14289 the file conforms to</pdfaProperty:description></rdf:li>\
</rdf:Seq></pdfaSchema:property></rdf:li></rdf:Bag></pdfaExtension:schemas></rdf:Description>"""

# PDF/A forbids interpolated pictures, which is what "auto" becomes.
ALWAYS = "html { image-rendering: crisp-edges }"

WARM_UP = """<!doctype html><html lang="en"><title>Warm-up</title><body><h1>Warm</h1><p>Text <b>bold</b></p>
<table><caption>T</caption><tr><th scope="col">A</th></tr><tr><td>b</td></tr></table><ul><li>x</li></ul>
<svg xmlns="http://www.w3.org/2000/svg" width="20" height="20"><title>F</title><path d="M0 0h9v9z"
 fill="#123456" fill-opacity="0.1"/><text x="1" y="9" font-family="Inter" font-size="8">t</text></svg>"""


class Refused(Exception):
    """The document asks for something outside its own assets."""


def main(control_fd: int, folder: Path, fonts: Path, styles: Path, limits: Mapping[str, int]) -> None:
    """Import and warm up once, then fork for every document until the parent closes its end."""
    control = socket.socket(fileno=control_fd)
    try:
        try:
            workshop = Workshop(fonts, styles, folder)
            workshop.produce(
                {
                    "html": WARM_UP,
                    "title": "Warm-up",
                    "lang": "en",
                    "stylesheets": [],
                    "created": "2026-01-01T00:00:00+00:00",
                    "attachments": [],
                    "assets": {},
                }
            )
            gc.collect()
            gc.freeze()
        except BaseException as error:
            control.sendall(_line(f"{type(error).__name__}: {error}"))
            raise
        control.sendall(_line("ready"))
        _serve(control, workshop, limits)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _line(text: str) -> bytes:
    return text.replace("\n", " ").encode() + b"\n"


def _serve(control: socket.socket, workshop: Workshop, limits: Mapping[str, int]) -> None:
    """Fork per document; report a fork that was stopped by one of its limits to whoever waits for it."""
    wake_reader, wake_writer = os.pipe()
    os.set_blocking(wake_reader, False)
    os.set_blocking(wake_writer, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(wake_writer, warn_on_full_buffer=False)
    running: dict[int, int] = {}
    events = selectors.DefaultSelector()
    events.register(control, selectors.EVENT_READ)
    events.register(wake_reader, selectors.EVENT_READ)
    while True:
        ready = {key.fileobj for key, _ in events.select()}
        with contextlib.suppress(BlockingIOError):
            os.read(wake_reader, 512)
        _reap(running)
        if control in ready:
            message, jobs, _, _ = socket.recv_fds(control, 1, 1)
            if not message:
                for pid in running:
                    os.kill(pid, signal.SIGKILL)
                return
            workshop.refresh()
            pid = os.fork()
            if pid == 0:
                signal.set_wakeup_fd(-1)
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                control.close()
                for other in running.values():
                    os.close(other)
                _child(jobs[0], workshop, limits)
            running[pid] = jobs[0]


def _reap(running: dict[int, int]) -> None:
    while running:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            return
        job = running.pop(pid)
        with socket.socket(fileno=job) as answer:
            if status:
                ended = os.waitstatus_to_exitcode(status)
                reason = {-signal.SIGALRM: "time", -signal.SIGXCPU: "cpu", -signal.SIGKILL: "killed"}
                with contextlib.suppress(OSError):
                    _answer(answer, {"error": reason.get(ended, f"ended with {ended}")})


def _child(job: int, workshop: Workshop, limits: Mapping[str, int]) -> NoReturn:
    """One document: limits on, doors closed, render, answer, and end without running any clean-up."""
    code = 1
    try:
        with socket.socket(fileno=job) as answer:
            signal.setitimer(signal.ITIMER_REAL, limits["seconds"])
            resource.setrlimit(resource.RLIMIT_CPU, (limits["cpu_seconds"], limits["cpu_seconds"] + 1))
            resource.setrlimit(resource.RLIMIT_AS, (limits["memory"], limits["memory"]))
            resource.setrlimit(resource.RLIMIT_FSIZE, (limits["file_size"], limits["file_size"]))
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
            os.nice(5)
            try:
                request = _receive(answer)
                sys.addaudithook(_closed_doors(workshop.folder))
                pdf = workshop.produce(request)
            except MemoryError:
                gc.collect()
                _answer(answer, {"error": "memory"})
            except BaseException as error:  # noqa: BLE001 - whatever it is, the one who waits is told
                _answer(answer, {"error": f"{type(error).__name__}: {error}"[:2000]})
            else:
                _answer(answer, {"size": len(pdf)})
                answer.sendall(pdf)
        code = 0
    finally:
        os._exit(code)


def _receive(job: socket.socket) -> dict[str, Any]:
    with job.makefile("rb") as stream:
        request: dict[str, Any] = json.loads(stream.read(HEAD.unpack(stream.read(HEAD.size))[0]))
        for attachment in request["attachments"]:
            attachment["data"] = stream.read(attachment["size"])
        request["assets"] = {name: stream.read(size) for name, size in request["assets"].items()}
    return request


def _answer(job: socket.socket, head: Mapping[str, Any]) -> None:
    body = json.dumps(head).encode()
    job.sendall(HEAD.pack(len(body)) + body)


def _closed_doors(folder: Path) -> Any:
    """Second lock behind the fetcher: no connection, no process, no file outside the interpreter's own."""
    shut = (
        "socket.connect",
        "socket.bind",
        "socket.getaddrinfo",
        "socket.gethostbyname",
        "socket.sendto",
        "subprocess.Popen",
        "os.system",
        "os.exec",
        "os.posix_spawn",
        "os.fork",
        "urllib.Request",
    )
    homes = tuple({str(Path(path).resolve()) for path in (sys.prefix, sys.base_prefix, folder)})

    def hook(event: str, args: tuple[Any, ...]) -> None:
        if event in shut:
            raise Refused(f"{event} is closed while a document is made")
        if event == "open" and isinstance(args[0], str | bytes):
            path = os.path.realpath(os.fsdecode(args[0]))
            if not path.startswith(homes):
                raise Refused(f"{path} is closed while a document is made")

    return hook


class Workshop:
    """What is loaded once and shared by every document: WeasyPrint, the fonts, the parsed style sheets."""

    def __init__(self, fonts: Path, styles: Path, folder: Path) -> None:
        # Our fonts only: the same file on every machine, whatever fonts the system has.
        config = folder / "fonts.conf"
        config.write_text(
            '<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">'
            f"<fontconfig><dir>{folder}</dir><cachedir>{folder}</cachedir></fontconfig>"
        )
        os.environ["FONTCONFIG_FILE"], tempfile.tempdir = str(config), str(folder)
        from fontTools.ttLib import TTFont, woff2  # noqa: PLC0415 - heavy, and only here

        self.folder, self.styles = folder, styles
        self.fonts = {path.name: path.read_bytes() for path in sorted(fonts.glob("Inter-*.woff2"))}
        if not {"Inter-Regular.woff2", "Inter-SemiBold.woff2"} <= self.fonts.keys():
            raise FileNotFoundError(f"no Inter-Regular.woff2 and Inter-SemiBold.woff2 in {fonts}")
        for name in ("Inter-Regular.woff2", "Inter-SemiBold.woff2"):
            plain = io.BytesIO()
            woff2.decompress(io.BytesIO(self.fonts[name]), plain)
            (folder / name.replace("woff2", "ttf")).write_bytes(plain.getvalue())
        self.printable = frozenset(TTFont(folder / "Inter-Regular.ttf").getBestCmap())
        import weasyprint  # noqa: PLC0415 - reads the font set-up above while it is imported

        self.weasyprint = weasyprint
        self.font_configuration = weasyprint.document.FontConfiguration()
        self.always = weasyprint.CSS(string=ALWAYS, url_fetcher=self.fetcher({}))
        self.sheets: dict[str, tuple[int, Any]] = {}
        self.refresh()

    def refresh(self) -> None:
        """Parse every style sheet that is new or has changed."""
        for path in sorted(self.styles.rglob("*.css")):
            name, changed = path.relative_to(self.styles).as_posix(), path.stat().st_mtime_ns
            if self.sheets.get(name, (0, None))[0] != changed:
                with self.complaints() as found:
                    sheet = self.weasyprint.CSS(
                        string=path.read_text(encoding="utf-8"),
                        base_url="asset:",
                        url_fetcher=self.fetcher({}),
                        font_config=self.font_configuration,
                    )
                if found:
                    raise Refused(f"{name}: {'; '.join(found)}")
                self.sheets[name] = (changed, sheet)

    def fetcher(self, assets: Mapping[str, bytes]) -> Any:
        """A fetcher that knows the given assets by name and refuses everything else, loudly."""
        urls, response = self.weasyprint.urls, self.weasyprint.urls.URLFetcherResponse
        assets = {f"asset:{name}": data for name, data in assets.items()}

        class OwnAssets(urls.URLFetcher):  # type: ignore[misc,name-defined]
            def fetch(self, url: str, headers: Any = None) -> Any:
                if url not in assets:
                    raise Refused(f"{url[:200]} is not one of the document's own assets")
                kind = MIME.get(Path(url).suffix, "application/octet-stream")
                return response(url, assets[url], {"Content-Type": kind})

        return OwnAssets(allowed_protocols=("asset",), allow_redirects=False, fail_on_errors=True)

    @contextlib.contextmanager
    def complaints(self) -> Iterator[list[str]]:
        """Collect what WeasyPrint warns about: each warning hides a lost rule, picture or link."""
        found: list[str] = []
        handler = logging.Handler(logging.WARNING)
        handler.emit = lambda record: found.append(record.getMessage())  # type: ignore[method-assign]
        logger = logging.getLogger("weasyprint")
        logger.addHandler(handler)
        try:
            yield found
        finally:
            logger.removeHandler(handler)

    def produce(self, request: Mapping[str, Any]) -> bytes:
        """One file that passes PDF/A-3a and PDF/UA-1 at once; the same request gives the same bytes."""
        with self.complaints() as found:
            html = self.weasyprint.HTML(
                string=self.with_known_glyphs(request["html"]),
                base_url="asset:",
                url_fetcher=self.fetcher(request["assets"]),
            )
            document = html.render(
                font_config=self.font_configuration,
                pdf_variant="pdf/a-3a",
                stylesheets=[self.always, *(self.sheets[name][1] for name in request["stylesheets"])],
            )
            metadata = document.metadata
            metadata.title, metadata.lang = request["title"], request["lang"]
            metadata.created = metadata.modified = request["created"]
            metadata.attachments = [self.attachment(a, request["created"]) for a in request["attachments"]]
            generate = metadata.generate_rdf_metadata
            metadata.generate_rdf_metadata = lambda *args: _inside(generate(*args), PDF_UA)
            pdf: bytes = document.write_pdf(pdf_variant="pdf/a-3a")
        if found:
            raise Refused("; ".join(found))
        return pdf

    def attachment(self, given: Mapping[str, Any], created: str) -> Any:
        """An embedded file with fixed times and the given type (WeasyPrint would guess and use the clock)."""
        moment = datetime.fromisoformat(created)
        made = self.weasyprint.Attachment(
            string=given["data"],
            name=given["name"],
            description=given["description"],
            created=moment,
            modified=moment,
            relationship=given["relationship"],
        )
        made.source = contextlib.nullcontext((io.BytesIO(given["data"]), None, None, given["mime"]))
        return made

    def with_known_glyphs(self, html: str) -> str:
        """Show a box for letters our font does not have and drop pictographs: a missing glyph fails PDF/UA.

        Inter covers Latin, Greek and Cyrillic; the data attached to the report keeps every character.
        """
        unknown = {c for c in set(html) if ord(c) not in self.printable and c not in "\n\t\r\u00ad"}
        boxes = {
            ord(c): "□" if unicodedata.category(c)[0] in "LNS" and ord(c) < 0x1F000 else None for c in unknown
        }
        return html.translate(boxes) if boxes else html


def _inside(rdf: bytes, addition: bytes) -> bytes:
    end = rdf.rindex(b"</")
    return rdf[:end] + addition + rdf[end:]


if __name__ == "__main__":
    given = sys.argv
    main(int(given[1]), Path(given[2]), Path(given[3]), Path(given[4]), json.loads(given[5]))
