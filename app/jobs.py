"""Background work: durable job records, written in the transaction that causes them, and their handlers."""

from __future__ import annotations

import datetime as dt
import enum
import uuid
from collections.abc import Callable
from contextlib import suppress
from typing import Any, ClassVar, Final, Protocol, TypeVar

import huey
from flask import Flask, has_request_context
from flask_babel import gettext as _
from sqlalchemy import Index, String, Text, delete, or_, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.db import Base, Id, Str60, Str200, enum_column, utcnow
from app.errors import RuleBroken
from app.history import SYSTEM, Actor
from app.i18n import language

KEEP_DONE: Final = dt.timedelta(days=30)
LIVE: Final = text("state IN ('queued', 'leased')")


class JobState(enum.StrEnum):
    """Where a job is on its way."""

    QUEUED = "queued"
    LEASED = "leased"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Job(Base):
    """Work to be done once. The row is the truth: a worker holds it by lease, its effects need its fence."""

    __tablename__ = "jobs"
    __table_args__ = (
        Index(None, "state", "run_after"),
        Index(None, "company_id", "created_at"),
        Index("uq_jobs_live_unique_key", "unique_key", unique=True, sqlite_where=LIVE, postgresql_where=LIVE),
    )
    tracked = False
    id: Mapped[Id]
    kind: Mapped[Str60]
    payload: Mapped[dict[str, Any]]
    state: Mapped[JobState] = enum_column(JobState, default=JobState.QUEUED)
    unique_key: Mapped[str | None] = mapped_column(String(200))
    user_id: Mapped[uuid.UUID | None]
    user_name: Mapped[Str200] = mapped_column(default="")
    company_id: Mapped[uuid.UUID | None]
    language: Mapped[str] = mapped_column(String(2), default="de")
    attempts: Mapped[int] = mapped_column(default=0)
    max_attempts: Mapped[int] = mapped_column(default=5)
    run_after: Mapped[dt.datetime] = mapped_column(default=utcnow)
    lease_until: Mapped[dt.datetime | None]
    fence: Mapped[int] = mapped_column(default=0)
    progress_done: Mapped[int] = mapped_column(default=0)
    progress_total: Mapped[int] = mapped_column(default=0)
    progress_text: Mapped[Str200] = mapped_column(default="")
    result: Mapped[dict[str, Any] | None]
    error_code: Mapped[str | None] = mapped_column(String(60))
    error_text: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[dt.datetime] = mapped_column(default=utcnow)
    started_at: Mapped[dt.datetime | None]
    finished_at: Mapped[dt.datetime | None]


class Beat(Base):
    """When something last happened that operations must know: the worker's heartbeat, a backup."""

    __tablename__ = "beats"
    tracked = False
    transient = True
    name: Mapped[Str60] = mapped_column(primary_key=True)
    at: Mapped[dt.datetime]


class TryAgain(Exception):
    """A handler cannot work now: the job runs again later and fails with this reason after its last try."""

    def __init__(self, code: str, message: Any, *, after: float | None = None) -> None:
        super().__init__(code)
        self.code, self.message, self.after = code, message, after


class LeaseLost(Exception):
    """The job is no longer ours: another worker has it, or it was cancelled."""


class Progress(Protocol):
    """Tells the person who waits how far the work is; raises LeaseLost when it is no longer wanted."""

    def __call__(self, done: int, total: int, text: str = "") -> None: ...


class Handler:
    """How one kind of job is done: slow work without a write transaction, then its effects in a short one."""

    kind: ClassVar[str] = ""
    max_attempts: ClassVar[int] = 5
    time_limit: ClassVar[float] = 600

    def __init__(self, job: Job) -> None:
        self.job = job

    def prepare(self, session: Session, payload: dict[str, Any], progress: Progress) -> Any:
        """The slow part; `session` only reads. It may run more than once and must leave no effects."""

    def apply(self, session: Session, payload: dict[str, Any], prepared: Any) -> dict[str, Any]:
        """The effects, in the transaction that also marks the job as done; returns the job's result."""
        raise NotImplementedError

    def failed(self, session: Session, payload: dict[str, Any], code: str, reason: str) -> None:
        """Called in the transaction that gives the job up."""


_handlers: dict[str, type[Handler]] = {}
_H = TypeVar("_H", bound=type[Handler])


def handler(kind: str, *, max_attempts: int = 5, time_limit: float = 600) -> Callable[[_H], _H]:
    """Register a Handler class for a kind of job."""

    def register(cls: _H) -> _H:
        if kind in _handlers and _handlers[kind].__qualname__ != cls.__qualname__:
            raise ValueError(f"job kind {kind!r} has a handler already")
        cls.kind, cls.max_attempts, cls.time_limit = kind, max_attempts, time_limit
        _handlers[kind] = cls
        return cls

    return register


def handler_of(job: Job) -> Handler:
    """The handler that does this job."""
    return _handlers[job.kind](job)


def enqueue(
    session: Session,
    kind: str,
    payload: dict[str, Any],
    *,
    user_id: uuid.UUID | None = None,
    company_id: uuid.UUID | None = None,
    unique_key: str | None = None,
    run_after: dt.datetime | None = None,
    id: uuid.UUID | None = None,  # noqa: A002 -- the column's name
) -> Job:
    """Order work in the caller's transaction: it starts after the commit and not at all after a rollback.

    With `unique_key` there is one live job: asking again returns it.
    """
    if unique_key is not None and (live := _live(session, unique_key)) is not None:
        return live
    actor: Actor = session.info.get("actor", SYSTEM)
    job = Job(
        kind=kind,
        payload=payload,
        max_attempts=_handlers[kind].max_attempts,
        user_id=user_id or actor.id,
        user_name=actor.name,
        company_id=company_id,
        language=language() if has_request_context() else "de",
        unique_key=unique_key,
        run_after=run_after or utcnow(),
    )
    if id is not None:
        job.id = id
    try:
        with session.begin_nested():
            session.add(job)
    except IntegrityError:
        live = _live(session, unique_key) if unique_key is not None else None
        if live is None:
            raise
        return live
    return job


def _live(session: Session, unique_key: str) -> Job | None:
    return session.scalar(
        select(Job).where(Job.unique_key == unique_key, Job.state.in_((JobState.QUEUED, JobState.LEASED)))
    )


def job(session: Session, job_id: uuid.UUID) -> Job | None:
    """A job as it stands now; whoever shows it asks first whether the reader may see its company."""
    return session.get(Job, job_id, populate_existing=True)


def retry(session: Session, job: Job) -> None:
    """Run a job again that was given up or cancelled."""
    if job.state not in (JobState.FAILED, JobState.CANCELLED):
        raise RuleBroken("job_not_failed", _("Only failed work can be started again."), value=job.state)
    if job.unique_key is not None and _live(session, job.unique_key) is not None:
        raise RuleBroken("job_running", _("The same work has been started again already."))
    job.state, job.attempts, job.run_after = JobState.QUEUED, 0, utcnow()
    job.error_code = job.error_text = job.finished_at = None
    job.progress_done, job.progress_text = 0, ""


def cancel(session: Session, job: Job) -> None:
    """Stop a job before its effects: a worker that is at it finds its fence outdated."""
    session.refresh(job, with_for_update=True)
    if job.state not in (JobState.QUEUED, JobState.LEASED):
        raise RuleBroken("job_over", _("This work is over already."), value=job.state)
    job.state, job.fence, job.finished_at = JobState.CANCELLED, job.fence + 1, utcnow()
    job.lease_until = None


clock = huey.MemoryHuey("wandelwerk", results=False)
"""huey carries the schedule only: its periodic tasks name what is due, the job table does the rest.

No broker of huey's is used: its queues lose work on kill -9, and as a mere alarm clock its SQLite storage
would poll a second database file, which costs what polling the job table costs.
"""


def scheduled(kind: str, *, minute: str = "0", hour: str = "*", day: str = "*") -> None:
    """Run a kind of job by the clock (UTC, crontab's notation); what no worker was there for is caught up."""

    clock.periodic_task(huey.crontab(minute=minute, hour=hour, day=day, strict=True), name=kind)(lambda: kind)


def due_between(after: dt.datetime, until: dt.datetime) -> dict[str, dt.datetime]:
    """What the schedule asks for in (after, until]: each kind once, with the last moment it was due."""
    due: dict[str, dt.datetime] = {}
    minute = after.replace(second=0, microsecond=0) + dt.timedelta(minutes=1)
    while minute <= until:
        due |= {task.name: minute for task in clock.read_periodic(minute)}
        minute += dt.timedelta(minutes=1)
    return due


def order_scheduled(session: Session, kind: str, due: dt.datetime) -> None:
    """Enqueue scheduled work; the key made from kind and moment lets it happen once, whoever asks."""
    identity = uuid.uuid5(uuid.NAMESPACE_URL, f"{kind}@{due:%Y-%m-%dT%H:%M}")
    if session.get(Job, identity) is None:
        with suppress(IntegrityError):
            enqueue(session, kind, {}, unique_key=f"schedule:{kind}", id=identity)


def beat(session: Session, name: str, at: dt.datetime | None = None) -> None:
    """Note that something happened now."""
    at = at or utcnow()
    if session.execute(update(Beat).where(Beat.name == name).values(at=at)).rowcount == 0:  # type: ignore[attr-defined]
        with suppress(IntegrityError), session.begin_nested():
            session.add(Beat(name=name, at=at))


@handler("jobs.clean_up")
class CleanUp(Handler):
    """Done jobs go after a month; failed ones stay until somebody has had three months to see them."""

    def apply(self, session: Session, payload: dict[str, Any], prepared: Any) -> dict[str, Any]:
        """Delete what is old enough."""
        now = utcnow()
        finished = Job.finished_at
        old = or_(
            Job.state.in_((JobState.DONE, JobState.CANCELLED)) & (finished < now - KEEP_DONE),
            (Job.state == JobState.FAILED) & (finished < now - 3 * KEEP_DONE),
        )
        return {"deleted": session.execute(delete(Job).where(old)).rowcount}  # type: ignore[attr-defined]


scheduled("jobs.clean_up", minute="17", hour="3")


def init_app(app: Flask) -> None:
    """Tell templates the states of a job."""
    app.jinja_env.globals["JobState"] = JobState
