"""Workers are killed in the middle of jobs: no job is lost, and none has its effects twice."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select

import tests.long.worker_program  # noqa: F401 -- registers the kinds of jobs
from app import db, jobs
from app.jobs import Job, JobState
from tests.long import report
from tests.tools.installation import ROOT, environment, own_database, plumbing_app

pytestmark = pytest.mark.long
JOBS = 400
KILLS = 40


def start_worker(url: str, folder: Path) -> subprocess.Popen[str]:
    worker = subprocess.Popen(
        [sys.executable, "-m", "tests.long.worker_program"],
        env=os.environ | environment(url, folder, PYTHONPATH=str(ROOT)),
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert worker.stdout is not None
    assert worker.stdout.readline() == "ready\n"
    worker.stdout.close()
    return worker


def undone(app: Flask) -> int:
    with app.app_context(), db.database().writing() as session:
        return session.scalar(select(func.count(Job.id)).where(Job.state != JobState.DONE)) or 0


def effects_under_kills(app: Flask, url: str, folder: Path, kind: str, count: int, kills: int) -> list[int]:
    """Have `count` jobs done by two workers of which `kills` are killed; how often each had its effect."""
    rng = random.Random(5)  # noqa: S311 -- whom and when to kill
    names = [f"{kind}-{n}" for n in range(count)]
    with app.app_context(), db.database().writing() as session:
        for name in names:
            session.add(db.Counter(name=name, value=0))
            jobs.enqueue(session, kind, {"name": name})
    workers = [start_worker(url, folder) for _ in range(2)]
    try:
        for _ in range(kills):
            time.sleep(rng.uniform(0.05, 0.4))
            victim = rng.randrange(2)
            workers[victim].kill()
            workers[victim].wait()
            workers[victim] = start_worker(url, folder)
            if undone(app) == 0:
                break
        deadline = time.monotonic() + 120
        while undone(app) and time.monotonic() < deadline:
            time.sleep(0.1)
    finally:
        for worker in workers:
            worker.kill()
            worker.wait()
    with app.app_context(), db.database().writing() as session:
        return [session.get_one(db.Counter, name).value for name in names]


def test_no_job_is_lost_or_done_twice(engine: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    server = request.getfixturevalue("postgres_url") if engine == "postgresql" else None
    with own_database(engine, server, tmp_path) as url, plumbing_app(url, tmp_path) as app:
        effects = effects_under_kills(app, url, tmp_path, "kill.fenced", JOBS, KILLS)
        assert undone(app) == 0
        assert effects == [1] * JOBS
        again = _runs_again(app)
        control = effects_under_kills(app, url, tmp_path, "kill.unfenced", JOBS // 2, KILLS // 2)
        assert max(control) > 1, "without the fence effects happen twice, else the kills hit nothing"
        assert undone(app) == 0
    report(f"{engine}: {KILLS} kills, {JOBS} jobs with one effect each, {again} of them run again")


def _runs_again(app: Flask) -> int:
    """How many jobs the kills hit: they were run again."""
    with app.app_context(), db.database().writing() as session:
        hit = session.scalar(select(func.count(Job.id)).where(Job.attempts > 1)) or 0
    assert hit > KILLS // 4
    return hit
