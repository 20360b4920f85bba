"""The real server in processes of its own, as bin/serve starts it; killed and counted by the tests."""

from __future__ import annotations

import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

from app import create_app, db
from app.config import Settings
from app.setup import load_reference_data, make_centre
from tests.conftest import migrated
from tests.tools.installation import ROOT, environment

SERVE = """
import sys
from app.config import Settings
from app.serving import serve
serve(Settings.from_environment(), sys.argv[1], int(sys.argv[2]))
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def prepare(url: str, folder: Path) -> None:
    """Schema, centre and reference data, as the first start makes them."""
    migrated(url)
    app = create_app(Settings.from_environment(environment(url, folder), testing=True))
    with app.app_context():
        make_centre(db.session, name="Testzentrum")
        load_reference_data(db.session)
        db.session.commit()
    app.extensions["database"].engine.dispose()


@dataclass
class Answer:
    """What came back over the wire."""

    status: int
    headers: dict[str, str]
    body: bytes


@dataclass
class Server:
    """A running installation."""

    folder: Path
    port: int
    process: subprocess.Popen[str]
    cookies: dict[str, str] = field(default_factory=dict)

    def processes(self) -> dict[int, str]:
        """All processes that belong to it, by the folder in their environment."""
        return processes_of(self.folder)

    def pid_of(self, part: str) -> int:
        """The one process whose command contains `part`; of several the first one's parent is taken."""
        return min(pid for pid, command in self.processes().items() if part in command)

    def request(
        self, method: str, path: str, form: dict[str, str] | None = None, timeout: float = 10
    ) -> Answer:
        """One request on a connection of its own, with the session's cookies."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        headers = {"Cookie": "; ".join(f"{k}={v}" for k, v in self.cookies.items())}
        body = None
        if form is not None:
            body = urlencode(form)
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        try:
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            return Answer(response.status, dict(response.getheaders()), response.read())
        finally:
            connection.close()

    def csrf(self, path: str) -> str:
        """The token of a page's form; keeps the cookie it belongs to."""
        answer = self.request("GET", path)
        for name, value in re.findall(r"(wandelwerk[\w_]*)=([^;]+)", answer.headers.get("set-cookie", "")):
            self.cookies[name] = value
        found = re.search(rb'name="csrf_token"[^>]*value="([^"]+)"', answer.body)
        assert found is not None, (answer.status, answer.body[:300])
        return found[1].decode()


def processes_of(folder: Path) -> dict[int, str]:
    """The processes of an installation: those that have its folder in their environment."""
    mark = f"INSTANCE_DIR={folder}".encode()
    found = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                if mark in (entry / "environ").read_bytes().split(b"\0"):
                    command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                    state = (entry / "stat").read_text().rsplit(")", 1)[1].split()[0]
                    if state != "Z":
                        found[int(entry.name)] = command
            except (FileNotFoundError, ProcessLookupError, PermissionError):
                continue
    return found


def wait_for(condition: object, seconds: float = 40) -> bool:
    """Ask again and again until it is true or the time is over."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():  # type: ignore[operator]
            return True
        time.sleep(0.05)
    return False


def start(url: str, folder: Path, port: int | None = None, **more: str) -> Server:
    """Start the server and wait until it answers."""
    port = port or free_port()
    env = os.environ | environment(url, folder, LOG_LEVEL="WARNING", **more)
    env |= {"PUBLIC_URL": f"http://127.0.0.1:{port}", "PYTHONPATH": str(ROOT)}
    with (folder / "server.log").open("a") as log:
        process = subprocess.Popen(
            [sys.executable, "-c", SERVE, "127.0.0.1", str(port)],
            env=env,
            cwd=folder,
            text=True,
            stdout=subprocess.PIPE,
            stderr=log,
        )
    assert process.stdout is not None
    greeting = process.stdout.readline()
    process.stdout.close()
    assert f"http://127.0.0.1:{port}" in greeting, (folder / "server.log").read_text()[-2000:]
    return Server(folder, port, process)


def stop(server: Server) -> int:
    """End it as Ctrl-C does; what it leaves behind is an error."""
    server.process.send_signal(signal.SIGINT)
    code = server.process.wait(timeout=20)
    assert wait_for(lambda: not server.processes(), 5), server.processes()
    return code


@contextmanager
def running(url: str, folder: Path, **more: str) -> Iterator[Server]:
    """A server for the length of a block; whatever happens, nothing of it stays."""
    server = start(url, folder, **more)
    try:
        yield server
    finally:
        if server.process.poll() is None:
            server.process.send_signal(signal.SIGINT)
            try:
                server.process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                server.process.kill()
        for pid in server.processes():
            os.kill(pid, signal.SIGKILL)
