"""What the report tests share: words, filters and print templates, without a database."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from app import i18n

ROOT = Path(__file__).resolve().parents[2]


def paper_app() -> Flask:
    """The part of the application that printed documents need: words in the report's language."""
    app = Flask("app", root_path=str(ROOT / "app"))
    i18n.init_app(app)
    return app


@pytest.fixture(scope="module")
def paper() -> Iterator[Flask]:
    """An application context in which reports can be rendered."""
    app = paper_app()
    with app.app_context():
        yield app
