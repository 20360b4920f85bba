"""Serving: the commands of the web server and the worker, and the handing over to their parent process."""

from __future__ import annotations

import errno
import json
import os
import signal
import socket
import sys
import threading
from pathlib import Path
from types import FrameType
from typing import Final, NoReturn

from flask import Flask

from app import create_app
from app.config import LOOPBACK, SettingRefused, Settings
from app.supervisor import die_with
from app.worker import run_worker

ROOT: Final = Path(__file__).parent.parent
THREADS_PER_WORKER: Final = 4
SECONDS_TO_FINISH_A_JOB: Final = 8


def web() -> Flask:
    """The application in one process of the web server; the process ends with the server's main one."""
    die_with(os.getppid(), signal.SIGKILL)
    return create_app()


def web_command(settings: Settings, host: str, port: int) -> list[str]:
    """Granian: HTTP/1, some processes with few threads.

    Static files come from Flask: Granian would serve them faster, but without nosniff and the other headers.

    A thread is held while a body arrives or a file leaves, so one per process would let two slow phones stop
    the installation; more than a few only compete for the interpreter.
    """
    return [
        *(sys.executable, "-m", "granian", "--interface", "wsgi", "--factory", "app.serving:web"),
        *("--host", host, "--port", str(port), "--http", "1", "--no-ws"),
        *("--workers", str(settings.web_workers), "--blocking-threads", str(THREADS_PER_WORKER)),
        *("--backlog", "512", "--backpressure", "64", "--working-dir", str(ROOT)),
        *("--respawn-failed-workers", "--respawn-interval", "1", "--workers-kill-timeout", "5s"),
        *("--log-level", "warning"),
    ]


def worker_command() -> list[str]:
    """The process that does background work."""
    return [sys.executable, "-m", "app.serving"]


def check_address(settings: Settings, host: str, port: int) -> None:
    """Refuse an address that is taken, or that others could reach without encryption."""
    if host not in LOOPBACK and not settings.https:
        raise SettingRefused(
            "PUBLIC_URL", settings.public_url, f"https:// when serving on {host}, which others can reach"
        )
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                expected = "a free port: another program listens there"
            else:
                expected = f"an address of this machine ({error.strerror})"
            raise SettingRefused("--port", f"{host}:{port}", expected) from None


def serve(settings: Settings, host: str, port: int, greeting: str = "") -> NoReturn:
    """Become the parent of a web server and a worker; ends with them on Ctrl-C or SIGTERM."""
    check_address(settings, host, port)
    plan = {
        "children": {"web": web_command(settings, host, port), "worker": worker_command()},
        "address": [host, port],
        "greeting": greeting or f"Wandelwerk: {settings.public_url}  (Ctrl-C ends it)",
    }
    environment = os.environ | {"PUBLIC_URL": settings.public_url, "INSTANCE_DIR": str(settings.instance_dir)}
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    environment["WANDELWERK_PLAN"] = json.dumps(plan)
    sys.stdout.flush()
    sys.stderr.flush()
    supervisor = str(ROOT / "app" / "supervisor.py")
    os.execve(sys.executable, [sys.executable, "-P", supervisor], environment)  # noqa: S606


def work(app: Flask) -> None:
    """The worker process, until told to stop; a job that does not end in time is run again by the next."""
    stop = threading.Event()

    def told(_signal: int, _frame: FrameType | None) -> None:
        stop.set()
        limit = threading.Timer(SECONDS_TO_FINISH_A_JOB, os._exit, (0,))
        limit.daemon = True
        limit.start()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, told)
    run_worker(app, stop)


if __name__ == "__main__":
    work(create_app())
