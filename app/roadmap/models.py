"""The catalogue of measures and each company's roadmap."""

from __future__ import annotations

import datetime as dt
import enum
import uuid
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.accounts.models import User
from app.companies.models import Company, Contact
from app.db import Base, Id, Json, Long, Str20, Str60, Str200, Versioned, enum_column, utcnow
from app.errors import RuleBroken
from app.fields import Field
from app.roadmap.drafting import Horizon


class MeasureStatus(enum.StrEnum):
    """Where a measure stands."""

    PROPOSED = "proposed"
    PLANNED = "planned"
    RUNNING = "running"
    DONE = "done"
    NOT_NOW = "not_now"
    DROPPED = "dropped"


OPEN = (MeasureStatus.PROPOSED, MeasureStatus.PLANNED, MeasureStatus.RUNNING)
NEEDS_REASON = (MeasureStatus.NOT_NOW, MeasureStatus.DROPPED)


class OwnerSide(enum.StrEnum):
    """Who carries a measure."""

    COMPANY = "company"
    CENTRE = "centre"
    BOTH = "both"


class MeasureKind(enum.StrEnum):
    """What kind of step it is."""

    COACHING = "coaching"
    TRAINING = "training"
    DEMONSTRATION = "demonstration"
    INVESTMENT = "investment"


class CatalogueMeasure(Base):
    """A measure of the catalogue (Maßnahmenkatalog), imported from the reference data by key."""

    __tablename__ = "catalogue_measures"
    id: Mapped[Id]
    key: Mapped[Str60] = mapped_column(unique=True)
    catalogue_version: Mapped[Str60]
    field: Mapped[Field] = enum_column(Field)
    dimension_key: Mapped[Str60] = mapped_column(index=True)
    from_level: Mapped[int]
    to_level: Mapped[int]
    kind: Mapped[MeasureKind] = enum_column(MeasureKind)
    coach_days: Mapped[int]
    company_days: Mapped[int]
    cost_band: Mapped[str] = mapped_column(String(1))
    requires: Mapped[dict[str, Any]]  # dimension key → level it must have reached
    name: Mapped[dict[str, str]]
    benefit: Mapped[dict[str, str]]
    hint: Mapped[dict[str, str] | None] = mapped_column(Json)
    core: Mapped[bool]
    active: Mapped[bool] = mapped_column(default=True)

    def history_label(self) -> str:
        """The key."""
        return self.key


class Measure(Versioned, Base):
    """A step on a company's roadmap, from the catalogue or free (Maßnahme)."""

    __tablename__ = "measures"
    __table_args__ = (
        Index(None, "company_id", "status", "due_on"),
        Index(None, "status", "due_on", "id"),
    )
    id: Mapped[Id]
    number: Mapped[Str20] = mapped_column(unique=True)
    company_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("companies.id"))
    catalogue_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("catalogue_measures.id"))
    field: Mapped[Field] = enum_column(Field)
    dimension_key: Mapped[Str60] = mapped_column(default="")
    title: Mapped[dict[str, str]]  # {"de", "en"}; a free measure has the same text in both
    why: Mapped[Long] = mapped_column(Text, default="")
    from_level: Mapped[int | None]
    to_level: Mapped[int | None]
    factors: Mapped[dict[str, Any] | None] = mapped_column(
        Json
    )  # importance, gap, effect, effort_class as they were when drafted
    kind: Mapped[MeasureKind] = enum_column(MeasureKind, default=MeasureKind.COACHING)
    owner_side: Mapped[OwnerSide] = enum_column(OwnerSide, default=OwnerSide.COMPANY)
    owner_user_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))
    owner_contact_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("contacts.id"))
    starts_on: Mapped[dt.date | None]
    due_on: Mapped[dt.date | None]
    coach_days: Mapped[int | None]
    company_days: Mapped[int | None]
    cost_band: Mapped[str] = mapped_column(String(1), default="")
    status: Mapped[MeasureStatus] = enum_column(MeasureStatus, default=MeasureStatus.PROPOSED)
    status_reason: Mapped[Str200] = mapped_column(default="")
    status_changed_at: Mapped[dt.datetime] = mapped_column(default=utcnow)
    done_on: Mapped[dt.date | None]
    result: Mapped[Str200] = mapped_column(default="")
    horizon: Mapped[Horizon] = enum_column(Horizon, default=Horizon.SOON)
    position: Mapped[int] = mapped_column(default=0)
    agreed_on: Mapped[dt.date | None]
    created_at: Mapped[dt.datetime] = mapped_column(default=utcnow)
    company: Mapped[Company] = relationship(lazy="raise")
    owner_user: Mapped[User | None] = relationship(lazy="raise")
    owner_contact: Mapped[Contact | None] = relationship(lazy="raise")
    catalogue: Mapped[CatalogueMeasure | None] = relationship(lazy="raise")

    def history_label(self) -> str:
        """Number and title."""
        return f"{self.number} {self.title.get('de', '')}"

    def set_status(self, status: MeasureStatus, reason: str, at: dt.datetime, today: dt.date) -> None:
        """Move the measure on; "not now" and "dropped" say why."""
        reason = reason.strip()
        if status in NEEDS_REASON and not reason:
            raise RuleBroken(
                "measure.reason",
                _l("Say why this measure is put off."),
                field="reason",
                way_out=_l("A few words are enough."),
            )
        if status is self.status and reason == self.status_reason:
            return
        self.status, self.status_reason, self.status_changed_at = status, reason, at
        self.done_on = today if status is MeasureStatus.DONE else None


class RoadmapAgreement(Base):
    """The roadmap as it was agreed with the company on a day: a snapshot of its measures and targets."""

    __tablename__ = "roadmap_agreements"
    __table_args__ = (Index(None, "company_id", "agreed_on"),)
    id: Mapped[Id]
    company_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("companies.id"))
    agreed_on: Mapped[dt.date]
    agreed_with: Mapped[Str200]  # name of the person at the company
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"))
    snapshot: Mapped[dict[str, Any]]
    created_at: Mapped[dt.datetime] = mapped_column(default=utcnow)

    def history_label(self) -> str:
        """With whom."""
        return self.agreed_with
