"""Issued reports: numbered, frozen, with the data they were made from."""

from __future__ import annotations

import datetime as dt
import enum
import uuid
from typing import Any

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db import Base, Id, Str20, Versioned, enum_column, utcnow
from app.documents.models import Document


class ReportKind(enum.StrEnum):
    """What is reported."""

    PROGRESS = "progress"


class ReportState(enum.StrEnum):
    """A report is being made until its file is stored."""

    MAKING = "making"
    ISSUED = "issued"
    FAILED = "failed"


class IssuedReport(Versioned, Base):
    """A report with its number. Its content never changes; a correction is a new issue."""

    __tablename__ = "issued_reports"
    __table_args__ = (Index(None, "company_id", "kind", "language", "content_hash"),)
    id: Mapped[Id]
    number: Mapped[Str20] = mapped_column(unique=True)
    kind: Mapped[ReportKind] = enum_column(ReportKind, default=ReportKind.PROGRESS)
    company_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("companies.id"))
    language: Mapped[str] = mapped_column(String(2))
    content_hash: Mapped[str] = mapped_column(String(64))
    data: Mapped[dict[str, Any]]
    state: Mapped[ReportState] = enum_column(ReportState, default=ReportState.MAKING)
    issued_on: Mapped[dt.date]
    issued_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))
    document_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("documents.id"))
    job_id: Mapped[uuid.UUID | None]
    created_at: Mapped[dt.datetime] = mapped_column(default=utcnow)
    document: Mapped[Document | None] = relationship(lazy="raise")
