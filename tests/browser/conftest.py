"""A real server as people start it, and a real browser in front of it."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.conftest import ROOT

CHROMIUM = os.environ.get("TEST_CHROMIUM", "/usr/bin/chromium")
QUIET = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update"),
]
PASSPHRASE = "Kupfer Lampe Segel Birne 7"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything here drives a browser."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker("browser")


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, Any]:
    """The system's Chromium."""
    return {"executable_path": CHROMIUM, "args": QUIET}


@dataclass
class Server:
    """A running installation."""

    url: str
    folder: Path

    def command(self, *arguments: str) -> str:
        """Run bin/wandelwerk on this installation."""
        done = subprocess.run(
            [sys.executable, "-m", "app.cli", *arguments],
            cwd=ROOT,
            env=os.environ | {"INSTANCE_DIR": str(self.folder), "PUBLIC_URL": self.url},
            capture_output=True,
            text=True,
            check=True,
            stdin=subprocess.DEVNULL,
        )
        return done.stdout

    def invite(self, role: str, first: str, last: str, language: str) -> str:
        """Add somebody from the command line; the link with which they join."""
        said = self.command(
            *("user", "add", "--role", role, "--email", f"{last.lower()}@example.org"),
            *("--first-name", first, "--last-name", last, "--language", language),
        )
        found = re.search(r"http://\S+/link/\S+", said)
        assert found is not None, said
        return found.group(0)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def start(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Server]]:
    """Start installations; all are stopped at the end, and none leaves a process behind."""
    running: list[subprocess.Popen[bytes]] = []

    def begin(*, empty: bool) -> Server:
        folder, port = tmp_path_factory.mktemp("instance"), free_port()
        server = Server(f"http://127.0.0.1:{port}", folder)
        log = (folder / "log").open("wb")
        running.append(
            subprocess.Popen(
                [
                    sys.executable,
                    "-m",
                    "app.cli",
                    "serve",
                    "--port",
                    str(port),
                    *(["--empty"] if empty else []),
                ],
                cwd=ROOT,
                env=os.environ | {"INSTANCE_DIR": str(folder), "WEB_WORKERS": "1"},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        )
        log.close()
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline and running[-1].poll() is None:
            try:
                urllib.request.urlopen(f"{server.url}/imprint", timeout=2).close()  # noqa: S310 - our own server
                return server
            except OSError:
                time.sleep(0.2)
        raise AssertionError((folder / "log").read_text())

    yield begin
    for process in running:
        process.send_signal(signal.SIGINT)
    for process in running:
        process.wait(20)


@pytest.fixture(scope="session")
def empty_centre(start: Callable[..., Server]) -> Server:
    """A centre without any data."""
    return start(empty=True)


@pytest.fixture(scope="session")
def demo_centre(start: Callable[..., Server]) -> Server:
    """The demo centre."""
    return start(empty=False)


def join(page: Page, link: str) -> None:
    """Accept an invitation: set the passphrase and be signed in."""
    page.goto(link)
    for box in page.locator("input[type=password]").all():
        box.fill(PASSPHRASE)
    page.locator("main button[type=submit], form:has(input[type=password]) button[type=submit]").first.click()
    page.wait_for_load_state("load")


@pytest.fixture
def accessible() -> Callable[[Page], None]:
    """Fails on any axe violation, with the elements that cause it."""

    def check(page: Page) -> None:
        found = Axe().run(page).response["violations"]
        assert [(v["id"], [n["target"] for n in v["nodes"]][:3]) for v in found] == []

    return check
