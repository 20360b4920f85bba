"""The temporary PostgreSQL is usable while it is asked for and gone afterwards, however the tests end."""

import shutil
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest

from tests.tools.postgres import temporary

ROOT = Path(__file__).resolve().parents[2]


def answers(url: str) -> bool:
    try:
        psycopg.connect(url.replace("+psycopg", ""), connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True


def test_it_may_create_databases_and_is_gone_afterwards() -> None:
    with temporary() as url, psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute("CREATE DATABASE another")
        assert connection.info.host == "127.0.0.1", "reachable from this machine only"
    assert not answers(url)


def test_it_stops_when_the_tests_are_killed() -> None:
    command = [
        sys.executable,
        "-m",
        "tests.tools.postgres",
        "sh",
        "-c",
        "echo $TEST_POSTGRES_URL; exec sleep 2",
    ]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as runner:
        assert runner.stdout is not None
        url = runner.stdout.readline().strip()
        with psycopg.connect(url.replace("+psycopg", "")) as connection:
            [data] = connection.execute("SHOW data_directory").fetchone() or [""]
        runner.kill()
    deadline = time.monotonic() + 10
    while answers(url):
        if time.monotonic() > deadline:
            pytest.fail("the server outlived the tests that started it")
        time.sleep(0.1)
    shutil.rmtree(Path(data).parent, ignore_errors=True)
