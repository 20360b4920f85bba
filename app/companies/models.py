"""Companies, their sites, people and yearly data, and who at the centre looks after them."""

from __future__ import annotations

import datetime as dt
import enum
import re
import uuid

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.accounts.models import User
from app.companies.names import folded
from app.db import Base, Cents, Id, Long, Str20, Str60, Str200, Versioned, enum_column, utcnow


class CompanyStatus(enum.StrEnum):
    """Where the work with a firm stands."""

    PROSPECT = "prospect"
    ACTIVE = "active"
    PAUSED = "paused"
    ENDED = "ended"


class MemberRight(enum.StrEnum):
    """What a company user may do for their firm."""

    OWNER = "owner"
    EDITOR = "editor"
    READER = "reader"


def _of_live(*columns: str) -> Index:
    live = text("archived_at IS NULL")
    return Index(None, *columns, sqlite_where=live, postgresql_where=live)


class Company(Versioned, Base):
    """A firm that the centre coaches or wants to."""

    __tablename__ = "companies"
    __table_args__ = (  # one index for every order of the list, which shows what is not archived
        _of_live("name_folded", "id"),
        _of_live("city", "name_folded", "id"),
        _of_live("status", "name_folded", "id"),
        _of_live("wz_code", "name_folded", "id"),
        _of_live("nuts3", "name_folded", "id"),
    )
    id: Mapped[Id]
    number: Mapped[Str20] = mapped_column(unique=True)
    name: Mapped[Str200]
    name_folded: Mapped[Str200]
    legal_form: Mapped[Str60] = mapped_column(default="")
    register_number: Mapped[Str60] = mapped_column(default="")
    register_court: Mapped[Str60] = mapped_column(default="")
    vat_id: Mapped[Str20] = mapped_column(default="")
    wz_version: Mapped[str] = mapped_column(String(4), default="2008")
    wz_code: Mapped[Str20] = mapped_column(default="")
    street: Mapped[Str200] = mapped_column(default="")
    postcode: Mapped[Str20] = mapped_column(default="")
    city: Mapped[Str60] = mapped_column(default="")
    nuts3: Mapped[Str20] = mapped_column(default="")
    website: Mapped[Str200] = mapped_column(default="")
    status: Mapped[CompanyStatus] = enum_column(CompanyStatus, default=CompanyStatus.PROSPECT)
    source: Mapped[Str200] = mapped_column(default="")
    remark: Mapped[Long] = mapped_column(Text, default="")  # internal
    created_at: Mapped[dt.datetime] = mapped_column(default=utcnow)
    archived_at: Mapped[dt.datetime | None]
    coaches: Mapped[list[CompanyCoach]] = relationship(lazy="raise", viewonly=True)
    members: Mapped[list[CompanyMember]] = relationship(lazy="raise", viewonly=True)
    tags: Mapped[list[CompanyTag]] = relationship(lazy="raise", viewonly=True, order_by="CompanyTag.name")

    @property
    def lead(self) -> User | None:
        """The coach who leads, else the first one."""
        ordered = sorted(self.coaches, key=lambda c: (not c.lead, c.user.last_name))
        return ordered[0].user if ordered else None

    def rename(self, name: str) -> None:
        """Give the firm a name; the folded one makes it findable."""
        self.name = name
        self.name_folded = folded(name)[:200]  # spelt-out umlauts can outgrow the column

    def archive(self) -> None:
        """Take the firm out of lists; nothing is deleted."""
        self.archived_at = self.archived_at or utcnow()

    def restore(self) -> None:
        """Bring an archived firm back."""
        self.archived_at = None

    def history_company(self) -> uuid.UUID:
        """Itself."""
        return self.id

    def history_label(self) -> str:
        """The firm's name."""
        return self.name


class _OfCompany:
    """Belongs to one company."""

    id: Mapped[Id]
    company_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("companies.id"), index=True)


class CompanyTag(_OfCompany, Base):
    """A free word on a company."""

    __tablename__ = "company_tags"
    __table_args__ = (UniqueConstraint("company_id", "name"), Index(None, "name"))
    name: Mapped[Str60]


class CompanyCoach(_OfCompany, Base):
    """A coach who is responsible for a company; one of them leads."""

    __tablename__ = "company_coaches"
    __table_args__ = (UniqueConstraint("company_id", "user_id"),)
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"), index=True)
    lead: Mapped[bool] = mapped_column(default=False)
    user: Mapped[User] = relationship(lazy="raise")

    def history_label(self) -> str:
        """The coach's name where it is at hand."""
        return self.user.name if "user" in self.__dict__ else ""


class CompanyMember(_OfCompany, Base):
    """A company user's right for one firm."""

    __tablename__ = "company_members"
    __table_args__ = (UniqueConstraint("company_id", "user_id"),)
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"), index=True)
    right: Mapped[MemberRight] = enum_column(MemberRight, default=MemberRight.READER)
    user: Mapped[User] = relationship(lazy="raise")
    company: Mapped[Company] = relationship(lazy="raise")

    def history_label(self) -> str:
        """The person's name where it is at hand."""
        return self.user.name if "user" in self.__dict__ else ""


class Site(Versioned, _OfCompany, Base):
    """A place of business (Betriebsstätte)."""

    __tablename__ = "sites"
    name: Mapped[Str200]
    street: Mapped[Str200] = mapped_column(default="")
    postcode: Mapped[Str20] = mapped_column(default="")
    city: Mapped[Str60] = mapped_column(default="")
    nuts3: Mapped[Str20] = mapped_column(default="")


class Contact(Versioned, _OfCompany, Base):
    """A person at a company (Ansprechperson)."""

    __tablename__ = "contacts"
    salutation: Mapped[Str20] = mapped_column(default="")  # "", "ms", "mr"
    first_name: Mapped[Str60] = mapped_column(default="")
    last_name: Mapped[Str60]
    email: Mapped[Str200] = mapped_column(default="")
    phone: Mapped[Str60] = mapped_column(default="")
    function: Mapped[Str200] = mapped_column(default="")
    main: Mapped[bool] = mapped_column(default=False)
    archived_at: Mapped[dt.datetime | None]
    user_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))

    @property
    def name(self) -> str:
        """First and last name."""
        return f"{self.first_name} {self.last_name}".strip()

    @property
    def initials(self) -> str:
        """Two letters for the round picture."""
        return (self.first_name[:1] + self.last_name[:1]).upper()

    @property
    def dialled(self) -> str:
        """The phone number as a telephone dials it."""
        return re.sub(r"[^0-9+]", "", self.phone.replace("(0)", ""))

    def archive(self) -> None:
        """Take the person out of lists and choices; visits keep their name."""
        self.archived_at, self.main = self.archived_at or utcnow(), False

    def restore(self) -> None:
        """Bring the person back."""
        self.archived_at = None


class CompanyYear(Versioned, _OfCompany, Base):
    """Staff and finance of one business year; the size class is derived from these, never stored."""

    __tablename__ = "company_years"
    __table_args__ = (
        UniqueConstraint("company_id", "year"),
        CheckConstraint("year between 1990 and 2100", name="year"),
    )
    year: Mapped[int]
    staff_tenths: Mapped[int | None]  # annual work units × 10
    turnover: Mapped[Cents | None]
    balance_sheet: Mapped[Cents | None]
    contains_linked: Mapped[bool] = mapped_column(default=False)

    def history_label(self) -> str:
        """The year."""
        return str(self.year)
