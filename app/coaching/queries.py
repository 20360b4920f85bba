"""Reads about visits and their hours: one record, a company's, and lists."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session, joinedload, selectinload

from app import db, history
from app.accounts.models import User
from app.coaching.access import visible_commitments, visible_time, visible_visits
from app.coaching.models import (
    Commitment,
    Side,
    TimeEntry,
    TimeKind,
    Visit,
    VisitContact,
    VisitKind,
    VisitStatus,
)
from app.companies.access import visible_companies
from app.companies.models import Company, CompanyCoach
from app.errors import NotFound
from app.fields import Field
from app.i18n import centre_zone

_KEYS = ("visit_id", "user_id", "contact_id", "done_by_id")


# One visit


def visit(session: Session, visit_id: uuid.UUID, user: User, *, for_update: bool = False) -> Visit:
    """One visible visit with its coach, its company and its coaches; refuses with NotFound (404)."""
    statement = visible_visits(user).where(Visit.id == visit_id)
    if for_update:
        statement = statement.with_for_update(of=Visit)
    company = joinedload(Visit.company, innerjoin=True)
    coaches = company.selectinload(Company.coaches).joinedload(CompanyCoach.user, innerjoin=True)
    found = session.scalar(statement.options(joinedload(Visit.coach, innerjoin=True), company, coaches))
    if found is None:
        raise NotFound
    return found


def visit_by_id(session: Session, visit_id: uuid.UUID, company_id: uuid.UUID) -> Visit | None:
    """A visit of the company that is already stored, for a form that is sent twice."""
    return session.scalar(select(Visit).where(Visit.id == visit_id, Visit.company_id == company_id))


def participants_of(session: Session, one: Visit) -> Sequence[VisitContact]:
    """Who of the company took part."""
    return session.scalars(
        select(VisitContact)
        .options(joinedload(VisitContact.contact, innerjoin=True))
        .where(VisitContact.visit_id == one.id)
        .order_by(VisitContact.id)
    ).all()


def times_of(session: Session, one: Visit) -> Sequence[TimeEntry]:
    """The time entries of a visit."""
    return session.scalars(
        select(TimeEntry).where(TimeEntry.visit_id == one.id).order_by(TimeEntry.user_id, TimeEntry.kind)
    ).all()


def commitments_of_visit(session: Session, one: Visit) -> Sequence[Commitment]:
    """What was promised at a visit, in the order in which it was written down."""
    return session.scalars(
        select(Commitment)
        .options(joinedload(Commitment.user), joinedload(Commitment.contact))
        .where(Commitment.visit_id == one.id)
        .order_by(Commitment.created_at, Commitment.id)
    ).all()


def status_before_calling_off(session: Session, one: Visit) -> VisitStatus:
    """What a visit was before it was called off, from its history."""
    for entry in history.entries_of(session, one):
        old, new = entry.fields.get("status", (None, None))
        if new == VisitStatus.CANCELLED and old:
            return VisitStatus(old)
    return VisitStatus.PLANNED


def history_of(session: Session, one: Visit, limit: int = 200) -> Sequence[history.Entry]:
    """What was done to a visit and to its hours, people and commitments, removed ones too; newest first."""
    change, action = history.HistoryChange, history.HistoryAction
    parts = (TimeEntry, VisitContact, Commitment)
    names = [kind.__name__ for kind in parts]
    removed = select(change.record_id).where(
        change.company_id == one.company_id, change.kind == "deleted", change.record_type.in_(names)
    )
    rows = session.execute(
        select(action, change)
        .join(change, change.action_id == action.id)
        .where(
            change.company_id == one.company_id,
            change.record_type.in_(["Visit", *names]),
            or_(
                change.record_id == one.id,
                change.record_id.in_(removed),
                *(change.record_id.in_(select(kind.id).where(kind.visit_id == one.id)) for kind in parts),
            ),
        )
        .order_by(change.id.desc())
        .limit(limit)
    ).all()
    others = {
        c.record_id for _a, c in rows if "visit_id" in c.fields and str(one.id) not in c.fields["visit_id"]
    }
    return [
        history.Entry(a.at, a.actor_name, a.via, c.record_type, c.record_id, c.label, c.kind, c.fields)
        for a, c in rows
        if c.record_id not in others
    ]


def removed_commitment(session: Session, commitment_id: uuid.UUID, user: User) -> Commitment:
    """A commitment as it was when it was removed, not yet stored again; refuses with NotFound (404)."""
    change = history.HistoryChange
    found = session.scalar(
        select(change)
        .where(
            change.record_type == "Commitment", change.record_id == commitment_id, change.kind == "deleted"
        )
        .order_by(change.id.desc())
        .limit(1)
    )
    if found is None or session.get(Commitment, commitment_id) is not None:
        raise NotFound
    old = {name: values[0] for name, values in found.fields.items()}
    key = {name: uuid.UUID(old[name]) if old.get(name) else None for name in _KEYS}
    company = session.scalar(
        visible_companies(user).options(selectinload(Company.coaches)).where(Company.id == found.company_id)
    )
    if company is None:
        raise NotFound
    if key["visit_id"] and session.get(Visit, key["visit_id"]) is None:
        key["visit_id"] = None
    done_at, due_on = old.get("done_at"), old.get("due_on")
    return Commitment(
        id=commitment_id,
        company=company,
        company_id=company.id,
        text=old["text"],
        side=Side(old["side"]),
        due_on=dt.date.fromisoformat(due_on) if due_on else None,
        done_at=dt.datetime.fromisoformat(done_at) if done_at else None,
        created_at=dt.datetime.fromisoformat(old["created_at"]),
        **key,
    )


# A company's visits


def _of_company(company: Company) -> Select[Visit]:
    return select(Visit).where(Visit.company_id == company.id, Visit.status != VisitStatus.CANCELLED)


def visits_of(session: Session, company: Company, limit: int = 50) -> Sequence[Visit]:
    """The company's visits, planned and done, latest first, with coach, people and commitments."""
    statement = _of_company(company).order_by(Visit.starts_at.desc(), Visit.id.desc()).limit(limit)
    return session.scalars(with_details(statement)).all()


def with_details(statement: Select[Visit]) -> Select[Visit]:
    """Load coach, people and commitments along."""
    promises = selectinload(Visit.commitments)
    return statement.options(
        joinedload(Visit.coach, innerjoin=True),
        selectinload(Visit.people).joinedload(VisitContact.contact, innerjoin=True),
        promises.joinedload(Commitment.user),
        promises.joinedload(Commitment.contact),
    )


def last_visit(session: Session, company_id: uuid.UUID) -> Visit | None:
    """The latest visit that was done, with its people: the next form's defaults."""
    return session.scalar(
        select(Visit)
        .options(selectinload(Visit.people))
        .where(Visit.company_id == company_id, Visit.status == VisitStatus.DONE)
        .order_by(Visit.starts_at.desc(), Visit.id.desc())
        .limit(1)
    )


def next_visit(session: Session, company: Company, now: dt.datetime | None = None) -> Visit | None:
    """The next planned visit, with its coach and people."""
    statement = (
        select(Visit)
        .where(
            Visit.company_id == company.id,
            Visit.status == VisitStatus.PLANNED,
            Visit.starts_at >= (now or db.utcnow()),
        )
        .order_by(Visit.starts_at, Visit.id)
        .limit(1)
    )
    return session.scalar(with_details(statement))


@dataclass(frozen=True)
class Hours:
    """Minutes that the centre spent on a company, by what they were spent on."""

    by_kind: dict[TimeKind, int]

    @property
    def total(self) -> int:
        """All of them."""
        return sum(self.by_kind.values())


def hours_of(session: Session, company: Company, user: User | None = None) -> Hours:
    """The minutes of the company's visits that were done; with a user, those that they may see."""
    statement = (
        select(TimeEntry.kind, func.sum(TimeEntry.minutes))
        .join(Visit, Visit.id == TimeEntry.visit_id)
        .where(TimeEntry.company_id == company.id, Visit.status == VisitStatus.DONE)
        .group_by(TimeEntry.kind)
    )
    if user is not None:
        statement = statement.where(TimeEntry.id.in_(visible_time(user).with_only_columns(TimeEntry.id)))
    rows: Any = session.execute(statement)
    found = {kind: int(minutes) for kind, minutes in rows}
    return Hours({kind: found.get(kind, 0) for kind in TimeKind})


def last_visit_day(session: Session, company_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, dt.date]:
    """The day of each company's latest visit that was done, in the centre's zone."""
    rows: Any = session.execute(
        select(Visit.company_id, func.max(Visit.starts_at))
        .where(Visit.company_id.in_(company_ids), Visit.status == VisitStatus.DONE)
        .group_by(Visit.company_id)
    )
    return {company_id: at.astimezone(centre_zone()).date() for company_id, at in rows}


@dataclass(frozen=True)
class SharedCommitment:
    """What both sides know of a promise."""

    id: uuid.UUID
    text: str
    side: Side
    due_on: dt.date | None
    owner: str
    done_at: dt.datetime | None


@dataclass(frozen=True)
class SharedVisit:
    """What the company may read of a visit: never the note."""

    id: uuid.UUID
    number: str
    status: VisitStatus
    kind: VisitKind
    starts_at: dt.datetime
    session_minutes: int
    minutes: int  # all hours of the centre, travel and preparation included
    fields: tuple[Field, ...]
    subject: str
    coach: str
    people: tuple[str, ...]
    commitments: tuple[SharedCommitment, ...]


def shared_commitment(one: Commitment) -> SharedCommitment:
    """The shared part of a promise (needs `user` and `contact`)."""
    owner = one.user if one.side is Side.CENTRE else one.contact
    return SharedCommitment(one.id, one.text, one.side, one.due_on, owner.name if owner else "", one.done_at)


def shared_visits_of(session: Session, company: Company, limit: int = 200) -> list[SharedVisit]:
    """The shared part of the company's visits, planned and done, latest first: for portal and report."""
    visits = visits_of(session, company, limit)
    rows: Any = session.execute(
        select(TimeEntry.visit_id, func.sum(TimeEntry.minutes))
        .where(TimeEntry.company_id == company.id)
        .group_by(TimeEntry.visit_id)
    )
    minutes = {visit_id: int(total) for visit_id, total in rows}
    return [
        SharedVisit(
            id=one.id,
            number=one.number,
            status=one.status,
            kind=one.kind,
            starts_at=one.starts_at,
            session_minutes=one.minutes,
            minutes=minutes.get(one.id, 0),
            fields=tuple(one.all_fields),
            subject=one.subject,
            coach=one.coach.name,
            people=tuple(sorted(p.contact.name for p in one.people)),
            commitments=tuple(shared_commitment(c) for c in one.commitments),
        )
        for one in visits
    ]


# Commitments


def commitment(
    session: Session, commitment_id: uuid.UUID, user: User, *, for_update: bool = False
) -> Commitment:
    """One visible commitment with its people and its company's coaches; refuses with NotFound (404)."""
    statement = visible_commitments(user).where(Commitment.id == commitment_id)
    if for_update:
        statement = statement.with_for_update(of=Commitment)
    company = joinedload(Commitment.company, innerjoin=True)
    found = session.scalar(
        statement.options(
            joinedload(Commitment.user),
            joinedload(Commitment.contact),
            company.selectinload(Company.coaches).joinedload(CompanyCoach.user, innerjoin=True),
        )
    )
    if found is None:
        raise NotFound
    return found


def commitment_by_id(session: Session, commitment_id: uuid.UUID) -> Commitment | None:
    """A commitment that is already stored, for a form that is sent twice."""
    return session.get(Commitment, commitment_id)


def open_commitments_of(session: Session, company: Company) -> Sequence[Commitment]:
    """What both sides still owe, the earliest date first, those without a date last."""
    return session.scalars(
        select(Commitment)
        .options(joinedload(Commitment.user), joinedload(Commitment.contact))
        .where(Commitment.company_id == company.id, Commitment.done_at.is_(None))
        .order_by(Commitment.due_on.asc().nulls_last(), Commitment.created_at, Commitment.id)
    ).all()


def visit_day_of(session: Session, one: Commitment) -> dt.date | None:
    """The day of the visit at which a commitment was made."""
    at = session.scalar(select(Visit.starts_at).where(Visit.id == one.visit_id)) if one.visit_id else None
    return at.astimezone(centre_zone()).date() if at else None
