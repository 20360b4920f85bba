"""Reads about companies."""

from __future__ import annotations

import uuid

from sqlalchemy.orm import Session, joinedload, selectinload

from app.accounts.models import User
from app.companies.access import visible_companies
from app.companies.models import Company, CompanyCoach, CompanyMember
from app.errors import NotFound


def company(session: Session, company_id: uuid.UUID, user: User, *, for_update: bool = False) -> Company:
    """One visible company with its coaches, members and tags; refuses with NotFound (404)."""
    statement = visible_companies(user).where(Company.id == company_id)
    if for_update:
        statement = statement.with_for_update()
    found = session.scalar(
        statement.options(
            selectinload(Company.coaches).options(joinedload(CompanyCoach.user)),
            selectinload(Company.members).options(joinedload(CompanyMember.user)),
            selectinload(Company.tags),
        )
    )
    if found is None:
        raise NotFound
    return found
