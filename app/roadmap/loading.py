"""Takes the catalogue of measures from the reference data into the database."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.fields import Field
from app.roadmap.catalogue import seed_catalogue
from app.roadmap.models import CatalogueMeasure, MeasureKind


def load_catalogue(session: Session) -> int:
    """Add or update every measure by its key; ones that are gone become inactive. Returns the active ones."""
    known = {m.key: m for m in session.scalars(select(CatalogueMeasure))}
    catalogue = seed_catalogue()
    for entry in catalogue.entries:
        measure = known.pop(entry.key, None)
        if measure is None:
            measure = CatalogueMeasure(key=entry.key)
            session.add(measure)
        measure.catalogue_version = catalogue.version
        measure.field, measure.dimension_key = Field(entry.field), entry.dimension_key
        measure.from_level, measure.to_level = entry.from_level, entry.to_level
        measure.kind = MeasureKind(entry.kind)
        measure.coach_days, measure.company_days = entry.coach_days, entry.company_days
        measure.cost_band, measure.core = entry.cost_band.value, entry.core
        measure.requires = dict(entry.requires)
        measure.name, measure.benefit = dict(entry.name), dict(entry.benefit)
        measure.hint = dict(entry.hint) if entry.hint else None
        measure.active = True
    for gone in known.values():
        gone.active = False
    session.flush()
    return len(catalogue.entries)
