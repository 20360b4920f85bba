"""What the start page needs to know."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.orm import Session

from app.accounts.models import User
from app.companies.access import visible_companies
from app.companies.models import Company


def companies_of(session: Session, user: User) -> Sequence[Company]:
    """The companies that a company user belongs to, by name."""
    return session.scalars(visible_companies(user).order_by(Company.name_folded, Company.id)).all()
