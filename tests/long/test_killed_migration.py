"""Migrations are killed on the way: the schema is wholly the old one or wholly the new one."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pysqlite3.dbapi2 as sqlite
import pytest
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, create_engine, event, inspect, text

from app import db
from tests.long import report
from tests.tools.installation import ROOT, own_database

pytestmark = pytest.mark.long
KILLS = 40
MakeEngine = Callable[[str], Engine]
REVISIONS = [
    (step.down_revision or "base", step.revision)
    for step in reversed(list(ScriptDirectory(str(ROOT / "migrations")).walk_revisions()))
]


def as_the_driver_likes(url: str) -> Engine:
    """The negative control: transactions are left to the driver, which begins none for a change of schema."""
    return create_engine(url, module=sqlite)


def upgrade(make: MakeEngine, url: str, revision: str, kill_at: int | None = None) -> int:
    """Migrate; the process is killed after that many statements. How many there were."""
    engine, statements = make(url), 0

    @event.listens_for(engine, "after_cursor_execute")
    def count(*_: Any) -> None:
        nonlocal statements
        statements += 1
        if statements == kill_at:
            os.kill(os.getpid(), signal.SIGKILL)

    config = Config(toml_file=ROOT / "pyproject.toml")
    with engine.connect() as connection:
        config.attributes["connection"] = connection
        if revision != "base":
            command.upgrade(config, revision)
    engine.dispose()
    return statements


def schema(url: str) -> Any:
    """Tables with their columns and indexes, and the revision that the database believes to be at."""
    engine = db.make_engine(url)
    look = inspect(engine)
    tables = {
        name: (
            sorted(str(column["name"]) for column in look.get_columns(name)),
            sorted(str(index["name"]) for index in look.get_indexes(name)),
        )
        for name in look.get_table_names()
        if name != "alembic_version"
    }
    revision = None
    if look.has_table("alembic_version"):
        with engine.connect() as connection:
            revision = connection.scalar(text("select version_num from alembic_version"))
    engine.dispose()
    return tables, revision


def kills(
    engine: str, server: str | None, folder: Path, make: MakeEngine, old: str, new: str
) -> tuple[Any, Any, list[Any]]:
    """The schema before, the one after, and those that are left by kills spread over the migration."""
    with own_database(engine, server, folder) as url:
        upgrade(db.make_engine, url, old)
        before = schema(url)
        statements = upgrade(make, url, new)
        after = schema(url)
    assert before != after
    left = []
    for number in range(1, statements + 1, max(1, statements // KILLS)):
        place = folder / f"killed-{number}"
        place.mkdir()
        with own_database(engine, server, place) as url:
            upgrade(db.make_engine, url, old)
            process = multiprocessing.get_context("fork").Process(
                target=upgrade, args=(make, url, new, number)
            )
            process.start()
            process.join()
            assert process.exitcode == -signal.SIGKILL
            left.append(schema(url))
    return before, after, left


@pytest.mark.parametrize(("old", "new"), REVISIONS)
def test_a_killed_migration_leaves_no_half_schema(
    engine: str, tmp_path: Path, request: pytest.FixtureRequest, old: str, new: str
) -> None:
    server = request.getfixturevalue("postgres_url") if engine == "postgresql" else None
    before, after, left = kills(engine, server, tmp_path, db.make_engine, old, new)
    assert [found for found in left if found not in (before, after)] == []
    report(f"{engine} {new}: {len(left)} kills, {left.count(before)} old, {left.count(after)} new, 0 halves")


def test_the_driver_alone_would_leave_halves(tmp_path: Path) -> None:
    before, after, left = kills("sqlite", None, tmp_path, as_the_driver_likes, *REVISIONS[0])
    halves = [found for found in left if found not in (before, after)]
    assert halves, "the harness cannot fail"
    report(f"control: {len(left)} kills, {len(halves)} halves")
