"""Reads for a company at a glance: what is planned, and where it stands."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from sqlalchemy import Select, Uuid, bindparam, select
from sqlalchemy.orm import Session, joinedload, load_only

from app.coaching.models import Visit, VisitStatus
from app.maturity.models import Answer, Assessment, Dimension, Party, Target
from app.maturity.queries import CLOSED
from app.maturity.results import Result, result_of


def visits_ahead(session: Session, company_id: uuid.UUID) -> tuple[Sequence[Visit], Visit | None]:
    """Planned visits, the earliest first (their day may have passed), and the last one that was done."""
    last = (
        select(Visit.id)
        .where(Visit.company_id == company_id, Visit.status == VisitStatus.DONE)
        .order_by(Visit.starts_at.desc(), Visit.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    planned = (Visit.company_id == company_id) & (Visit.status == VisitStatus.PLANNED)
    found = session.scalars(
        select(Visit)
        .where(planned | (Visit.id == last))
        .options(joinedload(Visit.coach))
        .order_by(Visit.starts_at, Visit.id)
    ).all()
    ahead = [one for one in found if one.status is VisitStatus.PLANNED]
    return ahead, next((one for one in found if one.status is VisitStatus.DONE), None)


@dataclass(frozen=True)
class Standing:
    """Where a company stands: the newest closed assessment against the first one, and one in progress."""

    result: Result | None
    closed: dict[uuid.UUID, Result]
    draft: Assessment | None
    draft_rated: int
    draft_total: int


@dataclass
class _Taken:
    """An assessment with its dimensions and answers."""

    assessment: Assessment
    dimensions: list[Dimension]
    answers: dict[str, Answer]

    def result(self, start: _Taken | None, targets: dict[str, int]) -> Result:
        then = start.assessment if start else None
        answers_then = start.answers if start else None
        return result_of(self.assessment, self.dimensions, self.answers, then, answers_then, targets)


def standing(session: Session, company_id: uuid.UUID) -> Standing:
    """Assessments with their dimensions, answers and targets, all in one statement."""
    all_taken, targets = _taken(session, company_id)
    closed = [one for one in all_taken if one.assessment.status in CLOSED]
    draft = next((one for one in reversed(all_taken) if one.assessment.open), None)
    result = None
    if closed:
        now, first = closed[-1], closed[0]
        comparable = first is not now and first.assessment.model_id == now.assessment.model_id
        result = now.result(first if comparable else None, targets)
    return Standing(
        result,
        {one.assessment.id: one.result(None, {}) for one in closed},
        draft.assessment if draft else None,
        sum(one.complete for one in draft.answers.values()) if draft else 0,
        len(draft.dimensions) if draft else 0,
    )


@cache
def _all_taken() -> Select[Assessment, Dimension, Answer, int]:
    """Built once: putting it together takes longer than running it."""
    coach_says = (
        (Answer.assessment_id == Assessment.id)
        & (Answer.dimension_id == Dimension.id)
        & (Answer.party == Party.COACH)
    )
    target = (Target.company_id == Assessment.company_id) & (Target.dimension_key == Dimension.key)
    return (
        select(Assessment, Dimension, Answer, Target.level)
        .join(Dimension, Dimension.model_id == Assessment.model_id)
        .outerjoin(Answer, coach_says)
        .outerjoin(Target, target)
        .where(Assessment.company_id == bindparam("company", type_=Uuid()))
        .options(
            load_only(Dimension.field, Dimension.key, Dimension.position, Dimension.name, Dimension.short)
        )
        .order_by(Assessment.assessed_on, Assessment.id, Dimension.position)
    )


def _taken(session: Session, company_id: uuid.UUID) -> tuple[list[_Taken], dict[str, int]]:
    found: dict[uuid.UUID, _Taken] = {}
    targets: dict[str, int] = {}
    for assessment, dimension, answer, level in session.execute(_all_taken(), {"company": company_id}):
        taken = found.setdefault(assessment.id, _Taken(assessment, [], {}))
        taken.dimensions.append(dimension)
        if answer is not None:
            taken.answers[dimension.key] = answer
        if level is not None:
            targets[dimension.key] = level
    return list(found.values()), targets
