"""The same migrations build SQLite and PostgreSQL, agree with the models, and go both ways."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Engine, create_engine, inspect, text

from app import db
from tests.conftest import ROOT


@pytest.fixture
def fresh(engine: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """An empty database of its own."""
    if engine == "sqlite":
        made = db.make_engine(f"sqlite:///{tmp_path / 'fresh.db'}")
        yield made
        made.dispose()
        return
    url = request.getfixturevalue("postgres_url")
    admin = create_engine(url, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text("drop database if exists fresh"))
        connection.execute(text("create database fresh"))
    made = db.make_engine(admin.url.set(database="fresh").render_as_string(hide_password=False))
    yield made
    made.dispose()
    with admin.connect() as connection:
        connection.execute(text("drop database fresh"))
    admin.dispose()


def run(engine: Engine, verb: Any, revision: str) -> None:
    config = Config(toml_file=ROOT / "pyproject.toml")
    with engine.connect() as connection:
        config.attributes["connection"] = connection
        verb(config, revision)


def differences(engine: Engine) -> list[Any]:
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return compare_metadata(context, db.Base.metadata)


def test_upgrade_agrees_with_the_models_and_goes_both_ways(fresh: Engine) -> None:
    run(fresh, command.upgrade, "head")
    assert differences(fresh) == []
    run(fresh, command.downgrade, "base")
    assert set(inspect(fresh).get_table_names()) <= {"alembic_version"}
    run(fresh, command.upgrade, "head")
    assert differences(fresh) == []


def test_upgrading_twice_changes_nothing(fresh: Engine) -> None:
    run(fresh, command.upgrade, "head")
    run(fresh, command.upgrade, "head")
    assert differences(fresh) == []
