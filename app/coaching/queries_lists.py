"""Reads for the lists: visits, commitments, a company's timeline, companies to log a visit for."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Date, Select, and_, func, literal, or_, select, tuple_
from sqlalchemy.orm import Session, joinedload, selectinload

from app.accounts.models import User
from app.coaching.access import visible_commitments, visible_time, visible_visits
from app.coaching.listing import CommitmentFilter, Cursor, VisitFilter
from app.coaching.models import Commitment, Side, TimeEntry, Visit, VisitStatus
from app.coaching.queries import with_details
from app.companies.access import visible_companies
from app.companies.models import Company, CompanyCoach
from app.companies.names import folded
from app.forms import moment_of

PAGE = 50
NEVER = dt.date(9999, 12, 31)  # sorts commitments without a date behind all others


@dataclass(frozen=True)
class VisitPage:
    """One page of a list of visits, with the minutes that the reader may see and which hours are missing."""

    visits: Sequence[Visit]
    minutes: dict[uuid.UUID, int]
    with_hours: frozenset[uuid.UUID]
    count: int
    total_minutes: int
    previous: Cursor | None
    next: Cursor | None


def _filtered(user: User, wanted: VisitFilter) -> Select[Visit]:
    statement = visible_visits(user)
    if wanted.mine:
        statement = statement.where(Visit.coach_id == user.id)
    if wanted.status:
        statement = statement.where(Visit.status == wanted.status)
    else:
        statement = statement.where(Visit.status != VisitStatus.CANCELLED)
    if wanted.field:
        statement = statement.where(Visit.main_field == wanted.field)
    if wanted.kind:
        statement = statement.where(Visit.kind == wanted.kind)
    if wanted.first:
        statement = statement.where(Visit.starts_at >= moment_of(wanted.first, dt.time.min))
    if wanted.last:
        end = moment_of(wanted.last + dt.timedelta(days=1), dt.time.min)
        statement = statement.where(Visit.starts_at < end)
    return statement


def visit_page(
    session: Session,
    user: User,
    wanted: VisitFilter,
    *,
    older_than: Cursor | None = None,
    newer_than: Cursor | None = None,
    size: int = PAGE,
) -> VisitPage:
    """The visits of a filter, latest first, from a place in the list on."""
    statement = _filtered(user, wanted)
    ids = statement.with_only_columns(Visit.id)
    mine = visible_time(user).with_only_columns(TimeEntry.id)
    summed = select(func.coalesce(func.sum(TimeEntry.minutes), 0)).where(
        TimeEntry.visit_id.in_(ids), TimeEntry.id.in_(mine)
    )
    counted: Any = select(func.count()).select_from(ids.subquery())
    count, total = session.execute(select(counted.scalar_subquery(), summed.scalar_subquery())).one()
    visits, previous, following = _slice(session, statement, older_than, newer_than, size)
    rows: Any = session.execute(
        select(TimeEntry.visit_id, TimeEntry.minutes, TimeEntry.id.in_(mine)).where(
            TimeEntry.visit_id.in_([v.id for v in visits])
        )
    )
    minutes: dict[uuid.UUID, int] = {}
    with_hours = set()
    for visit_id, spent, may_see in rows:
        with_hours.add(visit_id)
        if may_see:
            minutes[visit_id] = minutes.get(visit_id, 0) + spent
    return VisitPage(visits, minutes, frozenset(with_hours), count, int(total), previous, following)


def _slice(
    session: Session,
    statement: Select[Visit],
    older_than: Cursor | None,
    newer_than: Cursor | None,
    size: int,
) -> tuple[list[Visit], Cursor | None, Cursor | None]:
    place: Any = tuple_(Visit.starts_at, Visit.id)
    statement = statement.options(
        joinedload(Visit.company, innerjoin=True),
        joinedload(Visit.coach, innerjoin=True),
        selectinload(Visit.people),
    ).limit(size + 1)
    if newer_than:
        statement = statement.where(place > (newer_than.moment, newer_than.id))
        found = list(session.scalars(statement.order_by(Visit.starts_at, Visit.id)))
        more, rows = len(found) > size, found[:size][::-1]
        earlier, later = more, bool(rows)
    else:
        if older_than:
            statement = statement.where(place < (older_than.moment, older_than.id))
        found = list(session.scalars(statement.order_by(Visit.starts_at.desc(), Visit.id.desc())))
        rows = found[:size]
        earlier, later = older_than is not None and bool(rows), len(found) > size
    if not rows:
        return [], None, None
    first, last = rows[0], rows[-1]
    return (
        rows,
        Cursor.of(first.starts_at, first.id) if earlier else None,
        Cursor.of(last.starts_at, last.id) if later else None,
    )


@dataclass(frozen=True)
class Candidate:
    """A company for which somebody may log a visit."""

    id: uuid.UUID
    name: str
    city: str
    own: bool
    last_at: dt.datetime | None


def companies_to_visit(
    session: Session, user: User, q: str, *, own_only: bool, limit: int = 30
) -> list[Candidate]:
    """Companies found by name or town to log a visit for: own ones first, lately visited first."""
    own = select(CompanyCoach.company_id).where(CompanyCoach.user_id == user.id)
    last = (
        select(func.max(Visit.starts_at))
        .where(Visit.company_id == Company.id, Visit.status == VisitStatus.DONE)
        .scalar_subquery()
    )
    statement = visible_companies(user).where(Company.archived_at.is_(None))
    if own_only:
        statement = statement.where(Company.id.in_(own))
    for word in folded(q).split():
        statement = statement.where(
            or_(
                Company.name_folded.contains(word, autoescape=True),
                func.lower(Company.city).startswith(word, autoescape=True),
            )
        )
    rows: Any = session.execute(
        statement.with_only_columns(Company.id, Company.name, Company.city, Company.id.in_(own), last)
        .order_by(Company.id.in_(own).desc(), last.desc().nulls_last(), Company.name_folded, Company.id)
        .limit(limit)
    )
    return [Candidate(key, name, city, bool(mine), at) for key, name, city, mine, at in rows]


# Commitments


@dataclass(frozen=True)
class CommitmentPage:
    """One page of a list of commitments."""

    commitments: Sequence[Commitment]
    count: int
    late: int
    next: Cursor | None


def _commitments(user: User, wanted: CommitmentFilter) -> Select[Commitment]:
    statement = (
        visible_commitments(user)
        .join(Company, Company.id == Commitment.company_id)
        .where(Company.archived_at.is_(None))
    )
    statement = statement.where(
        Commitment.done_at.is_not(None) if wanted.done else Commitment.done_at.is_(None)
    )
    if wanted.side:
        statement = statement.where(Commitment.side == wanted.side)
    if wanted.mine:
        own = select(CompanyCoach.company_id).where(CompanyCoach.user_id == user.id)
        nobody_else = or_(Commitment.side == Side.COMPANY, Commitment.user_id.is_(None))
        statement = statement.where(
            or_(Commitment.user_id == user.id, and_(Commitment.company_id.in_(own), nobody_else))
        )
    return statement


def commitment_page(
    session: Session,
    user: User,
    wanted: CommitmentFilter,
    today: dt.date,
    *,
    after: Cursor | None = None,
    size: int = 2 * PAGE,
) -> CommitmentPage:
    """Open commitments, the longest overdue first; done ones, the last kept first."""
    statement = _commitments(user, wanted)
    counted: Any = select(
        func.count(Commitment.id), func.count(Commitment.id).filter(Commitment.due_on < today)
    ).where(Commitment.id.in_(statement.with_only_columns(Commitment.id)))
    count, late = session.execute(counted).one()
    place: Any
    if wanted.done:
        place = tuple_(Commitment.done_at, Commitment.id)
        if after:
            statement = statement.where(place < (after.moment, after.id))
        statement = statement.order_by(Commitment.done_at.desc(), Commitment.id.desc())
    else:
        due: Any = func.coalesce(Commitment.due_on, literal(NEVER, Date()))
        place = tuple_(due, Commitment.id)
        if after:
            statement = statement.where(place > (after.day, after.id))
        statement = statement.order_by(due, Commitment.id)
    company = joinedload(Commitment.company, innerjoin=True)
    rows = session.scalars(
        statement.options(
            joinedload(Commitment.user),
            joinedload(Commitment.contact),
            company.selectinload(Company.coaches).joinedload(CompanyCoach.user, innerjoin=True),
        ).limit(size + 1)
    ).all()
    more, rows = len(rows) > size, rows[:size]
    last = rows[-1] if rows else None
    following = Cursor.of(last.done_at or last.due_on or NEVER, last.id) if more and last else None
    return CommitmentPage(rows, count, 0 if wanted.done else late, following)


# The timeline of a company


@dataclass(frozen=True)
class Timeline:
    """What is planned, and what happened, latest first: visits, and commitments made without one."""

    planned: Sequence[Visit]
    entries: Sequence[Visit | Commitment]
    visits: int
    commitments: int
    next: Cursor | None


def _moment(entry: Visit | Commitment) -> dt.datetime:
    return entry.starts_at if isinstance(entry, Visit) else entry.created_at


def timeline_of(
    session: Session, company: Company, *, show: str = "", before: Cursor | None = None, size: int = PAGE
) -> Timeline:
    """A page of the company's timeline; `show` narrows it to "visits" or "commitments"."""
    planned: Sequence[Visit] = ()
    past: Sequence[Visit] = ()
    promises: Sequence[Commitment] = ()
    of_company = select(Visit).where(Visit.company_id == company.id)
    if show != "commitments":
        if before is None:
            ahead = of_company.where(Visit.status == VisitStatus.PLANNED).order_by(Visit.starts_at, Visit.id)
            planned = session.scalars(with_details(ahead)).all()
        happened = of_company.where(Visit.status != VisitStatus.PLANNED)
        if before:
            happened = happened.where(Visit.starts_at < before.moment)
        happened = happened.order_by(Visit.starts_at.desc(), Visit.id.desc()).limit(size + 1)
        past = session.scalars(with_details(happened)).all()
    if show != "visits":
        loose = select(Commitment).where(Commitment.company_id == company.id)
        if show != "commitments":
            loose = loose.where(Commitment.visit_id.is_(None))
        if before:
            loose = loose.where(Commitment.created_at < before.moment)
        loose = loose.order_by(Commitment.created_at.desc(), Commitment.id.desc()).limit(size + 1)
        people = joinedload(Commitment.user), joinedload(Commitment.contact)
        promises = session.scalars(loose.options(*people)).all()
    both: list[Visit | Commitment] = [*past, *promises]
    entries = sorted(both, key=lambda e: (_moment(e), e.id), reverse=True)
    more, entries = len(entries) > size, entries[:size]
    visits, commitments = session.execute(
        select(
            select(func.count())
            .where(Visit.company_id == company.id, Visit.status != VisitStatus.PLANNED)
            .scalar_subquery(),
            select(func.count()).where(Commitment.company_id == company.id).scalar_subquery(),
        )
    ).one()
    following = Cursor.of(_moment(entries[-1]), entries[-1].id) if more else None
    return Timeline(planned, entries, visits, commitments, following)
