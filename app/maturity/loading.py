"""Takes a version of the maturity model from the reference data into the database."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.fields import Field
from app.maturity.models import Dimension, MaturityModel


def load_model(session: Session, data: dict[str, Any]) -> MaturityModel:
    """Import a model version unless it is there already, and make it the current one.

    A version is never changed: assessments refer to its dimensions and texts.
    """
    found = session.scalar(select(MaturityModel).where(MaturityModel.version == str(data["version"])))
    if found is None:
        scale = [{"de": step["de"], "en": step["en"]} for step in data["scale"]]
        found = MaturityModel(version=str(data["version"]), rule=data["rule"], scale=scale)
        session.add(found)
        session.flush()
        rows = [(field, dimension) for field in data["fields"] for dimension in field["dimensions"]]
        for position, (field, row) in enumerate(rows):
            session.add(
                Dimension(
                    model_id=found.id,
                    field=Field(field["key"]),
                    key=row["key"],
                    position=position,
                    name=row["name"],
                    short=row.get("short", row["name"]),
                    question=row["question"],
                    evidence=row["evidence"],
                    levels=row["levels"],
                    na_allowed=bool(row["na_allowed"]),
                )
            )
    for model in session.scalars(select(MaturityModel).where(MaturityModel.current)):
        if model is not found:
            model.current = False
    found.current = True
    session.flush()
    return found
