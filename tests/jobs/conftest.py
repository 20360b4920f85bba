"""Jobs are tested on databases of their own, because workers commit."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from app import db
from tests.jobs.scripted import script
from tests.tools.installation import own_database, plumbing_app


@pytest.fixture
def app(engine: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Flask]:
    """The plumbing on its own database, so that workers in threads see committed rows."""
    server = request.getfixturevalue("postgres_url") if engine == "postgresql" else None
    with own_database(engine, server, tmp_path) as url, plumbing_app(url, tmp_path) as plumbing:
        with plumbing.app_context(), db.database().writing() as session:
            session.add(db.Counter(name="effects", value=0))
        yield plumbing


@pytest.fixture(autouse=True)
def _rolled_back() -> None:
    """These tests have a database of their own."""


@pytest.fixture(autouse=True)
def _fresh_script() -> None:
    script.__init__()  # type: ignore[misc]
