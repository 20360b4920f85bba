"""Serving: real processes that answer, restart, refuse too much at once, and leave nothing behind."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from app import serving
from tests.tools.installation import ROOT, environment
from tests.tools.server import SERVE, Server, free_port, prepare, processes_of, running, start, stop, wait_for


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An installation that is set up."""
    folder = tmp_path_factory.mktemp("serving")
    prepare(f"sqlite:///{folder / 'wandelwerk.db'}", folder)
    return folder


@pytest.fixture(scope="module")
def url(folder: Path) -> str:
    return f"sqlite:///{folder / 'wandelwerk.db'}"


@pytest.fixture(scope="module")
def server(folder: Path, url: str) -> Iterator[Server]:
    """One running server for the tests that leave it as it is."""
    with running(url, folder, MAX_UPLOAD_MB="5", WEB_WORKERS="2") as server:
        yield server


def memory_mb(server: Server) -> float:
    """Resident memory of all its processes."""
    pages = 0
    for pid in server.processes():
        pages += int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1_000_000


def answers(server: Server) -> bool:
    try:
        return server.request("GET", "/sign-in").status == 200
    except OSError:
        return False


def connect(server: Server) -> socket.socket:
    return socket.create_connection(("127.0.0.1", server.port), timeout=10)


# --- it works


def test_pages_and_static_files_come_with_all_their_headers(server: Server) -> None:
    page = server.request("GET", "/sign-in")
    assert page.status == 200
    static = server.request("GET", "/static/favicon.ico")
    names = [p.relative_to(ROOT / "app").as_posix() for p in (ROOT / "app/static/dist").glob("app.*.css")]
    for answer in [page, static, *(server.request("GET", f"/{name}") for name in names)]:
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cross-origin-resource-policy"] == "same-origin"
    for name in names:
        assert server.request("GET", f"/{name}").headers["cache-control"].endswith("immutable")


def test_the_worker_runs_beside_the_web_server(server: Server) -> None:
    assert wait_for(lambda: server.request("GET", "/health").status == 200, 20)


# --- too much


def test_an_upload_over_the_limit_is_refused_before_it_is_sent(server: Server) -> None:
    with connect(server) as line:
        line.sendall(
            b"POST /sign-in HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 209715200\r\n"
            b"Content-Type: multipart/form-data; boundary=x\r\n\r\n--x\r\n"
        )
        assert line.recv(100).startswith(b"HTTP/1.1 413 ")


def test_an_upload_without_a_length_is_refused_at_the_limit_and_not_kept_in_memory(server: Server) -> None:
    before, sent, answer = memory_mb(server), 0, b""
    block = b"%x\r\n%b\r\n" % (1 << 20, b"x" * (1 << 20))
    with connect(server) as line:
        line.sendall(
            b"POST /sign-in HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n"
            b"Content-Type: multipart/form-data; boundary=x\r\n\r\n"
            b"3a\r\n--x\r\nContent-Disposition: form-data; name=f; filename=f\r\n\r\n\r\n"
        )
        line.setblocking(False)
        for _ in range(200):
            try:
                answer = line.recv(100)
                break
            except BlockingIOError:
                pass
            line.setblocking(True)
            try:
                line.sendall(block)
            except (ConnectionResetError, BrokenPipeError):
                break
            sent += 1
            line.setblocking(False)
        else:
            line.setblocking(True)
            answer = line.recv(100)
    assert answer.startswith((b"HTTP/1.1 413 ", b"HTTP/1.1 400 ", b"")), answer
    assert sent < 100
    assert memory_mb(server) - before < 60
    assert server.request("GET", "/sign-in").status == 200


def test_slow_uploads_do_not_stop_the_others(server: Server) -> None:
    # fewer than one process has threads: they may all meet the same one
    lines = [connect(server) for _ in range(serving.THREADS_PER_WORKER - 1)]
    try:
        for line in lines:
            line.sendall(
                b"POST /sign-in HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100000\r\n"
                b"Content-Type: application/x-www-form-urlencoded\r\n\r\nemail=a"
            )
        time.sleep(0.3)
        began = time.monotonic()
        for _ in range(6):
            assert server.request("GET", "/sign-in").status == 200
        assert time.monotonic() - began < 8  # one thread per process would wait for them
    finally:
        for line in lines:
            line.close()


def test_a_torn_off_request_leaves_the_server_well(server: Server) -> None:
    for _ in range(12):  # more than there are threads
        with connect(server) as line:
            line.sendall(
                b"POST /sign-in HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 5000\r\n"
                b"Content-Type: application/x-www-form-urlencoded\r\n\r\nemail=a"
            )
    assert server.request("GET", "/sign-in").status == 200


# --- addresses


def refused(url: str, folder: Path, host: str, port: int, **more: str) -> str:
    answer = subprocess.run(
        [sys.executable, "-c", SERVE, host, str(port)],
        env=os.environ | environment(url, folder, PYTHONPATH=str(ROOT), **more),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert answer.returncode != 0
    return answer.stderr.strip().splitlines()[-1]


def test_a_taken_port_is_named(server: Server, url: str, folder: Path) -> None:
    message = refused(url, folder, "127.0.0.1", server.port)
    assert f"--port='127.0.0.1:{server.port}'" in message
    assert "another program listens there" in message


def test_an_address_that_others_reach_needs_https(url: str, folder: Path) -> None:
    assert "https:// when serving on 0.0.0.0" in refused(url, folder, "0.0.0.0", free_port())  # noqa: S104 -- refused


def test_an_address_of_another_machine_is_refused(url: str, folder: Path) -> None:
    message = refused(url, folder, "192.0.2.1", free_port(), PUBLIC_URL="https://crm.example.org")
    assert "an address of this machine" in message


# --- ends


@pytest.mark.parametrize("how", [signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.long)])
def test_it_stops_cleanly_when_told(url: str, folder: Path, how: signal.Signals, tmp_path: Path) -> None:
    with running(url, own(folder, tmp_path)) as server:
        assert wait_for(lambda: len(server.processes()) == 5)
        server.process.send_signal(how)
        assert server.process.wait(timeout=12) == 0
        assert wait_for(lambda: not server.processes(), 2), server.processes()


def own(folder: Path, tmp_path: Path) -> Path:
    """A folder of the test's own, by which its processes are told apart."""
    (tmp_path / "secret_key").write_text("x" * 64)
    return tmp_path


def test_nothing_stays_when_the_parent_is_killed(url: str, folder: Path, tmp_path: Path) -> None:
    with running(url, own(folder, tmp_path)) as server:
        assert wait_for(lambda: len(server.processes()) == 5)
        server.process.kill()
        server.process.wait()
        assert wait_for(lambda: not processes_of(tmp_path), 12), processes_of(tmp_path)


@pytest.mark.long
@pytest.mark.parametrize("part", ["-m app.serving", "-m granian"])
def test_a_killed_process_comes_back(url: str, folder: Path, tmp_path: Path, part: str) -> None:
    with running(url, own(folder, tmp_path)) as server:
        assert wait_for(lambda: len(server.processes()) == 5)
        killed = server.pid_of(part)
        os.kill(killed, signal.SIGKILL)

        def back() -> bool:
            found = {pid for pid, command in server.processes().items() if part in command}
            return bool(found) and killed not in found

        assert wait_for(back, 20), server.processes()

        assert wait_for(lambda: answers(server), 20)
        assert stop(server) == 0


@pytest.mark.long
def test_a_killed_web_process_is_replaced_and_the_others_go_on(
    url: str, folder: Path, tmp_path: Path
) -> None:
    with running(url, own(folder, tmp_path)) as server:

        def web_processes() -> list[int]:
            return [pid for pid, command in server.processes().items() if "-m granian" in command]

        assert wait_for(lambda: len(web_processes()) == 3)
        killed = max(web_processes())
        os.kill(killed, signal.SIGKILL)
        assert wait_for(lambda: answers(server))
        assert wait_for(lambda: len(web_processes()) == 3 and killed not in web_processes())


def test_two_installations_run_side_by_side(server: Server, tmp_path: Path) -> None:
    other = f"sqlite:///{tmp_path / 'other.db'}"
    prepare(other, tmp_path)
    second = start(other, tmp_path)
    assert second.request("GET", "/sign-in").status == server.request("GET", "/sign-in").status == 200
    assert stop(second) == 0
