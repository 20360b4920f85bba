"""With real transactions: no request waits for a lock of its own, and counts survive refusals."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from app import create_app, db
from app.accounts import queries
from app.accounts.models import Role, Throttle, User
from app.config import Settings
from app.setup import make_centre
from tests.accounts.conftest import PASSPHRASE, with_passphrase
from tests.conftest import migrated
from tests.factories import make_user, post, sign_in
from tests.tools.installation import environment, own_database

EMAIL = "anke@example.org"
LONGEST_SECONDS = 5.0  # SQLite waits 10 s for a lock before it gives up


@pytest.fixture(scope="module")
def own_app(
    engine: str, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[Flask]:
    """An installation of its own, whose transactions are committed for good."""
    folder: Path = tmp_path_factory.mktemp("own")
    server = request.getfixturevalue("postgres_url") if engine == "postgresql" else None
    with own_database(engine, server, folder) as url:
        migrated(url)
        app = create_app(Settings.from_environment(environment(url, folder), testing=True))
        with app.app_context(), db.database().writing() as session:
            make_centre(session, name="Testzentrum")
            with_passphrase(session, Role.COACH, email=EMAIL)
        yield app
        app.extensions["database"].engine.dispose()


@pytest.fixture(autouse=True)
def _forget(own_app: Flask) -> None:
    with own_app.app_context(), db.database().writing() as session:
        session.execute(db.Base.metadata.tables["throttles"].delete())


def anke(app: Flask) -> User:
    with app.app_context():
        found = queries.user_by_email(db.session, EMAIL)
        assert found is not None
        return found


def failures(app: Flask) -> list[int]:
    with app.app_context():
        return sorted(db.session.scalars(select(Throttle.failures)))


def test_a_wrong_passphrase_is_counted_and_answered_at_once(own_app: Flask) -> None:
    began = time.monotonic()
    answer = post(own_app.test_client(), "/sign-in", {"email": EMAIL, "passphrase": "drei Hunde im Garten"})
    assert answer.status_code == 422
    assert time.monotonic() - began < LONGEST_SECONDS
    assert failures(own_app) == [1, 1, 1]


def test_a_wrong_present_passphrase_is_counted_and_answered_at_once(own_app: Flask) -> None:
    client = sign_in(own_app.test_client(), anke(own_app))
    form = {
        "current": "drei Hunde im Garten",
        "passphrase": "fünf Kraniche hier",
        "repeat": "fünf Kraniche hier",
    }
    began = time.monotonic()
    assert post(client, "/me/passphrase", form).status_code == 422
    assert time.monotonic() - began < LONGEST_SECONDS
    assert failures(own_app) == [1, 1, 1]


def test_a_refused_form_notes_the_use_of_the_session_at_once(own_app: Flask) -> None:
    client = own_app.test_client()
    start = dt.datetime(2026, 11, 20, 9, tzinfo=dt.UTC)
    with time_machine.travel(start) as clock:
        sign_in(client, anke(own_app))
        clock.shift(600)
        began = time.perf_counter()
        assert post(client, "/me", {"first_name": ""}).status_code == 422
        clock.shift(600)
        assert client.post("/me", data={}).status_code == 403
        assert time.perf_counter() - began < LONGEST_SECONDS


def test_eight_guesses_at_once_are_counted_one_by_one(own_app: Flask) -> None:
    def guess(_n: int) -> int:
        form = {"email": EMAIL, "passphrase": "drei Hunde im Garten"}
        return post(own_app.test_client(), "/sign-in", form).status_code

    with ThreadPoolExecutor(8) as threads:
        answers = sorted(threads.map(guess, range(8)))
    assert answers == [422] * 5 + [429] * 3
    assert failures(own_app) == [5, 5, 5]


def test_the_right_passphrase_works_among_guesses(own_app: Flask) -> None:
    assert (
        post(own_app.test_client(), "/sign-in", {"email": EMAIL, "passphrase": PASSPHRASE}).status_code == 303
    )
    assert failures(own_app) == [0, 0]


def test_two_administrators_cannot_disable_each_other_at_once(own_app: Flask) -> None:
    with own_app.app_context(), db.database().writing() as session:
        admins = [make_user(session, Role.ADMIN) for _n in range(2)]
        keys = [admin.id for admin in admins]
    browsers = [sign_in(own_app.test_client(), admin) for admin in admins]

    def disable(n: int) -> int:
        return post(browsers[n], f"/users/{keys[1 - n]}/disabling").status_code

    with ThreadPoolExecutor(2) as threads:
        answers = sorted(threads.map(disable, range(2)))
    with own_app.app_context():
        assert queries.count_admins(db.session) == 1
    assert answers[0] == 303
    assert answers[1] in (302, 401, 403, 409)
