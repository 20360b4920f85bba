"""Reads about maturity models, assessments, results and targets."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from decimal import Decimal

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload, selectinload

from app.accounts.models import User
from app.companies.models import Company, CompanyCoach
from app.db import next_number
from app.errors import NotFound
from app.fields import Field
from app.maturity.access import visible_assessments
from app.maturity.models import (
    Answer,
    Assessment,
    AssessmentKind,
    AssessmentStatus,
    Dimension,
    MaturityModel,
    Party,
    Target,
)
from app.maturity.results import Result, rating_of, result_of
from app.maturity.scoring import Rating, field_score

CLOSED = (AssessmentStatus.SUBMITTED, AssessmentStatus.AGREED)


def current_model(session: Session) -> MaturityModel:
    """The model version that new assessments use."""
    return session.scalars(select(MaturityModel).where(MaturityModel.current)).one()


def models(session: Session) -> Sequence[MaturityModel]:
    """All versions, newest first."""
    return session.scalars(
        select(MaturityModel).order_by(MaturityModel.imported_at.desc(), MaturityModel.id.desc())
    ).all()


def dimensions_of(session: Session, model_id: uuid.UUID) -> Sequence[Dimension]:
    """A model's dimensions in their order."""
    return session.scalars(
        select(Dimension).where(Dimension.model_id == model_id).order_by(Dimension.position)
    ).all()


def assessment(
    session: Session, assessment_id: uuid.UUID, user: User, *, for_update: bool = False
) -> Assessment:
    """One visible assessment with its company; NotFound otherwise."""
    statement = visible_assessments(user).where(Assessment.id == assessment_id)
    if for_update:
        statement = statement.with_for_update(of=Assessment)
    found = session.scalar(
        statement.options(
            joinedload(Assessment.model),
            joinedload(Assessment.assessor),
            joinedload(Assessment.company).options(
                selectinload(Company.coaches).joinedload(CompanyCoach.user), selectinload(Company.tags)
            ),
        )
    )
    if found is None:
        raise NotFound
    return found


def assessments_of(session: Session, company_id: uuid.UUID, user: User) -> Sequence[Assessment]:
    """A company's assessments that the user may see, newest first."""
    return session.scalars(
        visible_assessments(user)
        .where(Assessment.company_id == company_id)
        .options(joinedload(Assessment.assessor))
        .order_by(Assessment.assessed_on.desc(), Assessment.id.desc())
    ).all()


def answers_of(session: Session, assessment_id: uuid.UUID, party: Party = Party.COACH) -> dict[str, Answer]:
    """One party's answers by dimension key."""
    rows = session.execute(
        select(Dimension.key, Answer)
        .join(Answer, Answer.dimension_id == Dimension.id)
        .where(Answer.assessment_id == assessment_id, Answer.party == party)
        .order_by(Dimension.position)
    )
    return {row[0]: row[1] for row in rows}


def answer(
    session: Session, opened: Assessment, dimension: Dimension, party: Party = Party.COACH
) -> Answer | None:
    """One answer, with what its history needs."""
    return session.scalar(
        select(Answer)
        .where(Answer.assessment_id == opened.id, Answer.dimension_id == dimension.id, Answer.party == party)
        .options(joinedload(Answer.assessment), joinedload(Answer.dimension))
    )


def targets_of(session: Session, company_id: uuid.UUID) -> dict[str, Target]:
    """A company's targets by dimension key."""
    rows = session.scalars(select(Target).where(Target.company_id == company_id))
    return {target.dimension_key: target for target in rows}


def result(session: Session, shown: Assessment, start: Assessment | None = None) -> Result:
    """An assessment's result with the company's targets, compared with an earlier one of the same model."""
    if start is not None and (start.id == shown.id or start.model_id != shown.model_id):
        start = None
    targets = {key: target.level for key, target in targets_of(session, shown.company_id).items()}
    answers = _answers_of_all(session, [shown.id, *([start.id] if start is not None else [])])
    return result_of(
        shown,
        dimensions_of(session, shown.model_id),
        answers[shown.id],
        start,
        answers[start.id] if start is not None else None,
        targets,
    )


def _answers_of_all(
    session: Session, assessment_ids: Collection[uuid.UUID]
) -> dict[uuid.UUID, dict[str, Answer]]:
    """The coach's answers of several assessments by dimension key; one statement whatever the number."""
    answers: dict[uuid.UUID, dict[str, Answer]] = {assessment_id: {} for assessment_id in assessment_ids}
    rows = session.execute(
        select(Dimension.key, Answer)
        .join(Answer, Answer.dimension_id == Dimension.id)
        .where(Answer.assessment_id.in_(assessment_ids), Answer.party == Party.COACH)
        .order_by(Dimension.position)
    )
    for key, given in rows:
        answers[given.assessment_id][key] = given
    return answers


def latest_result(session: Session, company_id: uuid.UUID) -> Result | None:
    """The newest closed assessment's result, compared with the first one; nothing while there is none."""
    closed = session.scalars(
        select(Assessment)
        .where(Assessment.company_id == company_id, Assessment.status.in_(CLOSED))
        .options(joinedload(Assessment.assessor), joinedload(Assessment.model))
        .order_by(Assessment.assessed_on, Assessment.id)
    ).all()
    return result(session, closed[-1], closed[0]) if closed else None


def draft_of(session: Session, company_id: uuid.UUID) -> Assessment | None:
    """The assessment that is in progress, if any."""
    return session.scalar(
        select(Assessment)
        .where(Assessment.company_id == company_id, Assessment.status == AssessmentStatus.DRAFT)
        .order_by(Assessment.id.desc())
        .limit(1)
    )


def next_kind(session: Session, company_id: uuid.UUID) -> AssessmentKind:
    """T0 first, then T1, then T2 (and further T2)."""
    done = session.scalar(
        select(func.count())
        .select_from(Assessment)
        .where(Assessment.company_id == company_id, Assessment.status.in_(CLOSED))
    )
    return list(AssessmentKind)[min(done or 0, 2)]


def new_assessment_number(session: Session) -> str:
    """The next assessment number, A-0001."""
    return f"A-{next_number(session, 'assessment'):04d}"


def levels_of_companies(
    session: Session, company_ids: Collection[uuid.UUID]
) -> dict[uuid.UUID, dict[Field, Decimal | None]]:
    """Field scores of each company's newest closed assessment, for lists: two statements in all."""
    rows = session.execute(
        select(Assessment.company_id, Assessment.id)
        .where(Assessment.company_id.in_(company_ids), Assessment.status.in_(CLOSED))
        .order_by(Assessment.assessed_on, Assessment.id)
    )
    newest = {row.company_id: row.id for row in rows}  # the last one of each wins
    ratings: dict[uuid.UUID, dict[Field, list[Rating]]] = {}
    answers = session.execute(
        select(Answer.assessment_id, Dimension, Answer)
        .join(Dimension, Dimension.id == Answer.dimension_id)
        .where(Answer.assessment_id.in_(newest.values()), Answer.party == Party.COACH)
    )
    for assessment_id, dimension, given in answers:
        by_field = ratings.setdefault(assessment_id, {})
        by_field.setdefault(dimension.field, []).append(rating_of(dimension, given))
    return {
        company_id: {
            field: field_score(ratings.get(assessment_id, {}).get(field, ())).mean for field in Field
        }
        for company_id, assessment_id in newest.items()
    }
