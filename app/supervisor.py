"""The parent of the web server and the worker: starts them, restarts what dies, leaves nothing behind.

Run as a script by `app/serving.py`. It imports nothing of the application and little else, because it stays
in memory for as long as the installation runs. Its one argument is a JSON object: {"children":
{name: command}, "address": [host, port], "greeting": text}; the first child is the web server.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from types import FrameType
from typing import TypedDict

SET_PARENT_DEATH_SIGNAL = 1  # prctl's PR_SET_PDEATHSIG
SECONDS_TO_STOP = 10.0
SECONDS_TO_START = 30.0
LOOK_EVERY = 0.25
STEADY_SECONDS = 60.0
LONGEST_PAUSE = 30.0

stop = threading.Event()
hurry = threading.Event()


def die_with(parent: int, how: signal.Signals) -> None:
    """Have the kernel signal this process when its parent dies, however that happens (Linux)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(SET_PARENT_DEATH_SIGNAL, how, 0, 0, 0)
        if os.getppid() != parent:  # it died before we asked
            os._exit(1)


class Child:
    """One program that is kept running, in a process group of its own."""

    def __init__(self, name: str, command: list[str]) -> None:
        self.name, self.command = name, command
        self.failures = 0
        self.start()

    def start(self) -> None:
        """Start the program."""
        parent = os.getpid()
        self.started = time.monotonic()
        self.restart_at: float | None = None
        self.process = subprocess.Popen(
            self.command,
            stdin=subprocess.DEVNULL,
            process_group=0,
            preexec_fn=lambda: die_with(parent, signal.SIGTERM),  # noqa: PLW1509 -- this process has one thread
        )

    def look(self) -> None:
        """Start the program again when it has died, after a pause that doubles each time."""
        now = time.monotonic()
        if self.restart_at is not None:
            if now >= self.restart_at:
                self.start()
            return
        if self.process.poll() is None:
            return
        self.kill()
        if now - self.started > STEADY_SECONDS:
            self.failures = 0
        pause = min(2.0**self.failures, LONGEST_PAUSE)
        self.failures += 1
        self.restart_at = now + pause
        say("child_died", child=self.name, exit=self.process.returncode, restart_in=pause)

    def terminate(self) -> None:
        """Ask it to stop."""
        if self.process.poll() is None:
            self.process.terminate()

    def kill(self) -> None:
        """End it and whatever it has started."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


def say(event: str, **values: object) -> None:
    """One JSON event per line on stderr, like the application's own."""
    moment = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    line = {"event": event, "level": "warning", "timestamp": moment, **values}
    print(json.dumps(line), file=sys.stderr, flush=True)  # noqa: T201 -- this is the log


def _told(_signal: int, _frame: FrameType | None) -> None:
    if stop.is_set():
        hurry.set()
    stop.set()


def answers(host: str, port: int) -> bool:
    """Whether a request is answered there, with whatever status: a port alone may be open too early."""
    reachable = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 -- only read
    try:
        with socket.create_connection((reachable, port), timeout=SECONDS_TO_START) as line:
            line.sendall(b"GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            return line.recv(5) == b"HTTP/"
    except OSError:
        return False


def wait_until_up(web: Child, host: str, port: int) -> bool:
    """True once the web server answers; False when it ended or was told to."""
    deadline = time.monotonic() + SECONDS_TO_START
    while not stop.is_set() and time.monotonic() < deadline:
        if web.process.poll() is not None:
            return False
        if answers(host, port):
            return True
        stop.wait(0.05)
    return False


def shut_down(children: list[Child]) -> None:
    """Stop all at once; what is not gone after ten seconds is killed."""
    for child in children:
        child.terminate()
    deadline = time.monotonic() + SECONDS_TO_STOP
    while any(child.process.poll() is None for child in children):
        if time.monotonic() > deadline or hurry.is_set():
            break
        time.sleep(0.05)
    for child in children:
        child.kill()


class Plan(TypedDict):
    """What is to run, where it will answer, and what to say when it does."""

    children: dict[str, list[str]]
    address: tuple[str, int]
    greeting: str


def supervise(plan: Plan) -> int:
    """Keep all children running until told to stop."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _told)
    host, port = plan["address"]
    children: list[Child] = []
    try:
        (name, command), *others = plan["children"].items()
        children.append(Child(name, command))
        if wait_until_up(children[0], host, port):
            print(plan["greeting"], flush=True)  # noqa: T201 -- for the person at the terminal
        elif not stop.is_set():
            say("web_did_not_start", exit=children[0].process.poll())
            return 1
        children.extend(Child(*other) for other in others)  # only now: earlier they would slow the web down
        while not stop.wait(LOOK_EVERY):
            for child in children:
                child.look()
    finally:
        shut_down(children)
    return 0


if __name__ == "__main__":
    # by the environment: everybody can read a command line, and a demo greets with its sign-ins
    sys.exit(supervise(json.loads(os.environ.pop("WANDELWERK_PLAN"))))
