"""Reads about companies."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy import case, or_, select
from sqlalchemy.orm import Session, joinedload, selectinload

from app.accounts.models import User
from app.companies.access import visible_companies
from app.companies.models import (
    Company,
    CompanyCoach,
    CompanyMember,
    CompanyYear,
    Contact,
    Site,
)
from app.companies.names import similar, without_legal_form
from app.errors import NotFound
from app.history import HistoryChange

CANDIDATES = 500  # names that are compared letter by letter


def company(
    session: Session, company_id: uuid.UUID, user: User, *, for_update: bool = False, slim: bool = False
) -> Company:
    """One visible company with its coaches, members and tags; refuses with NotFound (404).

    `slim` leaves members and tags unloaded: one statement instead of three.
    """
    statement = visible_companies(user).where(Company.id == company_id)
    if for_update:
        statement = statement.with_for_update(of=Company)
    options = [joinedload(Company.coaches).joinedload(CompanyCoach.user)]
    if not slim:
        options += [
            selectinload(Company.members).options(joinedload(CompanyMember.user)),
            selectinload(Company.tags),
        ]
    found = session.scalars(statement.options(*options)).unique().one_or_none()
    if found is None:
        raise NotFound
    return found


@dataclass(frozen=True)
class Known:
    """A company as the check for similar names shows it."""

    id: uuid.UUID
    number: str
    name: str
    city: str
    archived: bool


def similar_to(session: Session, name: str, user: User, *, typing: bool = False) -> list[Known]:
    """Visible companies that probably are the same firm, most similar first.

    Only names that share a beginning or an end of a word are compared letter by letter.
    """
    words = [word for word in without_legal_form(name).split() if len(word) >= 3][:6]
    if not words:
        return []
    parts = sorted({word[:4] for word in words} | {word[-4:] for word in words})
    statement = (
        visible_companies(user)
        .with_only_columns(
            Company.id, Company.number, Company.name, Company.city, Company.archived_at.is_not(None)
        )
        .where(or_(*(Company.name_folded.contains(part, autoescape=True) for part in parts)))
        .order_by(
            case((Company.name_folded.startswith(words[0][:4], autoescape=True), 0), else_=1),
            Company.name_folded,
            Company.id,
        )
        .limit(CANDIDATES)
    )
    found = [Known(*row) for row in session.execute(statement)]
    return [one.key for one in similar(name, ((known, known.name) for known in found), typing=typing)]


def sites_of(session: Session, company_id: uuid.UUID) -> Sequence[Site]:
    """A company's sites by name."""
    return session.scalars(
        select(Site).where(Site.company_id == company_id).order_by(Site.name, Site.id)
    ).all()


def contacts_of(session: Session, company_id: uuid.UUID, *, archived: bool = False) -> Sequence[Contact]:
    """A company's contacts, the main one first; archived ones only when asked for, at the end."""
    statement = select(Contact).where(Contact.company_id == company_id)
    if not archived:
        statement = statement.where(Contact.archived_at.is_(None))
    return session.scalars(
        statement.order_by(
            Contact.archived_at.is_not(None),
            Contact.main.desc(),
            Contact.last_name,
            Contact.first_name,
            Contact.id,
        )
    ).all()


def years_of(session: Session, company_id: uuid.UUID) -> Sequence[CompanyYear]:
    """A company's yearly data, the latest first."""
    return session.scalars(
        select(CompanyYear).where(CompanyYear.company_id == company_id).order_by(CompanyYear.year.desc())
    ).all()


def site(session: Session, of: Company, site_id: uuid.UUID) -> Site:
    """One site of a company."""
    return _part(session, Site, of, site_id)


def contact(session: Session, of: Company, contact_id: uuid.UUID) -> Contact:
    """One contact of a company."""
    return _part(session, Contact, of, contact_id)


def year(session: Session, of: Company, year_id: uuid.UUID) -> CompanyYear:
    """One year of a company."""
    return _part(session, CompanyYear, of, year_id)


Part = TypeVar("Part", Site, Contact, CompanyYear)


def _part(session: Session, kind: type[Part], of: Company, key: uuid.UUID) -> Part:
    found = session.scalar(select(kind).where(kind.id == key, kind.company_id == of.id))
    if found is None:
        raise NotFound
    return found


def former_member(session: Session, of: Company, user_id: uuid.UUID) -> User:
    """A company user whose access to this firm was taken away, as the history tells."""
    removed = session.scalars(
        select(HistoryChange.fields).where(
            HistoryChange.company_id == of.id,
            HistoryChange.record_type == CompanyMember.__name__,
            HistoryChange.kind == "deleted",
        )
    )
    if not any(fields.get("user_id", [None])[0] == str(user_id) for fields in removed):
        raise NotFound
    return session.get_one(User, user_id)
