"""Whether the installation is well: what a monitoring program asks and an administrator reads."""

from __future__ import annotations

import datetime as dt
import re
import shutil
from functools import cache
from pathlib import Path
from typing import Any, Final

from flask import Flask
from sqlalchemy import func, inspect, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.config import Settings
from app.db import Database, utcnow
from app.jobs import Beat, Job, JobState
from app.mail import MailState, OutboxMail

WORKER_SILENT: Final = dt.timedelta(seconds=60)
JOB_LATE: Final = dt.timedelta(minutes=10)
BACKUP_OLD: Final = dt.timedelta(days=7)
LEAST_FREE_BYTES: Final = 500_000_000
_MIGRATIONS: Final = Path(__file__).parent.parent / "migrations" / "versions"
_REVISION: Final = re.compile(r"^revision\b[^=]*= *[\"'](\w+)[\"']", re.MULTILINE)
_FOLLOWS: Final = re.compile(r"^down_revision\b[^=]*= *[\"'](\w+)[\"']", re.MULTILINE)


@cache
def newest_revision() -> str:
    """The revision that the code expects; from the files, because loading Alembic costs every process."""
    sources = [file.read_text(encoding="utf-8") for file in _MIGRATIONS.glob("*.py")]
    known = {match[1] for source in sources if (match := _REVISION.search(source))}
    followed = {match[1] for source in sources if (match := _FOLLOWS.search(source))}
    (newest,) = known - followed
    return newest


def _age(session: Session, name: str) -> dt.timedelta | None:
    beat = session.get(Beat, name)
    return None if beat is None else utcnow() - beat.at


def _seconds(age: dt.timedelta | None) -> int | None:
    return None if age is None else max(0, round(age.total_seconds()))


def _database(session: Session) -> dict[str, Any]:
    revision = None
    if inspect(session.connection()).has_table("alembic_version"):
        revision = session.scalar(text("select version_num from alembic_version"))
    return {"reachable": True, "revision": revision, "at_head": revision == newest_revision()}


def _worker(session: Session) -> dict[str, Any]:
    age = _age(session, "worker")
    late = func.count().filter((Job.state == JobState.QUEUED) & (Job.run_after < utcnow() - JOB_LATE))
    failed = func.count().filter(Job.state == JobState.FAILED)
    waiting, given_up = session.execute(select(late, failed)).one()
    running = age is not None and age < WORKER_SILENT
    return {
        "running": running,
        "seen_seconds_ago": _seconds(age),
        "late_jobs": waiting,
        "failed_jobs": given_up,
    }


def _mails(session: Session) -> dict[str, int]:
    undelivered = OutboxMail.state.in_((MailState.FAILED, MailState.UNKNOWN))
    return {"undelivered": session.scalar(select(func.count(OutboxMail.id)).where(undelivered)) or 0}


def health(app: Flask) -> dict[str, Any]:
    """The state of database, worker, disk, mail and backup. `ok`: the installation can work.

    `warnings` name what needs a person but does not stop the work: no backup for a week, little room, jobs
    given up, mails not delivered.
    """
    settings: Settings = app.config["SETTINGS"]
    database: Database = app.extensions["database"]
    free = shutil.disk_usage(settings.instance_dir).free
    state: dict[str, Any] = {"ok": False, "warnings": [], "disk": {"free_bytes": free}}
    session = database.new_session(reader=True)
    try:
        state["database"] = _database(session)
        if not state["database"]["at_head"]:
            return state
        state |= {"worker": _worker(session), "mail": _mails(session)}
        backup_age = _age(session, "backup")
    except DBAPIError as error:
        return state | {"database": {"reachable": False, "error": type(error.orig).__name__}}
    finally:
        session.close()
    state["backup"] = {"made_seconds_ago": _seconds(backup_age)}
    state["ok"] = bool(state["worker"]["running"])
    reasons = {
        "worker_silent": not state["worker"]["running"],
        "jobs_late": state["worker"]["late_jobs"] > 0,
        "jobs_failed": state["worker"]["failed_jobs"] > 0,
        "mails_undelivered": state["mail"]["undelivered"] > 0,
        "disk_nearly_full": free < LEAST_FREE_BYTES,
        "backup_missing": backup_age is None,
        "backup_old": backup_age is not None and backup_age > BACKUP_OLD,
    }
    state["warnings"] = [reason for reason, applies in reasons.items() if applies]
    return state
