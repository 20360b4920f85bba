"""The versioned maturity model and the assessments that companies take against it."""

from __future__ import annotations

import datetime as dt
import enum
import uuid

from flask_babel import lazy_gettext as _l
from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.accounts.models import User
from app.companies.models import Company
from app.db import Base, Id, Long, Str20, Str60, Str200, Versioned, enum_column, utcnow
from app.errors import RuleBroken
from app.fields import Field
from app.maturity.scoring import Strength


class AssessmentKind(enum.StrEnum):
    """At the first visit, about a year later, and before the end."""

    T0 = "T0"
    T1 = "T1"
    T2 = "T2"


class AssessmentStatus(enum.StrEnum):
    """Draft until the coach submits; agreed once the company has confirmed."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    AGREED = "agreed"


class Party(enum.StrEnum):
    """Whose answer it is."""

    COACH = "coach"
    COMPANY = "company"
    AGREED = "agreed"


class MaturityModel(Base):
    """One version of the ladder. Never changed once assessments use it: a new text is a new version."""

    __tablename__ = "maturity_models"
    id: Mapped[Id]
    version: Mapped[Str60] = mapped_column(unique=True)
    rule: Mapped[dict[str, str]]
    scale: Mapped[list[dict[str, str]]]  # six names, level 0 to 5
    current: Mapped[bool] = mapped_column(default=False)
    imported_at: Mapped[dt.datetime] = mapped_column(default=utcnow)

    def history_label(self) -> str:
        """The version."""
        return self.version


class Dimension(Base):
    """One dimension (Merkmal) of a model version with its six levels."""

    __tablename__ = "dimensions"
    __table_args__ = (UniqueConstraint("model_id", "key"),)
    tracked = False  # imported as a whole with its model
    id: Mapped[Id]
    model_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("maturity_models.id"), index=True)
    field: Mapped[Field] = enum_column(Field)
    key: Mapped[Str60]
    position: Mapped[int]  # 0-based over the whole model
    name: Mapped[dict[str, str]]
    short: Mapped[dict[str, str]]  # label at a chart's axis
    question: Mapped[dict[str, str]]
    evidence: Mapped[dict[str, str]]
    levels: Mapped[list[dict[str, str]]]
    na_allowed: Mapped[bool] = mapped_column(default=False)


class Assessment(Versioned, Base):
    """A dated set of answers for one company (Reifegradaufnahme)."""

    __tablename__ = "assessments"
    __table_args__ = (Index(None, "company_id", "assessed_on"),)
    id: Mapped[Id]
    number: Mapped[Str20] = mapped_column(unique=True)
    company_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("companies.id"))
    model_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("maturity_models.id"))
    kind: Mapped[AssessmentKind] = enum_column(AssessmentKind)
    assessed_on: Mapped[dt.date]
    assessor_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"), index=True)
    status: Mapped[AssessmentStatus] = enum_column(AssessmentStatus, default=AssessmentStatus.DRAFT)
    submitted_at: Mapped[dt.datetime | None]
    company: Mapped[Company] = relationship(lazy="raise")
    model: Mapped[MaturityModel] = relationship(lazy="raise")
    assessor: Mapped[User] = relationship(lazy="raise")

    def history_label(self) -> str:
        """Kind and number."""
        return f"{self.kind.value} {self.number}"

    @property
    def open(self) -> bool:
        """Whether answers may still be changed."""
        return self.status is AssessmentStatus.DRAFT

    def submit(self, at: dt.datetime, answered: int, total: int) -> None:
        """Close the coach's rating; every dimension needs a level or a reason why it does not apply."""
        if not self.open:
            raise RuleBroken("assessment.submitted", _l("This assessment is already submitted."))
        if answered < total:
            raise RuleBroken(
                "assessment.incomplete",
                _l("%(n)s of %(total)s dimensions are still open.", n=total - answered, total=total),
                value=answered,
                limit=total,
                way_out=_l("Rate them or mark them as not applicable, then submit."),
            )
        self.status, self.submitted_at = AssessmentStatus.SUBMITTED, at

    def reopen(self) -> None:
        """Take the submission back to correct an answer."""
        if self.status is not AssessmentStatus.SUBMITTED:
            raise RuleBroken("assessment.not_submitted", _l("Only a submitted assessment can be reopened."))
        self.status, self.submitted_at = AssessmentStatus.DRAFT, None


class Answer(Versioned, Base):
    """One party's answer on one dimension: a level with its strength of evidence, or why none applies."""

    __tablename__ = "answers"
    __table_args__ = (
        UniqueConstraint("assessment_id", "dimension_id", "party"),
        CheckConstraint("level is null or level between 0 and 5", name="level"),
    )
    id: Mapped[Id]
    assessment_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("assessments.id"))
    dimension_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("dimensions.id"))
    party: Mapped[Party] = enum_column(Party)
    level: Mapped[int | None]
    strength: Mapped[Strength | None] = enum_column(Strength)
    not_applicable: Mapped[bool] = mapped_column(default=False)
    reason: Mapped[Str200] = mapped_column(default="")
    note: Mapped[Long] = mapped_column(default="")
    parked: Mapped[bool] = mapped_column(default=False)
    answered_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))
    answered_at: Mapped[dt.datetime] = mapped_column(default=utcnow)
    assessment: Mapped[Assessment] = relationship(lazy="raise")
    dimension: Mapped[Dimension] = relationship(lazy="raise")

    @property
    def complete(self) -> bool:
        """Rated with its evidence, or not applicable with a reason."""
        if self.not_applicable:
            return bool(self.reason)
        return self.level is not None and self.strength is not None

    def history_company(self) -> uuid.UUID | None:
        """The assessed company, where the assessment is at hand."""
        return self.assessment.company_id if "assessment" in self.__dict__ else None

    def history_label(self) -> str:
        """The dimension's name, where it is at hand."""
        return self.dimension.name["de"] if "dimension" in self.__dict__ else ""


class Target(Versioned, Base):
    """The level a company wants to reach in one dimension, and how much it matters to it (1–3)."""

    __tablename__ = "targets"
    __table_args__ = (
        UniqueConstraint("company_id", "dimension_key"),
        CheckConstraint("level between 0 and 5", name="level"),
        CheckConstraint("importance between 1 and 3", name="importance"),
    )
    id: Mapped[Id]
    company_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("companies.id"))
    dimension_key: Mapped[Str60]
    dimension_name = ""  # set by the verb that changes it, for the history
    level: Mapped[int]
    importance: Mapped[int] = mapped_column(default=2)
    agreed_on: Mapped[dt.date | None]

    def history_label(self) -> str:
        """The dimension's name where it is at hand, else its key."""
        return self.dimension_name or self.dimension_key
