"""Visits with their hours, and the commitments that both sides make."""

from __future__ import annotations

import datetime as dt
import enum
import uuid

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.accounts.models import User
from app.companies.models import Company, Contact
from app.db import Base, Id, Long, Minutes, Str20, Str200, Versioned, enum_column, utcnow
from app.fields import Field


class VisitStatus(enum.StrEnum):
    """Planned ahead, done, or called off."""

    PLANNED = "planned"
    DONE = "done"
    CANCELLED = "cancelled"


class VisitKind(enum.StrEnum):
    """How the coaching session took place."""

    ON_SITE = "on_site"
    REMOTE = "remote"
    WORKSHOP = "workshop"
    DEMONSTRATION = "demonstration"
    PHONE = "phone"


class TimeKind(enum.StrEnum):
    """What a coach's minutes for a visit were spent on."""

    ON_SITE = "on_site"
    PREPARATION = "preparation"
    FOLLOW_UP = "follow_up"
    TRAVEL = "travel"


class Side(enum.StrEnum):
    """Who owes: the centre ("we owe") or the company ("they owe")."""

    CENTRE = "centre"
    COMPANY = "company"


class Visit(Versioned, Base):
    """One coaching session, planned or done."""

    __tablename__ = "visits"
    __table_args__ = (
        Index(None, "company_id", "starts_at", "id"),
        Index(None, "company_id", "status", "starts_at"),
        Index(None, "coach_id", "starts_at", "id"),
        Index(None, "status", "starts_at"),
        CheckConstraint("minutes between 0 and 1440", name="minutes"),
    )
    id: Mapped[Id]
    number: Mapped[Str20] = mapped_column(unique=True)
    company_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("companies.id"))
    coach_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"))
    status: Mapped[VisitStatus] = enum_column(VisitStatus)
    kind: Mapped[VisitKind] = enum_column(VisitKind, default=VisitKind.ON_SITE)
    starts_at: Mapped[dt.datetime]
    minutes: Mapped[Minutes] = mapped_column(default=0)  # planned or actual length of the session
    main_field: Mapped[Field | None] = enum_column(Field)
    further_fields: Mapped[list[str]] = mapped_column(default=list)
    subject: Mapped[Str200] = mapped_column(default="")  # shared with the company
    note: Mapped[Long] = mapped_column(Text, default="")  # internal, Markdown
    created_at: Mapped[dt.datetime] = mapped_column(default=utcnow)
    company: Mapped[Company] = relationship(lazy="raise")
    coach: Mapped[User] = relationship(lazy="raise")
    people: Mapped[list[VisitContact]] = relationship(lazy="raise", viewonly=True)
    times: Mapped[list[TimeEntry]] = relationship(lazy="raise", viewonly=True)
    commitments: Mapped[list[Commitment]] = relationship(
        lazy="raise", viewonly=True, order_by="Commitment.created_at, Commitment.id"
    )

    def history_label(self) -> str:
        """Number and subject."""
        return f"{self.number} {self.subject}".strip()

    def call_off(self) -> None:
        """It does not take place, or was logged by mistake: it stays on record and no longer counts."""
        self.status = VisitStatus.CANCELLED

    def reinstate(self, status: VisitStatus) -> None:
        """It counts again, as it did before it was called off."""
        if self.status is VisitStatus.CANCELLED:
            self.status = status

    @property
    def all_fields(self) -> list[Field]:
        """The main field, then the further ones in their fixed order."""
        further = [
            field for field in Field if field.value in self.further_fields and field != self.main_field
        ]
        return [self.main_field, *further] if self.main_field else further


class VisitContact(Base):
    """Somebody of the company who took part in a visit."""

    __tablename__ = "visit_contacts"
    __table_args__ = (UniqueConstraint("visit_id", "contact_id"),)
    id: Mapped[Id]
    company_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("companies.id"), index=True)
    visit_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("visits.id"))
    contact_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("contacts.id"), index=True)
    contact: Mapped[Contact] = relationship(lazy="raise")

    def history_label(self) -> str:
        """The person's name where it is at hand."""
        contact: Contact | None = self.__dict__.get("contact")
        return contact.name if contact is not None else ""


class TimeEntry(Versioned, Base):
    """Minutes that somebody of the centre spent on a day; a visit's minutes are time entries."""

    __tablename__ = "time_entries"
    __table_args__ = (
        UniqueConstraint("visit_id", "user_id", "kind"),
        Index(None, "user_id", "day"),
        CheckConstraint("minutes between 0 and 1440", name="minutes"),
    )
    id: Mapped[Id]
    company_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("companies.id"), index=True)
    visit_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("visits.id"))
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"))
    day: Mapped[dt.date]
    kind: Mapped[TimeKind] = enum_column(TimeKind)
    minutes: Mapped[Minutes]

    def history_label(self) -> str:
        """The minutes."""
        return f"{self.minutes} min"


class Commitment(Versioned, Base):
    """A promise of one side to the other, with a date (Zusage)."""

    __tablename__ = "commitments"
    __table_args__ = (
        Index(None, "company_id", "done_at", "due_on"),
        Index(None, "done_at", "due_on", "id"),
        Index(None, "visit_id"),
    )
    id: Mapped[Id]
    company_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("companies.id"))
    visit_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("visits.id"))
    side: Mapped[Side] = enum_column(Side)
    text: Mapped[Str200]
    due_on: Mapped[dt.date | None]
    user_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"), index=True)  # who of the centre
    contact_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("contacts.id"))  # who of the company
    done_at: Mapped[dt.datetime | None]
    done_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[dt.datetime] = mapped_column(default=utcnow)
    company: Mapped[Company] = relationship(lazy="raise")
    user: Mapped[User | None] = relationship(lazy="raise", foreign_keys=[user_id])
    contact: Mapped[Contact | None] = relationship(lazy="raise")

    def history_label(self) -> str:
        """The promise."""
        return self.text

    def tick(self, by: User, at: dt.datetime) -> None:
        """It is kept."""
        if self.done_at is None:
            self.done_at, self.done_by_id = at, by.id

    def untick(self) -> None:
        """It is open again."""
        self.done_at = self.done_by_id = None

    @property
    def owner_id(self) -> uuid.UUID | None:
        """The person who promised, of whichever side."""
        return self.user_id if self.side is Side.CENTRE else self.contact_id

    def give_to(self, side: Side, owner_id: uuid.UUID | None) -> None:
        """Say which side owes, and who of it (nobody in particular: the whole side)."""
        self.side = side
        self.user_id = owner_id if side is Side.CENTRE else None
        self.contact_id = owner_id if side is Side.COMPANY else None
