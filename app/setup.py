"""What a new installation needs before it serves: its centre, the reference data, the first people."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.models import Centre
from app.maturity.loading import load_model
from app.roadmap.loading import load_catalogue

REFERENCE = Path(__file__).parent.parent / "seeds" / "reference"


def _read(name: str) -> dict[str, Any]:
    with (REFERENCE / name).open(encoding="utf-8") as file:
        data: dict[str, Any] = yaml.load(file, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    return data


def load_reference_data(session: Session) -> None:
    """Bring the maturity model and the catalogue of measures to the shipped version."""
    load_model(session, _read("maturity_model.yaml"))
    load_catalogue(session)


def make_centre(session: Session, **values: Any) -> Centre:
    """The centre's row, made once with its first settings."""
    found = session.scalar(select(Centre))
    if found is None:
        found = Centre(**values)
        session.add(found)
        session.flush()
    return found
