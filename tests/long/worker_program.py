"""A worker whose jobs leave countable effects; started and killed by test_killed_worker.py."""

from __future__ import annotations

import datetime as dt
import random
import sys
import threading
import time
from typing import Any

from flask import Flask
from sqlalchemy.orm import Session

from app import db, i18n, logs, worker
from app.config import Settings
from app.jobs import Handler, Progress, handler

LEASE_SECONDS = 1.5


def _work() -> None:
    time.sleep(random.uniform(0, 0.06))  # noqa: S311 -- test data


def _count(session: Session, name: str) -> None:
    counter = session.get_one(db.Counter, name, with_for_update=True)
    counter.value += 1


@handler("kill.fenced", max_attempts=100)
class Fenced(Handler):
    """As jobs are written: effects in the transaction that marks the job as done."""

    def prepare(self, session: Session, payload: dict[str, Any], progress: Progress) -> None:
        progress(0, 2, "working")
        _work()

    def apply(self, session: Session, payload: dict[str, Any], prepared: Any) -> dict[str, Any]:
        _count(session, payload["name"])
        session.flush()
        _work()
        return {}


@handler("kill.unfenced", max_attempts=100)
class Unfenced(Handler):
    """As jobs must not be written: effects of their own transaction. The negative control."""

    def prepare(self, session: Session, payload: dict[str, Any], progress: Progress) -> None:
        with db.database().writing() as own:
            _count(own, payload["name"])
        _work()

    def apply(self, session: Session, payload: dict[str, Any], prepared: Any) -> dict[str, Any]:
        return {}


def main() -> None:
    worker.LEASE = dt.timedelta(seconds=LEASE_SECONDS)  # type: ignore[misc]
    worker.POLL_SECONDS = 0.05  # type: ignore[misc]
    app = Flask("worker")
    app.config["SETTINGS"] = Settings.from_environment()
    db.init_app(app)
    i18n.init_app(app)
    logs.configure("ERROR")
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    worker.run_worker(app, threading.Event())


if __name__ == "__main__":
    main()
