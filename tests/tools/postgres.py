"""A PostgreSQL server that lives only as long as the tests: `with temporary() as url`."""

import contextlib
import ctypes
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg

INSTALL = "sudo apt-get install --yes --no-install-recommends postgresql"
START_WITHIN_SECONDS = 30
NAME = "wandelwerk"
# Nothing in this server outlives the tests, so it need not survive a power cut.
SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "listen_addresses": "127.0.0.1",
    "max_connections": "200",
    "shared_buffers": "64MB",
    "timezone": "UTC",
}


class PostgresMissing(Exception):
    """No server program on this machine; the message says how to get one."""


def binaries() -> Path:
    """The folder of the newest installed server's programs, which Debian keeps out of the PATH."""
    found = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda program: int(program.parts[-3])
    )
    if found:
        return found[-1].parent
    if on_path := shutil.which("initdb"):
        return Path(on_path).resolve().parent
    raise PostgresMissing(f"The tests need a PostgreSQL server: {INSTALL}")


def _owner() -> pwd.struct_passwd:
    """The user the server runs as: it refuses to run as root, so root hands it to a user without rights."""
    if os.geteuid() != 0:
        return pwd.getpwuid(os.geteuid())
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
    raise PostgresMissing("PostgreSQL refuses to run as root, and there is no user “postgres” or “nobody”.")


def _die_with_parent() -> None:
    """Have the kernel stop the server (SIGINT: fast shutdown) even when these tests are killed outright."""
    set_parent_death_signal = 1
    ctypes.CDLL(None).prctl(set_parent_death_signal, signal.SIGINT)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _identity(owner: pwd.struct_passwd) -> dict[str, Any]:
    if os.geteuid() != 0:
        return {}
    return {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []}


def _start(folder: Path, port: int, owner: pwd.struct_passwd) -> subprocess.Popen[bytes]:
    settings = {**SETTINGS, "port": str(port), "unix_socket_directories": str(folder)}
    # Its own session: Ctrl-C must reach the tests first, which still need the server to end cleanly.
    with (folder / "log").open("ab") as log:
        return subprocess.Popen(
            [binaries() / "postgres", "-D", folder / "data", *(f"--{k}={v}" for k, v in settings.items())],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            preexec_fn=_die_with_parent,  # noqa: PLW1509 -- touches nothing that a thread could hold
            **_identity(owner),
        )


def _create_database(port: int, password: str) -> None:
    with psycopg.connect(
        host="127.0.0.1", port=port, user=NAME, password=password, dbname="postgres", autocommit=True
    ) as connection:
        connection.execute(f"CREATE DATABASE {NAME}")


def _answers(server: subprocess.Popen[bytes], port: int, password: str) -> bool:
    """True once it does, False when it ended (another program took the port) or stays silent."""
    deadline = time.monotonic() + START_WITHIN_SECONDS
    while time.monotonic() < deadline:
        if server.poll() is not None:
            return False
        try:
            _create_database(port, password)
        except psycopg.OperationalError:
            time.sleep(0.05)
        else:
            return True
    _stop(server)
    return False


def _stop(server: subprocess.Popen[bytes]) -> None:
    server.send_signal(signal.SIGINT)
    try:
        server.wait(timeout=20)
    except subprocess.TimeoutExpired:
        server.send_signal(signal.SIGQUIT)
        server.wait(timeout=20)


def _initialise(folder: Path, password: str, owner: pwd.struct_passwd) -> None:
    password_file = folder / "password"
    password_file.write_text(password)
    os.chown(folder, owner.pw_uid, owner.pw_gid)
    os.chown(password_file, owner.pw_uid, owner.pw_gid)
    subprocess.run(
        [
            *(binaries() / "initdb", "--pgdata", folder / "data"),
            *("--username", NAME, "--pwfile", password_file),
            *("--auth", "scram-sha-256", "--encoding", "UTF8", "--locale", "C.UTF-8", "--no-sync"),
        ],
        cwd=folder,
        check=True,
        capture_output=True,
        env={"PATH": os.environ["PATH"], "LANG": "C.UTF-8"},
        **_identity(owner),
    )


@contextlib.contextmanager
def temporary() -> Iterator[str]:
    """Start a server, give its address (an empty database, rights to create more), stop and remove it."""
    with tempfile.TemporaryDirectory(prefix="ww-pg-", ignore_cleanup_errors=True) as name:
        folder, password, owner = Path(name), secrets.token_hex(16), _owner()
        _initialise(folder, password, owner)
        for _ in range(3):
            port = _free_port()
            server = _start(folder, port, owner)
            if _answers(server, port, password):
                break
        else:
            raise RuntimeError("PostgreSQL does not start: " + (folder / "log").read_text()[-2000:])
        try:
            yield f"postgresql+psycopg://{NAME}:{password}@127.0.0.1:{port}/{NAME}"
        finally:
            _stop(server)


def main(command: list[str]) -> int:
    if not command:
        print("usage: python -m tests.tools.postgres COMMAND…  (the command finds TEST_POSTGRES_URL)")
        return 2
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        with temporary() as url:
            environment = {**os.environ, "TEST_POSTGRES_URL": url}
            return subprocess.run(command, env=environment, check=False).returncode
    except PostgresMissing as missing:
        print(missing, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
