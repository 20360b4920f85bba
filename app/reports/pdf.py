"""HTML of our own templates to a PDF that is archivable (PDF/A-3a) and accessible (PDF/UA-1) at once.

The work happens in `pdf_child.py`: a warm process that forks per document, with limits on time and memory.
"""

from __future__ import annotations

import atexit
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from app.reports.pdf_child import HEAD

ROOT = Path(__file__).resolve().parents[2]
FONTS = ROOT / "app" / "static" / "dist" / "fonts"
STYLES = ROOT / "reports"
WAIT_FOR_START = 60.0
LARGEST = 64 * 1024 * 1024
KEPT_ENVIRONMENT = ("PATH", "LD_LIBRARY_PATH", "DYLD_FALLBACK_LIBRARY_PATH", "WEASYPRINT_DLL_DIRECTORIES")
REASONS = {
    "time": "the document took longer than {seconds} seconds",
    "cpu": "the document needed more than {cpu_seconds} seconds of computing time",
    "memory": "the document needed more than {memory} bytes of memory",
    "killed": "the process was stopped from outside",
}


class RenderFailed(Exception):
    """The document could not be made; `reason` says why, for the log and the job record."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class Attachment:
    """A file that travels inside the PDF."""

    name: str
    data: bytes
    mime: str
    relationship: Literal["Data", "Source", "Supplement", "Alternative", "Unspecified"] = "Data"
    description: str = ""


@dataclass(frozen=True)
class Limits:
    """What one document may use: wall time, computing time, address space, size of any file it writes."""

    seconds: int = 60
    cpu_seconds: int = 30
    memory: int = 2 * 1024**3
    file_size: int = 64 * 1024**2


class Renderer:
    """Owns the warm process: starts it when first needed and again when it was killed."""

    def __init__(self, limits: Limits | None = None, fonts: Path = FONTS, styles: Path = STYLES) -> None:
        self.limits, self.fonts, self.styles = limits or Limits(), fonts, styles
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._owner, self.folder = 0, Path()
        self._starting = threading.Lock()
        self._slots = threading.BoundedSemaphore(os.cpu_count() or 1)

    @property
    def pid(self) -> int | None:
        """The warm process, if it runs."""
        return self._process.pid if self._process and self._process.poll() is None else None

    def render(
        self,
        html: str,
        *,
        title: str,
        lang: str,
        created: datetime,
        stylesheets: Sequence[str] = ("print.css",),
        attachments: Sequence[Attachment] = (),
        assets: Mapping[str, bytes] | None = None,
    ) -> bytes:
        """Make one PDF; the same arguments give the same bytes.

        `html` names pictures as `asset:NAME`, given in `assets`; nothing else can be reached.
        `created` comes from the record, never from the clock. `stylesheets` are files below reports/.
        """
        assets = assets or {}
        head = {
            "html": html,
            "title": title,
            "lang": lang,
            "stylesheets": list(stylesheets),
            "created": created.astimezone(UTC).isoformat(timespec="seconds"),
            "attachments": [asdict(a) | {"data": None, "size": len(a.data)} for a in attachments],
            "assets": {name: len(data) for name, data in assets.items()},
        }
        body = json.dumps(head).encode()
        request = b"".join([HEAD.pack(len(body)), body, *(a.data for a in attachments), *assets.values()])
        with self._slots:
            for last_try in (False, True):
                try:
                    return self._one(request)
                except (ConnectionError, EOFError, TimeoutError) as error:
                    self.close()
                    if last_try or isinstance(error, TimeoutError):
                        raise RenderFailed(f"the process did not answer ({error})") from error
        raise AssertionError("unreachable")

    def close(self) -> None:
        """End the warm process; the next document starts a new one."""
        with self._starting:
            self._stop()

    def _one(self, request: bytes) -> bytes:
        control = self._started()
        ours, theirs = socket.socketpair()
        with ours:
            with theirs:
                socket.send_fds(control, [b"d"], [theirs.fileno()])
            ours.settimeout(self.limits.seconds + 10)
            ours.sendall(request)
            with ours.makefile("rb") as stream:
                head = stream.read(HEAD.size)
                if len(head) < HEAD.size:
                    raise EOFError("it ended before its answer")
                answer = json.loads(stream.read(HEAD.unpack(head)[0]))
                if error := answer.get("error"):
                    raise RenderFailed(REASONS.get(error, error).format(**asdict(self.limits)))
                if answer["size"] > LARGEST:
                    raise RenderFailed(f"the document has {answer['size']} bytes, at most {LARGEST} are kept")
                pdf: bytes = stream.read(answer["size"])
                if len(pdf) < answer["size"]:
                    raise EOFError("it ended in the middle of its answer")
                return pdf

    def _started(self) -> socket.socket:
        with self._starting:
            if self._control is not None and self._owner == os.getpid() and self.pid is not None:
                return self._control
            self._stop()
            return self._start()

    def _start(self) -> socket.socket:
        ours, theirs = socket.socketpair()
        environment = {key: os.environ[key] for key in KEPT_ENVIRONMENT if key in os.environ}
        self.folder = Path(tempfile.mkdtemp(prefix="wandelwerk-pdf-"))
        with theirs:
            self._process = subprocess.Popen(
                [
                    sys.executable,
                    "-P",
                    str(Path(__file__).with_name("pdf_child.py")),
                    str(theirs.fileno()),
                    str(self.folder),
                    str(self.fonts),
                    str(self.styles),
                    json.dumps(asdict(self.limits)),
                ],
                env=environment | {"PYTHONHASHSEED": "0", "LANG": "C.UTF-8"},
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
        self._control, self._owner = ours, os.getpid()
        ours.settimeout(WAIT_FOR_START)
        said = b""
        while not said.endswith(b"\n") and (part := ours.recv(4096)):
            said += part
        ours.settimeout(None)
        if said != b"ready\n":
            self._stop()
            raise RenderFailed(f"the PDF engine does not start: {said.decode().strip() or 'no reason given'}")
        return ours

    def _stop(self) -> None:
        if self._control is not None:
            self._control.close()
        if self._process is not None and self._owner == os.getpid():
            try:
                self._process.wait(timeout=5)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            shutil.rmtree(self.folder, ignore_errors=True)
        self._control = self._process = None


engine = Renderer()
atexit.register(engine.close)
render = engine.render
