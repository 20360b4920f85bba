"""What the report tests share: words, filters and print templates, without a database."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from jinja2 import ChoiceLoader, FileSystemLoader, PrefixLoader, StrictUndefined

from app import charts, filters, i18n

ROOT = Path(__file__).resolve().parents[2]


def paper_app() -> Flask:
    """The part of the application that printed documents need."""
    app = Flask("app", root_path=str(ROOT / "app"), template_folder=str(ROOT / "templates"))
    app.jinja_loader = ChoiceLoader(  # type: ignore[assignment]
        [FileSystemLoader(ROOT / "templates"), PrefixLoader({"print": FileSystemLoader(ROOT / "reports")})]
    )
    app.jinja_options = {"undefined": StrictUndefined, "trim_blocks": True, "lstrip_blocks": True}
    for plumbing in (i18n, filters, charts):
        plumbing.init_app(app)
    return app


@pytest.fixture(scope="module")
def paper() -> Iterator[Flask]:
    """An application context in which reports can be rendered."""
    app = paper_app()
    with app.app_context():
        yield app
