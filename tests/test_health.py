"""Health: says what works, what does not, and what needs a person."""

from __future__ import annotations

import datetime as dt
from collections import namedtuple
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory
from flask import Flask
from sqlalchemy import text

from app import db, health, jobs
from app.jobs import Job, JobState
from app.mail import MailState, OutboxMail
from tests.tools.installation import own_database, plumbing_app


@pytest.fixture(autouse=True)
def _rolled_back() -> None:
    """These tests have a database of their own."""


@pytest.fixture
def app(engine: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Flask]:
    """An installation at the newest revision whose worker has just been heard of."""
    server = request.getfixturevalue("postgres_url") if engine == "postgresql" else None
    with (
        own_database(engine, server, tmp_path) as url,
        plumbing_app(url, tmp_path) as plumbing,
        plumbing.app_context(),
    ):
        with db.database().writing() as session:
            session.execute(text("create table alembic_version (version_num varchar(32))"))
            newest = {"newest": health.newest_revision()}
            session.execute(text("insert into alembic_version values (:newest)"), newest)
        beat("worker")
        beat("backup")
        yield plumbing


def beat(name: str, ago: dt.timedelta = dt.timedelta()) -> None:
    with db.database().writing() as session:
        jobs.beat(session, name, db.utcnow() - ago)


def test_the_expected_revision_is_alembics() -> None:
    scripts = ScriptDirectory(str(Path(health.__file__).parent.parent / "migrations"))
    assert health.newest_revision() == scripts.get_current_head()


def test_a_well_installation_is_ok(app: Flask) -> None:
    state = health.health(app)
    assert (state["ok"], state["warnings"]) == (True, [])
    assert state["database"]["at_head"] is True
    assert state["worker"] == {"running": True, "seen_seconds_ago": 0, "late_jobs": 0, "failed_jobs": 0}


def test_a_silent_worker_is_not_ok(app: Flask) -> None:
    beat("worker", dt.timedelta(seconds=61))
    state = health.health(app)
    assert (state["ok"], state["warnings"]) == (False, ["worker_silent"])


def test_what_needs_a_person_is_named(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    beat("backup", dt.timedelta(days=8))
    now = db.utcnow()
    with db.database().writing() as session:
        session.add(Job(kind="mail.send", payload={}, state=JobState.FAILED))
        session.add(Job(kind="mail.send", payload={}, run_after=now - dt.timedelta(minutes=11)))
        mail = dict.fromkeys(("message_id", "sender", "recipient", "subject", "text", "template"), "x")
        session.add(OutboxMail(**mail, language="de", state=MailState.UNKNOWN))
    usage = namedtuple("usage", "total used free")(10**9, 10**9 - 1, 1)  # noqa: PYI024 -- like shutil's own
    monkeypatch.setattr(health.shutil, "disk_usage", lambda _path: usage)
    state = health.health(app)
    assert state["ok"] is True
    assert state["warnings"] == [
        *("jobs_late", "jobs_failed", "mails_undelivered", "disk_nearly_full", "backup_old")
    ]


def test_an_older_schema_is_not_ok(app: Flask) -> None:
    with db.database().writing() as session:
        session.execute(text("update alembic_version set version_num = '0000'"))
    state = health.health(app)
    assert (state["ok"], state["database"]["at_head"]) == (False, False)


def test_a_database_that_is_gone_is_not_ok(app: Flask, tmp_path: Path) -> None:
    app.extensions["database"].engine.dispose()
    app.extensions["database"] = db.Database(f"sqlite:///{tmp_path / 'no' / 'such' / 'folder.db'}")
    state = health.health(app)
    assert (state["ok"], state["database"]) == (False, {"reachable": False, "error": "OperationalError"})
