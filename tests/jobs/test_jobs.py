"""Jobs: written with what causes them, run once, handed on when a worker dies, failed with a reason."""

from __future__ import annotations

import datetime as dt
import threading
import time
import uuid
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from app import db, history, jobs, worker
from app.errors import RuleBroken
from app.jobs import Handler, Job, JobState, LeaseLost, Progress, TryAgain
from tests.jobs.scripted import Count, change, claimed, effects, look, order, script

# --- it works


def test_a_job_runs_once_and_keeps_its_result(app: Flask) -> None:
    job_id = order(app)
    assert worker.run_pending(app) == 1
    job = look(app, job_id)
    assert (job.state, job.result, job.attempts) == (JobState.DONE, {"value": 1}, 1)
    assert (job.progress_done, job.progress_total) == (4, 4)
    assert job.finished_at is not None
    assert worker.run_pending(app) == 0
    assert effects(app) == 1


def test_a_job_belongs_to_the_transaction_that_orders_it(app: Flask) -> None:
    with app.app_context():
        session = db.database().new_session()
        jobs.enqueue(session, "test.count", {"by": 1})
        session.rollback()
        session.close()
    assert worker.run_pending(app) == 0


def test_the_job_acts_for_the_person_who_asked(app: Flask) -> None:
    person = uuid.uuid4()
    with app.app_context(), db.database().writing() as session:
        history.act_as(session, history.Actor(person, "Jana Brandt"))
        job_id = jobs.enqueue(session, "test.count", {"by": 1}).id
    seen: list[history.Actor] = []
    with (
        app.app_context(),
        worker.Run(app.extensions["database"], claimed(app).job, None).writing() as (s, _),
    ):
        seen.append(s.info["actor"])
    assert seen == [history.Actor(person, "Jana Brandt", "job", "test.count")]
    assert look(app, job_id).user_id == person


def test_progress_is_visible_while_the_slow_part_runs(app: Flask) -> None:
    job_id, seen = order(app), []
    script.on_prepare = lambda *_: seen.append(look(app, job_id))
    worker.run_pending(app)
    assert [(j.state, j.progress_done, j.progress_total, j.progress_text) for j in seen] == [
        (JobState.LEASED, 1, 4, "half way to the middle")
    ]


def test_the_slow_part_cannot_write(app: Flask) -> None:
    order(app)

    def write(_handler: Handler, session: Session, _progress: Progress) -> None:
        session.add(db.Counter(name="forbidden", value=1))
        session.flush()

    script.on_prepare = write
    worker.run_pending(app)
    with app.app_context(), db.database().writing() as session:
        assert session.get(db.Counter, "forbidden") is None


def test_the_sessions_of_both_steps_are_the_applications_session(app: Flask) -> None:
    """A second session beside them would wait for the write lock that the first one holds."""
    order(app)
    seen = []
    script.on_prepare = lambda _handler, session, _progress: seen.append(session is db._current_session())
    script.on_apply = lambda session: seen.append(session is db._current_session())
    worker.run_pending(app)
    assert seen == [True, True]


def test_one_live_job_per_key(app: Flask) -> None:
    first = order(app, unique_key="report:7")
    assert order(app, unique_key="report:7") == first
    worker.run_pending(app)
    assert order(app, unique_key="report:7") != first


def test_two_asking_at_once_get_the_same_job(app: Flask) -> None:
    start, found = threading.Barrier(6), []

    def ask() -> None:
        start.wait()
        found.append(order(app, unique_key="report:7"))

    threads = [threading.Thread(target=ask) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 6
    assert len(set(found)) == 1


def test_many_workers_share_the_work_without_doing_any_twice(app: Flask) -> None:
    for _ in range(40):
        order(app)
    threads = [threading.Thread(target=worker.run_pending, args=(app,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    worker.run_pending(app)
    assert effects(app) == 40
    assert script.prepared == 40


# --- workers that die or are too slow


def test_a_dead_workers_job_is_run_again_when_its_lease_is_over(app: Flask) -> None:
    job_id = order(app)
    claimed(app)  # this worker is never heard of again
    assert worker.run_pending(app) == 0
    change(app, job_id, lease_until=db.utcnow() - dt.timedelta(seconds=1))
    assert worker.run_pending(app) == 1
    assert (look(app, job_id).state, effects(app)) == (JobState.DONE, 1)


def test_a_worker_that_was_thought_dead_has_no_effects(app: Flask) -> None:
    job_id = order(app)
    slow = claimed(app)
    change(app, job_id, lease_until=db.utcnow() - dt.timedelta(seconds=1))
    assert worker.run_pending(app) == 1
    with app.app_context(), pytest.raises(LeaseLost):
        slow.attempt()
    assert effects(app) == 1


def test_a_fence_in_the_middle_of_the_slow_part_stops_the_effects(app: Flask) -> None:
    job_id = order(app)

    def taken_over(*_: Any) -> None:
        change(app, job_id, fence=99)

    script.on_prepare = taken_over
    worker.run_next(app)
    assert effects(app) == 0


def test_a_job_that_kills_its_workers_is_given_up(app: Flask) -> None:
    job_id = order(app)
    for _ in range(3):
        claimed(app)
        change(app, job_id, lease_until=db.utcnow() - dt.timedelta(seconds=1))
    worker.run_pending(app)
    job = look(app, job_id)
    assert (job.state, job.error_code) == (JobState.FAILED, "interrupted")
    assert script.prepared == 0


def test_the_lease_is_renewed_while_the_slow_part_runs(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "LEASE", dt.timedelta(seconds=0.6))
    job_id = order(app)
    script.on_prepare = lambda *_: time.sleep(1.5)
    thread = threading.Thread(target=worker.run_next, args=(app,))
    thread.start()
    time.sleep(1.2)  # two leases later the job is still held
    assert worker.run_next(app) is False
    thread.join()
    assert (look(app, job_id).state, effects(app)) == (JobState.DONE, 1)


def test_a_handler_over_its_time_limit_ends_its_worker(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Count, "time_limit", 0.2)
    order(app)
    ended = threading.Event()
    script.on_prepare = lambda *_: ended.wait(5)
    worker.run_next(app, on_overdue=ended.set)
    assert ended.is_set()


# --- failures


def test_a_refusal_fails_at_once_with_its_reason(app: Flask) -> None:
    job_id = order(app)
    script.wrong = RuleBroken("no_answers", "Nothing is rated yet.", way_out="Rate a dimension.")
    worker.run_pending(app)
    job = look(app, job_id)
    assert (job.state, job.error_code) == (JobState.FAILED, "no_answers")
    assert job.error_text == "Nothing is rated yet. Rate a dimension."
    assert script.told == [("no_answers", "Nothing is rated yet. Rate a dimension.")]


def test_a_passing_trouble_is_retried_with_growing_pauses_then_fails(app: Flask) -> None:
    job_id, pauses = order(app), []
    script.wrong = TryAgain("printer", "The printer is away.")
    for _ in range(3):
        assert worker.run_pending(app) == 1
        job = look(app, job_id)
        pauses.append((job.run_after - db.utcnow()).total_seconds())
        change(app, job_id, run_after=db.utcnow())
    assert [round(p) for p in pauses[:2]] == [10, 20]
    assert (job.state, job.error_code, job.attempts) == (JobState.FAILED, "printer", 3)
    assert script.told == [("printer", "The printer is away.")]


@pytest.mark.parametrize(
    "wrong", [KeyError("secret-value"), OperationalError("select", {}, Exception("gone"))]
)
def test_an_unexpected_error_is_retried_and_its_effects_are_rolled_back(app: Flask, wrong: Exception) -> None:
    job_id = order(app)
    script.wrong_in_apply = wrong
    worker.run_pending(app)
    job = look(app, job_id)
    assert (job.state, effects(app)) == (JobState.QUEUED, 0)
    assert "secret-value" not in (job.error_text or "")
    script.wrong_in_apply = None
    change(app, job_id, run_after=db.utcnow())
    worker.run_pending(app)
    assert (look(app, job_id).state, effects(app)) == (JobState.DONE, 1)
    assert look(app, job_id).error_text is None


def test_a_failed_job_can_be_started_again(app: Flask) -> None:
    job_id = order(app)
    script.wrong = RuleBroken("no", "No.")
    worker.run_pending(app)
    script.wrong = None
    with app.app_context(), db.database().writing() as session:
        jobs.retry(session, session.get_one(Job, job_id))
    worker.run_pending(app)
    assert look(app, job_id).state == JobState.DONE
    with (
        app.app_context(),
        db.database().writing() as session,
        pytest.raises(RuleBroken) as refusal,
    ):
        jobs.retry(session, session.get_one(Job, job_id))
    assert refusal.value.code == "job_not_failed"


def test_a_cancelled_job_has_no_effects_even_when_a_worker_is_at_it(app: Flask) -> None:
    job_id = order(app)
    run = claimed(app)
    with app.app_context(), db.database().writing() as session:
        jobs.cancel(session, session.get_one(Job, job_id))
    with app.app_context(), pytest.raises(LeaseLost):
        run.attempt()
    assert (look(app, job_id).state, effects(app)) == (JobState.CANCELLED, 0)
