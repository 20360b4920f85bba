"""Takes the catalogue of measures from the reference data into the database."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.fields import Field
from app.roadmap.models import CatalogueMeasure, MeasureKind


def load_catalogue(session: Session, data: dict[str, Any]) -> int:
    """Add or update every measure by its key; ones that are gone become inactive. Returns how many are active."""
    known = {m.key: m for m in session.scalars(select(CatalogueMeasure))}
    for row in data["measures"]:
        measure = known.pop(row["key"], None)
        if measure is None:
            measure = CatalogueMeasure(key=row["key"])
            session.add(measure)
        measure.catalogue_version = str(data["version"])
        measure.field, measure.dimension_key = Field(row["field"]), row["dimension"]
        measure.from_level, measure.to_level = row["from_level"], row["to_level"]
        measure.kind = MeasureKind(row["kind"])
        measure.coach_days, measure.company_days = row["effort_days"]["coach"], row["effort_days"]["company"]
        measure.cost_band, measure.core = row["cost_band"], bool(row["core"])
        measure.requires = row.get("requires") or {}
        measure.name, measure.benefit, measure.hint = row["name"], row["benefit"], row.get("hint")
        measure.active = True
    for gone in known.values():
        gone.active = False
    session.flush()
    return len(data["measures"])
