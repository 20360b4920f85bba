"""Mail: written with the transaction that causes it, sent afterwards by a job, readable without a mail server."""

from __future__ import annotations

import datetime as dt
import enum

from sqlalchemy import Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, Id, Str60, Str200, enum_column, utcnow


class MailState(enum.StrEnum):
    """What became of a mail. OUTBOX: no mail server is set up, it is read in the application."""

    QUEUED = "queued"
    SENT = "sent"
    OUTBOX = "outbox"
    FAILED = "failed"
    UNKNOWN = "unknown"


class OutboxMail(Base):
    """One mail to one person."""

    __tablename__ = "outbox_mails"
    __table_args__ = (Index(None, "state", "created_at"),)
    tracked = False
    id: Mapped[Id]
    message_id: Mapped[Str200] = mapped_column(unique=True)
    recipient: Mapped[Str200]
    subject: Mapped[Str200]
    text: Mapped[str] = mapped_column(Text)
    html: Mapped[str | None] = mapped_column(Text)
    template: Mapped[Str60]
    language: Mapped[str] = mapped_column(String(2))
    state: Mapped[MailState] = enum_column(MailState, default=MailState.QUEUED)
    error: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[dt.datetime] = mapped_column(default=utcnow)
    sent_at: Mapped[dt.datetime | None]
