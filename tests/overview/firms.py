"""Firms with a past, for the pages that look across domains."""

from __future__ import annotations

import datetime as dt

from sqlalchemy.orm import Session

from app import db
from app.accounts.models import User
from app.companies.models import Company
from app.fields import Field
from app.maturity import assessing
from app.maturity import queries as maturity
from app.maturity.models import Assessment
from app.maturity.scoring import Strength, effective_levels
from app.roadmap import queries as roadmap
from app.roadmap.models import Measure, MeasureStatus


def assess(
    session: Session,
    company: Company,
    coach: User,
    level: int = 1,
    days_ago: int = 30,
    *,
    submit: bool = True,
) -> Assessment:
    """Rate every dimension at one level, as seen; leave it open unless it is to be submitted."""
    day = db.utcnow().date()
    opened = assessing.start_assessment(session, company, coach, day - dt.timedelta(days=days_ago), day)
    dimensions = maturity.dimensions_of(session, opened.model_id)
    for dimension in dimensions:
        answer = assessing.new_answer(session, opened, dimension)
        assessing.write_answer(answer, assessing.Given(level=level, strength=Strength.SEEN), coach)
    session.flush()
    if submit:
        opened.submit(db.utcnow() - dt.timedelta(days=days_ago), len(dimensions), len(dimensions))
        session.flush()
    return opened


def agree_targets(session: Session, company: Company, level: int) -> None:
    """The same target everywhere."""
    result = maturity.latest_result(session, company.id)
    assert result is not None
    levels = effective_levels(row.rating for row in result.rows)
    assessing.agree_targets(session, company, levels, dict.fromkeys(levels, (level, 2)), db.utcnow().date())
    session.flush()


def plan(
    session: Session,
    company: Company,
    title: str,
    status: MeasureStatus = MeasureStatus.PLANNED,
    days_ago: int = 5,
) -> Measure:
    """A free measure in a status since some days."""
    measure = Measure(
        company_id=company.id,
        number=roadmap.new_measure_number(session),
        field=Field.AI,
        title={"de": title, "en": title},
        status=status,
        status_changed_at=db.utcnow() - dt.timedelta(days=days_ago),
    )
    session.add(measure)
    session.flush()
    return measure
