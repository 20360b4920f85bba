"""Reads about measures, the catalogue and agreements."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session, joinedload, selectinload

from app.accounts.models import User
from app.companies.models import Company, CompanyCoach, CompanyMember
from app.db import next_number
from app.errors import NotFound
from app.roadmap.access import visible_measures
from app.roadmap.drafting import Horizon
from app.roadmap.models import (
    OPEN,
    CatalogueMeasure,
    Measure,
    MeasureStatus,
    RoadmapAgreement,
)

_BY_HORIZON = case({h: n for n, h in enumerate(Horizon)}, value=Measure.horizon)
_PEOPLE = (joinedload(Measure.owner_user), joinedload(Measure.owner_contact))


def measure(session: Session, measure_id: uuid.UUID, user: User, *, for_update: bool = False) -> Measure:
    """One visible measure with its company; NotFound otherwise."""
    statement = visible_measures(user).where(Measure.id == measure_id)
    if for_update:
        statement = statement.with_for_update(of=Measure)
    found = session.scalar(
        statement.options(
            *_PEOPLE,
            joinedload(Measure.catalogue),
            joinedload(Measure.company).options(
                selectinload(Company.coaches).joinedload(CompanyCoach.user),
                selectinload(Company.members).joinedload(CompanyMember.user),
                selectinload(Company.tags),
            ),
        )
    )
    if found is None:
        raise NotFound
    return found


def measures_of(session: Session, company_id: uuid.UUID, user: User) -> Sequence[Measure]:
    """A company's measures that the user may see: by horizon, then position."""
    return session.scalars(
        visible_measures(user)
        .where(Measure.company_id == company_id)
        .options(*_PEOPLE, joinedload(Measure.catalogue))
        .order_by(_BY_HORIZON, Measure.position, Measure.due_on.nulls_last(), Measure.id)
    ).all()


def open_measures(
    session: Session,
    user: User,
    *,
    coach_id: uuid.UUID | None = None,
    status: MeasureStatus | None = None,
    limit: int = 200,
) -> Sequence[Measure]:
    """Measures over all visible companies by due date; of one coach's companies if given."""
    statement = visible_measures(user).join(Company, Company.id == Measure.company_id)
    statement = statement.where(Company.archived_at.is_(None))
    statement = (
        statement.where(Measure.status == status) if status else statement.where(Measure.status.in_(OPEN))
    )
    if coach_id is not None:
        mine = select(CompanyCoach.company_id).where(CompanyCoach.user_id == coach_id)
        statement = statement.where(Measure.company_id.in_(mine))
    return session.scalars(
        statement.options(joinedload(Measure.company), *_PEOPLE)
        .order_by(Measure.due_on.nulls_last(), Measure.id)
        .limit(limit)
    ).all()


def catalogue(session: Session) -> Sequence[CatalogueMeasure]:
    """The active catalogue in the order of fields, dimensions and levels."""
    return session.scalars(
        select(CatalogueMeasure)
        .where(CatalogueMeasure.active)
        .order_by(
            CatalogueMeasure.field,
            CatalogueMeasure.dimension_key,
            CatalogueMeasure.from_level,
            CatalogueMeasure.key,
        )
    ).all()


def latest_agreement(session: Session, company_id: uuid.UUID) -> RoadmapAgreement | None:
    """The last time the roadmap was agreed with the company."""
    return session.scalar(
        select(RoadmapAgreement)
        .where(RoadmapAgreement.company_id == company_id)
        .order_by(RoadmapAgreement.agreed_on.desc(), RoadmapAgreement.id.desc())
        .limit(1)
    )


@dataclass(frozen=True)
class Progress:
    """How far a roadmap is: measures done, running, and all that count (not "not now" or dropped)."""

    done: int
    running: int
    total: int


_COUNTING = (MeasureStatus.PLANNED, MeasureStatus.RUNNING, MeasureStatus.DONE)


def progress_of(session: Session, company_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, Progress]:
    """Each company's progress on its agreed or planned measures; one statement whatever the number."""
    rows = session.execute(
        select(
            Measure.company_id,
            func.sum(case((Measure.status == MeasureStatus.DONE, 1), else_=0)),
            func.sum(case((Measure.status == MeasureStatus.RUNNING, 1), else_=0)),
            func.count(),
        )
        .where(Measure.company_id.in_(company_ids), Measure.status.in_(_COUNTING))
        .group_by(Measure.company_id)
    )
    return {
        company_id: Progress(int(done), int(running), int(total)) for company_id, done, running, total in rows
    }


def progress(measures: Sequence[Measure]) -> Progress:
    """The same for measures at hand."""
    counted = [m for m in measures if m.status in _COUNTING]
    return Progress(
        sum(m.status is MeasureStatus.DONE for m in counted),
        sum(m.status is MeasureStatus.RUNNING for m in counted),
        len(counted),
    )


def new_measure_number(session: Session) -> str:
    """The next measure number, M-0001."""
    return f"M-{next_number(session, 'measure'):04d}"
