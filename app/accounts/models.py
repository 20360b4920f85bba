"""People who sign in, their sessions and links, and the centre itself."""

from __future__ import annotations

import datetime as dt
import enum
import unicodedata
import uuid
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db import Base, Id, Long, Str20, Str60, Str200, Versioned, enum_column, utcnow
from app.errors import RuleBroken


class Role(enum.StrEnum):
    """What somebody is in this installation; one role a person."""

    COACH = "coach"
    MANAGER = "manager"
    ADMIN = "admin"
    COMPANY = "company"


STAFF = (Role.COACH, Role.MANAGER)


def normalised_email(email: str) -> str:
    """Mail addresses are compared without regard to letter case or Unicode form."""
    return unicodedata.normalize("NFKC", email).strip().casefold()


class User(Versioned, Base):
    """A person with an account."""

    __tablename__ = "users"
    id: Mapped[Id]
    email: Mapped[Str200]
    email_norm: Mapped[Str200] = mapped_column(unique=True)
    first_name: Mapped[Str60]
    last_name: Mapped[Str60]
    salutation: Mapped[Str20] = mapped_column(default="")  # "", "ms", "mr"
    role: Mapped[Role] = enum_column(Role)
    phone: Mapped[Str60] = mapped_column(default="")
    job_title: Mapped[Str200] = mapped_column(default="")
    language: Mapped[str | None] = mapped_column(String(2))
    theme: Mapped[Str20] = mapped_column(default="auto")
    photo_sha: Mapped[str | None] = mapped_column(String(64))
    password_hash: Mapped[str | None] = mapped_column(String(200), info={"secret": True})
    active: Mapped[bool] = mapped_column(default=True)
    invited_at: Mapped[dt.datetime | None]
    joined_at: Mapped[dt.datetime | None]
    created_at: Mapped[dt.datetime] = mapped_column(default=utcnow)

    @property
    def name(self) -> str:
        """First and last name."""
        return f"{self.first_name} {self.last_name}".strip()

    @property
    def initials(self) -> str:
        """Two letters for the round picture."""
        return (self.first_name[:1] + self.last_name[:1]).upper()

    @property
    def photo_url(self) -> str | None:
        """Where the round picture is shown from; None for initials."""
        return f"/photos/{self.photo_sha}" if self.photo_sha else None

    def history_label(self) -> str:
        """The person's name."""
        return self.name

    def disable(self, by: User | None, active_admins: int) -> None:
        """Take the account out of use; the caller ends its sessions."""
        if by is not None and self.id == by.id:
            raise RuleBroken(
                "user.oneself",
                _l("Nobody disables their own account."),
                way_out=_l("Ask another administrator."),
            )
        self._keep_an_admin(active_admins)
        self.active = False

    def enable(self) -> None:
        """Take the account into use again."""
        self.active = True

    def give_role(self, role: Role, active_admins: int) -> None:
        """Change the role; the caller ends the sessions. Company users stay what they are."""
        if role is self.role:
            return
        if Role.COMPANY in (role, self.role):
            raise RuleBroken(
                "user.side",
                _l("People of companies and people of the centre have separate accounts."),
                field="role",
                way_out=_l("Invite the person with another address."),
            )
        self._keep_an_admin(active_admins)
        self.role = role

    def _keep_an_admin(self, active_admins: int) -> None:
        if self.role is Role.ADMIN and self.active and active_admins <= 1:
            raise RuleBroken(
                "user.last_admin",
                _l("%(name)s is the last administrator.", name=self.name),
                field="role",
                limit=1,
                way_out=_l("Make somebody else an administrator first."),
            )

    # What Flask-Login asks of a user.
    is_authenticated = True
    is_anonymous = False

    @property
    def is_active(self) -> bool:
        """Whether the account may be used."""
        return self.active

    def get_id(self) -> str:
        """The key as text."""
        return str(self.id)


class UserSession(Base):
    """One signed-in browser. Only the token's hash is kept; deleting the row ends the session at once."""

    __tablename__ = "user_sessions"
    tracked = False
    transient = True
    id: Mapped[Id]
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[dt.datetime] = mapped_column(default=utcnow)
    seen_at: Mapped[dt.datetime] = mapped_column(default=utcnow)
    expires_at: Mapped[dt.datetime]
    agent: Mapped[Str200] = mapped_column(default="")
    user: Mapped[User] = relationship(lazy="raise")


class LinkPurpose(enum.StrEnum):
    """What a mailed link lets its bearer do."""

    INVITATION = "invitation"
    SIGN_IN = "sign_in"
    RESET = "reset"


class MailLink(Base):
    """A link sent by mail: single use, expires, kept as a hash."""

    __tablename__ = "mail_links"
    tracked = False
    transient = True
    id: Mapped[Id]
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    purpose: Mapped[LinkPurpose] = enum_column(LinkPurpose)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[dt.datetime] = mapped_column(default=utcnow)
    expires_at: Mapped[dt.datetime]
    used_at: Mapped[dt.datetime | None]
    user: Mapped[User] = relationship(lazy="raise")


class Throttle(Base):
    """Counted failures of one kind by one key (account or address), shared by all workers."""

    __tablename__ = "throttles"
    __table_args__ = (Index(None, "last_at"),)
    tracked = False
    transient = True
    key: Mapped[str] = mapped_column(String(120), primary_key=True)
    failures: Mapped[int] = mapped_column(default=0)
    last_at: Mapped[dt.datetime]


class Centre(Versioned, Base):
    """The centre that this installation serves; exactly one row."""

    __tablename__ = "centre"
    id: Mapped[Id]
    name: Mapped[Str200] = mapped_column(default="")
    short_name: Mapped[Str60] = mapped_column(default="")
    street: Mapped[Str200] = mapped_column(default="")
    postcode: Mapped[Str20] = mapped_column(default="")
    city: Mapped[Str60] = mapped_column(default="")
    email: Mapped[Str200] = mapped_column(default="")
    phone: Mapped[Str60] = mapped_column(default="")
    website: Mapped[Str200] = mapped_column(default="")
    logo_sha: Mapped[str | None] = mapped_column(String(64))
    funder_logo_sha: Mapped[str | None] = mapped_column(String(64))
    funding_notice: Mapped[dict[str, str]] = mapped_column(default=lambda: {"de": "", "en": ""})
    imprint: Mapped[dict[str, str]] = mapped_column(default=lambda: {"de": "", "en": ""})
    privacy: Mapped[dict[str, str]] = mapped_column(default=lambda: {"de": "", "en": ""})
    accessibility: Mapped[dict[str, str]] = mapped_column(default=lambda: {"de": "", "en": ""})
    time_zone: Mapped[Str60] = mapped_column(default="Europe/Berlin")
    regions: Mapped[list[str]] = mapped_column(default=list)  # permitted NUTS codes by prefix; empty = all
    mail_from: Mapped[Str200] = mapped_column(default="")
    mail_signature: Mapped[Long] = mapped_column(Text, default="")
    demo: Mapped[bool] = mapped_column(default=False)

    @property
    def logo_url(self) -> str | None:
        """Where the centre's logo is shown from."""
        return f"/centre/logo/{self.logo_sha}" if self.logo_sha else None

    @property
    def funder_logo_url(self) -> str | None:
        """Where the funder's logo is shown from."""
        return f"/centre/logo/{self.funder_logo_sha}" if self.funder_logo_sha else None

    @property
    def title(self) -> str:
        """What pages and mails call the centre, also before it has been given a name."""
        return self.name or "Wandelwerk"

    def permits_region(self, nuts3: str) -> bool:
        """Whether firms of this region may be coached."""
        return not self.regions or any(nuts3.startswith(code) for code in self.regions)


def centre_fields() -> tuple[str, ...]:
    """The names of the centre's plain text columns."""
    texts: Any = (String, Text)
    return tuple(c.key for c in Centre.__table__.columns if isinstance(c.type, texts))
