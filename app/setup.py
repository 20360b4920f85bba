"""What a new installation needs before it serves: schema, reference data, its centre, the first people."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from alembic import command
from alembic.config import Config
from flask import Flask
from sqlalchemy import inspect, select
from sqlalchemy.orm import Session

from app import db, history
from app.accounts import queries as accounts
from app.accounts.models import Centre
from app.maturity.loading import load_model
from app.roadmap.loading import load_catalogue

ROOT = Path(__file__).parent.parent
MODEL_FILE = ROOT / "seeds" / "reference" / "maturity_model.yaml"


@dataclass(frozen=True)
class SetUp:
    """What the set-up did."""

    first_time: bool
    demo: bool


def migrate() -> None:
    """Bring the database of the settings to the newest schema; does nothing when it is there."""
    command.upgrade(Config(toml_file=ROOT / "pyproject.toml"), "head")


def load_reference_data(session: Session) -> None:
    """Bring the maturity model and the catalogue of measures to the shipped version."""
    with MODEL_FILE.open(encoding="utf-8") as file:
        load_model(session, yaml.safe_load(file))
    load_catalogue(session)


def make_centre(session: Session, **values: Any) -> Centre:
    """The centre's row, made once with its first settings."""
    found = session.scalar(select(Centre))
    if found is None:
        found = Centre(**values)
        session.add(found)
        session.flush()
    return found


def is_set_up(app: Flask) -> bool:
    """Whether the database has its schema and its centre; needs an application context."""
    engine = app.extensions["database"].engine
    return inspect(engine).has_table("centre") and accounts.is_set_up(db.session)


def set_up(app: Flask, fill: Callable[[Session], object] | None) -> SetUp:
    """Schema, reference data, centre and, on the first run, what `fill` adds: all of it or nothing."""
    migrate()
    with app.app_context(), db.database().writing() as session:
        history.act_as(session, history.Actor(None, "Wandelwerk", "cli", "setup"))
        first_time = not accounts.is_set_up(session)
        load_reference_data(session)
        if first_time and fill is not None:
            fill(session)
        centre = make_centre(session)
        return SetUp(first_time, centre.demo)
