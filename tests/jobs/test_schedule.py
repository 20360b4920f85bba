"""Scheduled work: once per due moment, caught up after a pause; the worker that carries it."""

from __future__ import annotations

import datetime as dt
import threading
import time

import pytest
from flask import Flask
from sqlalchemy import select

from app import db, jobs, worker
from app.jobs import Beat, Job, JobState
from tests.jobs.scripted import change, look, order


def test_scheduled_work_is_ordered_once_per_due_moment_by_many_workers(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "clock", jobs.huey.MemoryHuey(results=False))
    jobs.scheduled("test.count", minute="5", hour="3")
    night = dt.datetime(2026, 11, 21, 3, 4, 30, tzinfo=dt.UTC)
    with app.app_context(), db.database().writing() as session:
        jobs.beat(session, "schedule", night)
    for _ in range(3):
        worker.Schedule(app.extensions["database"]).order_due(night + dt.timedelta(minutes=1))
    with app.app_context(), db.database().writing() as session:
        assert session.scalars(select(Job.kind)).all() == ["test.count"]


def test_work_missed_while_no_worker_ran_is_caught_up_once(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "clock", jobs.huey.MemoryHuey(results=False))
    jobs.scheduled("test.count", minute="0")
    monday = dt.datetime(2026, 11, 23, 8, 30, tzinfo=dt.UTC)
    with app.app_context(), db.database().writing() as session:
        jobs.beat(session, "schedule", monday - dt.timedelta(days=3))
    schedule = worker.Schedule(app.extensions["database"])
    schedule.order_due(monday)
    schedule.order_due(monday + dt.timedelta(minutes=2))
    with app.app_context(), db.database().writing() as session:
        assert len(session.scalars(select(Job)).all()) == 1


def test_old_jobs_are_cleaned_up(app: Flask) -> None:
    old, failed, young = order(app), order(app), order(app)
    month = db.utcnow() - dt.timedelta(days=31)
    change(app, old, state=JobState.DONE, finished_at=month)
    change(app, failed, state=JobState.FAILED, finished_at=month)
    change(app, young, state=JobState.DONE, finished_at=db.utcnow())
    with app.app_context(), db.database().writing() as session:
        jobs.enqueue(session, "jobs.clean_up", {})
    worker.run_pending(app)
    with app.app_context(), db.database().writing() as session:
        left = session.scalars(select(Job.id).where(Job.kind == "test.count")).all()
    assert set(left) == {failed, young}


def test_the_worker_works_shows_its_heartbeat_and_stops_when_told(app: Flask) -> None:
    job_id = order(app)
    stop = threading.Event()
    thread = threading.Thread(target=worker.run_worker, args=(app, stop))
    thread.start()
    deadline = time.monotonic() + 10
    while look(app, job_id).state != JobState.DONE and time.monotonic() < deadline:
        time.sleep(0.02)
    second = order(app)  # the worker sleeps now and must find this by itself
    while look(app, second).state != JobState.DONE and time.monotonic() < deadline:
        time.sleep(0.02)
    stop.set()
    thread.join(5)
    assert not thread.is_alive()
    assert look(app, second).state == JobState.DONE
    with app.app_context(), db.database().writing() as session:
        beat = session.get_one(Beat, "worker")
    assert db.utcnow() - beat.at < dt.timedelta(seconds=15)
