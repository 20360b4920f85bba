"""An installation of a test's own, outside the rolled-back transaction: for threads, kills and backups."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flask import Flask
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from app import db, i18n, jobs
from app.config import Settings

ROOT = Path(__file__).parent.parent.parent


@contextmanager
def own_database(engine: str, server_url: str | None, folder: Path) -> Iterator[str]:
    """The address of an empty database that goes with the block."""
    if engine == "sqlite":
        yield f"sqlite:///{folder / 'wandelwerk.db'}"
        return
    assert server_url is not None
    name = "t_" + secrets.token_hex(6)
    server = create_engine(server_url, isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.execute(text(f"create database {name}"))
    try:
        yield make_url(server_url).set(database=name).render_as_string(hide_password=False)
    finally:
        with server.connect() as connection:
            connection.execute(text(f"drop database {name} with (force)"))
        server.dispose()


def environment(url: str, folder: Path, **more: str) -> dict[str, str]:
    """The settings of an installation in a folder."""
    return {
        "INSTANCE_DIR": str(folder),
        "DATABASE_URL": url,
        "SECRET_KEY": "test-key-test-key-test-key-test-key",
        "PUBLIC_URL": "http://127.0.0.1:8000",
        **more,
    }


@contextmanager
def plumbing_app(url: str, folder: Path, **more: str) -> Iterator[Flask]:
    """The plumbing without any domain, on a database with all tables."""
    app = Flask("plumbing", template_folder=str(ROOT / "templates"), root_path=str(ROOT))
    app.config["SETTINGS"] = Settings.from_environment(environment(url, folder, **more), testing=True)
    app.config["TESTING"] = True
    for part in (db, i18n, jobs):
        part.init_app(app)
    engine = app.extensions["database"].engine
    with engine.begin() as connection:
        db.Base.metadata.create_all(connection)
    try:
        yield app
    finally:
        engine.dispose()
