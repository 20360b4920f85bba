"""The worker: claims jobs by lease, runs their handlers, and gives a killed worker's jobs to the next one."""

from __future__ import annotations

import datetime as dt
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

import structlog
from flask import Flask, g
from flask_babel import force_locale
from flask_babel import gettext as _
from sqlalchemy import and_, or_, select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from app.db import Database, utcnow
from app.errors import RuleBroken
from app.history import Actor, act_as
from app.jobs import (
    Beat,
    Handler,
    Job,
    JobState,
    LeaseLost,
    TryAgain,
    beat,
    due_between,
    handler_of,
    order_scheduled,
)

LEASE: Final = dt.timedelta(seconds=30)
POLL_SECONDS: Final = 0.5
BEAT_SECONDS: Final = 15.0
LONGEST_BACKOFF: Final = 900.0
CATCH_UP: Final = dt.timedelta(hours=24)
OVERDUE_EXIT: Final = 70
log = structlog.get_logger()


def claim(session: Session) -> Job | None:
    """Take the next due job, or one whose worker stopped renewing its lease; the fence keeps that one out."""
    now = utcnow()
    due = or_(
        and_(Job.state == JobState.QUEUED, Job.run_after <= now),
        and_(Job.state == JobState.LEASED, Job.lease_until < now),
    )
    next_one = (
        select(Job.id).where(due).order_by(Job.run_after, Job.id).limit(1).with_for_update(skip_locked=True)
    )
    return session.scalar(
        update(Job)
        .where(Job.id == next_one.scalar_subquery())
        .values(
            state=JobState.LEASED,
            lease_until=now + LEASE,
            fence=Job.fence + 1,
            attempts=Job.attempts + 1,
            started_at=now,
        )
        .returning(Job)
    )


def _anything_due(session: Session) -> bool:
    now = utcnow()
    return bool(
        session.scalar(select(Job.id).where(Job.state == JobState.QUEUED, Job.run_after <= now).limit(1))
        or session.scalar(select(Job.id).where(Job.state == JobState.LEASED, Job.lease_until < now).limit(1))
    )


class Run:
    """One attempt at one job by this worker."""

    def __init__(self, database: Database, job: Job, on_overdue: Callable[[], None] | None) -> None:
        self.database, self.job, self.on_overdue = database, job, on_overdue
        self.handler: Handler = handler_of(job)
        self.log = log.bind(job=str(job.id), kind=job.kind, attempt=job.attempts)

    def renew(self, **values: Any) -> None:
        """Renew the lease, together with progress; LeaseLost when the job is not ours any more."""
        with self.database.writing() as session:
            renewed = session.scalar(
                update(Job)
                .where(Job.id == self.job.id, Job.fence == self.job.fence, Job.state == JobState.LEASED)
                .values(lease_until=utcnow() + LEASE, **values)
                .returning(Job.id)
            )
            if renewed is None:
                raise LeaseLost

    def progress(self, done: int, total: int, text: str = "") -> None:
        """Show how far the work is."""
        self.renew(progress_done=done, progress_total=total, progress_text=str(text)[:200])

    @contextmanager
    def heartbeat(self) -> Iterator[None]:
        """Renew the lease from a thread while the slow part runs, up to the handler's time limit."""
        over = threading.Event()
        thread = threading.Thread(target=self._keep_alive, args=(over,), daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()

    def _keep_alive(self, over: threading.Event) -> None:
        deadline = time.monotonic() + self.handler.time_limit
        while not over.wait(min(LEASE.total_seconds() / 3, max(deadline - time.monotonic(), 0))):
            if time.monotonic() >= deadline:
                self.log.error("job_overdue", seconds=self.handler.time_limit)
                if self.on_overdue is not None:
                    self.on_overdue()
                return
            try:
                self.renew()
                with self.database.writing() as session:
                    beat(session, "worker")
            except LeaseLost:
                return
            except DBAPIError as error:
                self.log.warning("lease_not_renewed", error=type(error).__name__)

    def work(self) -> None:
        """The slow part with a reading session, then the effects; `db.session` is the one at hand in each."""
        reader = g.db_session = self.database.new_session(reader=True)
        try:
            with self.heartbeat():
                prepared = self.handler.prepare(reader, self.job.payload, self.progress)
        finally:
            g.pop("db_session").close()
        with self.writing() as (session, job):
            job.result = self.handler.apply(session, job.payload, prepared)
            job.state, job.finished_at, job.lease_until = JobState.DONE, utcnow(), None
            job.error_code = job.error_text = None
            job.progress_done = job.progress_total

    @contextmanager
    def writing(self) -> Iterator[tuple[Session, Job]]:
        """A transaction that holds the job's row and is committed only while the fence is ours."""
        with self.database.writing() as session:
            actor_name = self.job.user_name or "Wandelwerk"
            act_as(session, Actor(self.job.user_id, actor_name, "job", self.job.kind))
            job = session.scalar(
                select(Job)
                .where(Job.id == self.job.id, Job.fence == self.job.fence, Job.state == JobState.LEASED)
                .with_for_update()
            )
            if job is None:
                raise LeaseLost
            g.db_session = session
            try:
                yield session, job
            finally:
                g.pop("db_session")

    def put_off(self, code: str, reason: str, after: float | None = None) -> None:
        """Queue the job again after a pause that doubles, or give it up after its last try."""
        if self.job.attempts >= self.job.max_attempts:
            self.give_up(code, reason)
            return
        pause = min(5.0 * 2**self.job.attempts, LONGEST_BACKOFF) if after is None else after
        with self.writing() as (_session, job):
            job.state, job.lease_until = JobState.QUEUED, None
            job.run_after = utcnow() + dt.timedelta(seconds=pause)
            job.error_code, job.error_text = code, reason
        self.log.warning("job_put_off", code=code, seconds=pause)

    def give_up(self, code: str, reason: str) -> None:
        """The job has failed; what waits for it is told in the same transaction."""
        with self.writing() as (session, job):
            job.state, job.finished_at, job.lease_until = JobState.FAILED, utcnow(), None
            job.error_code, job.error_text = code, reason
            self.handler.failed(session, job.payload, code, reason)
        self.log.error("job_failed", code=code)

    def attempt(self) -> None:
        """Do the job; every ending but a lost lease is written down with a reason a person understands."""
        if self.job.attempts > self.job.max_attempts:
            self.give_up("interrupted", _("The work was interrupted again and again."))
            return
        try:
            self.work()
        except LeaseLost:
            raise
        except RuleBroken as refusal:
            self.give_up(refusal.code, str(refusal))
        except TryAgain as later:
            self.put_off(later.code, str(later.message), later.after)
        except (DBAPIError, StaleDataError):
            self.log.warning("job_database_error", exc_info=True)
            self.put_off("database", _("The database could not be written to."))
        except Exception:
            self.log.exception("job_error")
            self.put_off("unexpected", _("Something unexpected happened; it stands in the log."))
        else:
            self.log.info("job_done")


def run_next(app: Flask, on_overdue: Callable[[], None] | None = None) -> bool:
    """Claim and run one due job; False when there is none."""
    database: Database = app.extensions["database"]
    reader = database.new_session(reader=True)
    try:
        if not _anything_due(reader):  # a look costs no write lock
            return False
    finally:
        reader.close()
    with database.writing() as session:
        job = claim(session)
    if job is None:
        return False
    reference = structlog.contextvars.bound_contextvars(reference=str(job.id)[-8:].upper())
    with app.app_context(), force_locale(job.language), reference:
        run = Run(database, job, on_overdue)
        try:
            run.attempt()
        except LeaseLost:
            run.log.warning("job_lease_lost")
    return True


def run_pending(app: Flask) -> int:
    """Run all due jobs, one after the other, in this process; how many were run."""
    count = 0
    while run_next(app):
        count += 1
    return count


class Schedule:
    """Turns what the clock asks for into jobs, each due moment once, whoever asks."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.checked: dt.datetime | None = None

    def order_due(self, now: dt.datetime | None = None) -> None:
        """Enqueue what came due since the last look; at start, since the last worker's heartbeat."""
        now = now or utcnow()
        if self.checked is not None and now < self.checked + dt.timedelta(minutes=1):
            return
        with self.database.writing() as session:
            last = session.get(Beat, "schedule")
            after = max(last.at if last else now - dt.timedelta(minutes=1), now - CATCH_UP)
            for kind, moment in due_between(after, now).items():
                order_scheduled(session, kind, moment)
            beat(session, "schedule", now)
        self.checked = now.replace(second=0, microsecond=0)


def run_worker(app: Flask, stop: threading.Event) -> None:
    """Work until told to stop; the job at hand is finished first."""
    database: Database = app.extensions["database"]
    schedule = Schedule(database)
    next_beat = 0.0
    log.info("worker_started", pid=os.getpid())
    while not stop.is_set():
        try:
            if time.monotonic() >= next_beat:
                with database.writing() as session:
                    beat(session, "worker")
                next_beat = time.monotonic() + BEAT_SECONDS
            schedule.order_due()
            while not stop.is_set() and run_next(app, on_overdue=lambda: os._exit(OVERDUE_EXIT)):
                pass
        except DBAPIError as error:
            log.error("worker_database_error", error=type(error.orig).__name__)
            stop.wait(POLL_SECONDS * 4)
        stop.wait(POLL_SECONDS)
    log.info("worker_stopped", pid=os.getpid())
