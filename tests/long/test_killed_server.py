"""The server is killed while people save: what was acknowledged is there, and nothing is there by halves."""

from __future__ import annotations

import http.client
import os
import random
import re
import signal
import threading
import time
import uuid
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from sqlalchemy import Engine, delete, select, text
from sqlalchemy.orm import Session

from app import create_app, db
from app.accounts import queries as accounts
from app.accounts.models import Role
from app.companies.models import Contact
from app.config import Settings
from app.history import HistoryAction, HistoryChange
from tests.factories import make_company, make_user
from tests.long import report
from tests.tools.installation import environment, own_database
from tests.tools.server import Server, free_port, prepare, start, wait_for

pytestmark = pytest.mark.long
ROUNDS = 12
WRITERS = 6


@dataclass
class Coach:
    """Somebody who adds people to a firm as fast as the server answers."""

    company: uuid.UUID
    token: str
    acknowledged: list[str] = field(default_factory=list)
    tried: int = 0

    def work(self, server: Server, stop: threading.Event, name: str) -> None:
        mine = Server(server.folder, server.port, server.process)
        mine.cookies[f"wandelwerk_{server.port}"] = self.token
        path, csrf = f"/companies/{self.company}/contacts/new", None
        while not stop.is_set():
            self.tried += 1
            last_name = f"{name}-{self.tried}"
            try:
                csrf = csrf or mine.csrf(path)
                form = {"csrf_token": csrf, "last_name": last_name, "first_name": "Anna", "salutation": ""}
                answer = mine.request("POST", path, form, timeout=20)
            except (OSError, http.client.HTTPException):
                time.sleep(0.02)
                continue
            if answer.status in (302, 303):
                self.acknowledged.append(last_name)
            else:
                assert answer.status in (500, 503), (answer.status, answer.body[:500])


def faults(engine: Engine, acknowledged: list[str]) -> list[str]:
    """What is lost, double or half; empty when all is well."""
    with Session(engine) as session:
        kept = session.execute(select(Contact.last_name, Contact.id)).all()
        created = Counter(
            session.scalars(
                select(HistoryChange.record_id)
                .join(HistoryAction, HistoryAction.id == HistoryChange.action_id)
                .where(HistoryChange.record_type == "Contact", HistoryChange.kind == "created")
            )
        )
        integrity = []
        if engine.dialect.name == "sqlite":
            integrity += [r for r in session.execute(text("pragma integrity_check")).scalars() if r != "ok"]
            integrity += [str(r) for r in session.execute(text("pragma foreign_key_check"))]
    names = Counter(name for name, _ in kept)
    found = [f"lost: {name}" for name in acknowledged if names[name] == 0]
    found += [f"double: {name}" for name, count in names.items() if count > 1]
    found += [f"without history: {name}" for name, key in kept if created[key] != 1]
    found += [f"history without record: {key}" for key in set(created) - {key for _, key in kept}]
    return found + [f"database: {line}" for line in integrity]


def kill(server: Server) -> None:
    """All processes at once, as when the machine's power goes (but for the disk's cache)."""
    for pid in server.processes():
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue
    server.process.wait()
    assert wait_for(lambda: not server.processes())


def test_what_was_acknowledged_survives_kills(
    engine: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    postgres = request.getfixturevalue("postgres_url") if engine == "postgresql" else None
    rng = random.Random(11)  # noqa: S311 -- when to kill
    with own_database(engine, postgres, tmp_path) as url:
        prepare(url, tmp_path)
        app = create_app(Settings.from_environment(environment(url, tmp_path), testing=True))
        database: db.Database = app.extensions["database"]
        with database.writing() as session:
            coach = make_user(session, Role.COACH)
            company = make_company(session, coach).id
            tokens = [accounts.start_session(session, coach, "test", db.utcnow()) for _ in range(WRITERS)]
        people = [Coach(company, token) for token in tokens]
        port = free_port()
        for number in range(ROUNDS):
            server, stop = start(url, tmp_path, port), threading.Event()
            threads = [
                threading.Thread(target=person.work, args=(server, stop, f"{number}-{n}"))
                for n, person in enumerate(people)
            ]
            for thread in threads:
                thread.start()
            before = sum(len(p.acknowledged) for p in people)
            assert wait_for(lambda: sum(len(p.acknowledged) for p in people) > before + 3)  # noqa: B023
            time.sleep(rng.uniform(0, 0.8))
            kill(server)
            stop.set()
            for thread in threads:
                thread.join()
        acknowledged = [name for person in people for name in person.acknowledged]
        assert len(acknowledged) > ROUNDS * 4
        assert faults(database.engine, acknowledged) == []
        _the_check_can_fail(database.engine, acknowledged)
        database.engine.dispose()
    tried = sum(person.tried for person in people)
    report(f"{engine}: {ROUNDS} kills, {len(acknowledged)} acknowledged of {tried} tries, 0 lost")


def _the_check_can_fail(engine: Engine, acknowledged: list[str]) -> None:
    """The negative control: planted faults of every kind are found."""
    lost, bare = acknowledged[0], acknowledged[1]
    with engine.begin() as connection:
        gone = connection.scalar(select(Contact.id).where(Contact.last_name == lost))
        left = connection.scalar(select(Contact.id).where(Contact.last_name == bare))
        connection.execute(delete(Contact).where(Contact.id == gone))
        connection.execute(delete(HistoryChange).where(HistoryChange.record_id == left))
    assert [re.sub(r"[0-9a-f-]{36}", "ID", fault) for fault in faults(engine, acknowledged)] == [
        f"lost: {lost}",
        f"without history: {bare}",
        "history without record: ID",
    ]
