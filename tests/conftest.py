"""Fixtures: the application on SQLite and on PostgreSQL, each test in a transaction that is rolled back."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from flask import Flask
from sqlalchemy import text
from sqlalchemy.orm import Session

from app import create_app, db
from app.config import Settings
from app.setup import load_reference_data, make_centre
from tests.tools.postgres import temporary

ROOT = Path(__file__).parent.parent
ENGINES = ("sqlite", "postgresql")


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--engine sqlite` runs the database tests on one engine only."""
    parser.addoption("--engine", choices=[*ENGINES, "both"], default="both")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Every test that needs the database runs on both engines."""
    if "engine" in metafunc.fixturenames:
        chosen = metafunc.config.getoption("engine")
        metafunc.parametrize("engine", ENGINES if chosen == "both" else (chosen,), scope="session")


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A temporary PostgreSQL server, the one that bin/test has started or our own."""
    if url := os.environ.get("TEST_POSTGRES_URL"):
        yield url
        return
    with temporary() as url:
        yield url


def migrated(url: str) -> None:
    """Build the schema from the migrations."""
    engine = db.make_engine(url)
    if engine.dialect.name == "postgresql":
        with engine.begin() as connection:
            connection.execute(text("drop schema public cascade"))
            connection.execute(text("create schema public"))
    config = Config(toml_file=ROOT / "pyproject.toml")
    with engine.connect() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
    engine.dispose()


@pytest.fixture(scope="session")
def app(
    engine: str, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[Flask]:
    """The application with an empty, migrated database that has its reference data and centre."""
    folder = tmp_path_factory.mktemp(engine)
    url = f"sqlite:///{folder / 'test.db'}"
    if engine == "postgresql":
        url = request.getfixturevalue("postgres_url")
    migrated(url)
    settings = Settings.from_environment(
        {
            "INSTANCE_DIR": str(folder),
            "DATABASE_URL": url,
            "SECRET_KEY": "test-key-test-key-test-key-test-key",
            "PUBLIC_URL": "http://127.0.0.1:8000",
        },
        testing=True,
    )
    app = create_app(settings)
    with app.app_context():
        make_centre(db.session, name="Testzentrum")
        load_reference_data(db.session)
        db.session.commit()
    yield app
    app.extensions["database"].engine.dispose()


@pytest.fixture(autouse=True)
def _rolled_back(request: pytest.FixtureRequest) -> Iterator[None]:
    """Everything that a test with the application writes is rolled back, whoever commits."""
    if "app" not in request.fixturenames:
        yield
        return
    app: Flask = request.getfixturevalue("app")
    database: db.Database = app.extensions["database"]
    with database.engine.connect() as connection:
        outer = connection.begin()
        database.joined = connection
        try:
            yield
        finally:
            database.joined = None
            outer.rollback()


@pytest.fixture
def session(app: Flask) -> Iterator[Session]:
    """A session for preparing and looking; shares the test's transaction with the pages.

    No application context stays open: requests of the test client would share it, and its `g`.
    """
    database: db.Database = app.extensions["database"]
    own = database.new_session()
    yield own
    own.close()


@pytest.fixture
def client(app: Flask) -> Any:
    """A browser without JavaScript."""
    return app.test_client()
