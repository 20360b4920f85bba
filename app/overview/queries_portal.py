"""What a company reads about itself beyond its measures and levels: its meetings, and who moved what."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from app.accounts.models import Role, User
from app.coaching.models import Visit, VisitKind, VisitStatus
from app.companies.access import visible_companies
from app.companies.models import Company, CompanyCoach
from app.history import HistoryAction, HistoryChange
from app.roadmap.models import Measure, MeasureStatus

MEETINGS, MOVES = 500, 1000  # more than one company ever gathers


def companies_shown(session: Session, user: User, company_id: uuid.UUID) -> Sequence[Company]:
    """All companies that a company user belongs to, for people of the centre the one asked for; by name.

    With coaches and members; an archived company has no portal, not even for the centre.
    """
    statement = visible_companies(user).where(Company.archived_at.is_(None))
    if user.role is not Role.COMPANY:
        statement = statement.where(Company.id == company_id)
    coaches = joinedload(Company.coaches).joinedload(CompanyCoach.user, innerjoin=True)
    ordered = statement.options(coaches, joinedload(Company.members)).order_by(
        Company.name_folded, Company.id
    )
    return session.scalars(ordered).unique().all()


@dataclass(frozen=True)
class Meeting:
    """What a company sees of a visit on its first page; the internal note is not even read."""

    status: VisitStatus
    kind: VisitKind
    starts_at: dt.datetime
    minutes: int
    coach_id: uuid.UUID


def meetings_of(session: Session, company_id: uuid.UUID) -> list[Meeting]:
    """The company's visits, planned and done, earliest first."""
    rows = session.execute(
        select(Visit.status, Visit.kind, Visit.starts_at, Visit.minutes, Visit.coach_id)
        .where(Visit.company_id == company_id, Visit.status != VisitStatus.CANCELLED)
        .order_by(Visit.starts_at, Visit.id)
        .limit(MEETINGS)
    )
    return [Meeting(*row) for row in rows]


@dataclass(frozen=True)
class Move:
    """Somebody brought a measure to a status."""

    at: dt.datetime
    who: str
    status: MeasureStatus


def moves_of(session: Session, measures: Collection[Measure]) -> dict[uuid.UUID, list[Move]]:
    """Who moved each measure and when, latest first; one statement whatever the number."""
    rows = session.execute(
        select(HistoryChange.record_id, HistoryChange.fields, HistoryAction.at, HistoryAction.actor_name)
        .join(HistoryAction, HistoryAction.id == HistoryChange.action_id)
        .where(
            HistoryChange.record_type == Measure.__name__,
            HistoryChange.record_id.in_([measure.id for measure in measures]),
            HistoryChange.kind == "changed",
        )
        .order_by(HistoryChange.id.desc())
        .limit(MOVES)
    )
    moves: dict[uuid.UUID, list[Move]] = {}
    for measure_id, fields, at, who in rows:
        if "status" in fields:
            moves.setdefault(measure_id, []).append(Move(at, who, MeasureStatus(fields["status"][1])))
    return moves
