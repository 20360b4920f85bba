"""Background work: durable job records, written in the transaction that causes them, and their handlers."""

from __future__ import annotations

import datetime as dt
import enum
import threading
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

from sqlalchemy import Index, String, Text, event, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.db import Base, Id, Str60, Str200, enum_column, utcnow
from app.i18n import language

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
    name: Mapped[Str60] = mapped_column(primary_key=True)
    at: Mapped[dt.datetime]
