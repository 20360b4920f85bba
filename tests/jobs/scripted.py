"""A job whose steps a test can script, and what tests do with jobs."""

from __future__ import annotations

import uuid
from typing import Any

from flask import Flask
from sqlalchemy.orm import Session

from app import db, jobs, worker
from app.jobs import Handler, Job, Progress, handler


class Script:
    """What the test handler does and what it saw."""

    def __init__(self) -> None:
        self.prepared = 0
        self.wrong: Exception | None = None
        self.wrong_in_apply: Exception | None = None
        self.on_prepare: Any = None
        self.on_apply: Any = None
        self.told: list[tuple[str, str]] = []


script = Script()


@handler("test.count", max_attempts=3)
class Count(Handler):
    """Adds one to a counter: an effect that can be counted."""

    def prepare(self, session: Session, payload: dict[str, Any], progress: Progress) -> Any:
        script.prepared += 1
        progress(1, 4, "half way to the middle")
        if script.on_prepare is not None:
            script.on_prepare(self, session, progress)
        if script.wrong is not None:
            raise script.wrong
        return payload["by"]

    def apply(self, session: Session, payload: dict[str, Any], prepared: Any) -> dict[str, Any]:
        counter = session.get_one(db.Counter, "effects", with_for_update=True)
        counter.value += prepared
        if script.on_apply is not None:
            script.on_apply(session)
        if script.wrong_in_apply is not None:
            raise script.wrong_in_apply
        return {"value": counter.value}

    def failed(self, session: Session, payload: dict[str, Any], code: str, reason: str) -> None:
        script.told.append((code, reason))


def order(app: Flask, **options: Any) -> uuid.UUID:
    with app.app_context(), db.database().writing() as session:
        return jobs.enqueue(session, "test.count", {"by": 1}, **options).id


def look(app: Flask, job_id: uuid.UUID) -> Job:
    with app.app_context(), db.database().writing() as session:
        found = jobs.job(session, job_id)
        assert found is not None
        return found


def change(app: Flask, job_id: uuid.UUID, **values: Any) -> None:
    with app.app_context(), db.database().writing() as session:
        job = session.get_one(Job, job_id)
        for name, value in values.items():
            setattr(job, name, value)


def effects(app: Flask) -> int:
    with app.app_context(), db.database().writing() as session:
        return session.get_one(db.Counter, "effects").value


def claimed(app: Flask) -> worker.Run:
    with app.app_context(), db.database().writing() as session:
        job = worker.claim(session)
    assert job is not None
    return worker.Run(app.extensions["database"], job, None)
