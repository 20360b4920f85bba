"""Documents of a company: uploaded or issued files and who may see them."""

from __future__ import annotations

import datetime as dt
import enum
import uuid

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.accounts.models import User
from app.companies.models import Company
from app.db import Base, Id, Str200, Versioned, enum_column, utcnow


class DocumentKind(enum.StrEnum):
    """Where a document comes from."""

    REPORT = "report"
    UPLOAD = "upload"


class Document(Versioned, Base):
    """A stored file under a company's name; `released` ones are seen by the company too."""

    __tablename__ = "documents"
    __table_args__ = (Index(None, "company_id", "created_at"),)
    id: Mapped[Id]
    company_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("companies.id"))
    kind: Mapped[DocumentKind] = enum_column(DocumentKind)
    number: Mapped[str | None] = mapped_column(String(20), unique=True)
    title: Mapped[Str200]
    filename: Mapped[Str200]
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    size: Mapped[int]
    content_type: Mapped[str] = mapped_column(String(120))
    language: Mapped[str | None] = mapped_column(String(2))
    released: Mapped[bool] = mapped_column(default=False)
    created_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[dt.datetime] = mapped_column(default=utcnow)
    company: Mapped[Company] = relationship(lazy="raise")
    created_by: Mapped[User | None] = relationship(lazy="raise")

    def history_label(self) -> str:
        """The title."""
        return self.title
