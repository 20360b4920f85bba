"""Reads about documents."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from app.accounts.models import User
from app.companies.models import Company, CompanyCoach
from app.documents.access import visible_documents
from app.documents.models import Document
from app.errors import NotFound


def documents_of(session: Session, company_id: uuid.UUID, user: User) -> Sequence[Document]:
    """A company's documents that the user may see, newest first."""
    return session.scalars(
        visible_documents(user)
        .where(Document.company_id == company_id)
        .options(joinedload(Document.created_by))
        .order_by(Document.created_at.desc(), Document.id.desc())
    ).all()


def document(session: Session, document_id: uuid.UUID, user: User, *, for_update: bool = False) -> Document:
    """One visible document with its company and that one's coaches; NotFound (404) otherwise."""
    statement = visible_documents(user).where(Document.id == document_id)
    if for_update:
        statement = statement.with_for_update(of=Document)
    coaches = joinedload(Document.company).options(joinedload(Company.coaches).joinedload(CompanyCoach.user))
    found = session.scalars(statement.options(coaches)).unique().one_or_none()
    if found is None:
        raise NotFound
    return found


def same_file(session: Session, company_id: uuid.UUID, sha256: str) -> Document | None:
    """A document of the company that has this very content already."""
    return session.scalars(
        select(Document)
        .where(Document.company_id == company_id, Document.sha256 == sha256)
        .order_by(Document.created_at, Document.id)
        .limit(1)
    ).one_or_none()
