"""Runs migrations on SQLite and PostgreSQL, each in a transaction that a kill rolls back wholly."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any, Literal

from alembic import context
from sqlalchemy import JSON, Connection, text

from app.config import Settings
from app.db import Base, UTCDateTime, make_engine

for file in sorted(Path("app").resolve().glob("*/models*.py")):
    importlib.import_module(f"app.{file.parent.name}.{file.stem}")
for name in ("files", "history", "jobs", "mail"):
    importlib.import_module(f"app.{name}")

ONE_AT_A_TIME = 7_211_411  # advisory lock, so that two servers starting together migrate once


def written(kind: str, item: Any, _context: Any) -> str | Literal[False]:
    """How a column type is written in a migration, so that none imports the application."""
    if kind == "type" and isinstance(item, UTCDateTime):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(item, JSON):
        return "JSON"
    return False


def migrate(connection: Connection) -> None:
    """Run the migrations on an open connection."""
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=True,
        compare_type=True,
        transaction_per_migration=True,
        render_item=written,
    )
    with context.begin_transaction():
        context.run_migrations()


def main() -> None:
    """Migrate the connection handed over in the configuration, or the one of the settings."""
    connection: Connection | None = context.config.attributes.get("connection")
    if connection is not None:
        migrate(connection)
        return
    engine = make_engine(Settings.from_environment().database_url)
    with engine.connect() as own:
        if own.dialect.name == "postgresql":
            own.execute(text("select pg_advisory_lock(:key)"), {"key": ONE_AT_A_TIME})
            own.commit()
        migrate(own)
    engine.dispose()


main()
