"""Reads about accounts, sessions, links and the centre; and the few writes on untracked tables."""

from __future__ import annotations

import datetime as dt
import enum
import hashlib
import secrets
import uuid
from collections.abc import Sequence

from sqlalchemy import Select, delete, func, literal, or_, select, tuple_, update
from sqlalchemy.orm import Session, joinedload

from app import db
from app.accounts.access import visible_users
from app.accounts.models import (
    Centre,
    LinkPurpose,
    MailLink,
    Role,
    Throttle,
    User,
    UserSession,
    normalised_email,
)
from app.accounts.queries_throttle import FORGET_AFTER
from app.errors import NotFound

LINK_LIFE = {
    LinkPurpose.INVITATION: dt.timedelta(days=14),
    LinkPurpose.SIGN_IN: dt.timedelta(minutes=30),
    LinkPurpose.RESET: dt.timedelta(minutes=60),
}
# Idle and absolute life of a session. Coaches work on phones in factories and company users come once a
# month, so both may stay signed in on their own device; managers and administrators see everything.
SESSION_IDLE = {
    Role.COACH: dt.timedelta(days=7),
    Role.COMPANY: dt.timedelta(days=7),
    Role.MANAGER: dt.timedelta(hours=24),
    Role.ADMIN: dt.timedelta(hours=12),
}
SESSION_LIFE = {
    Role.COACH: dt.timedelta(days=30),
    Role.COMPANY: dt.timedelta(days=30),
    Role.MANAGER: dt.timedelta(days=7),
    Role.ADMIN: dt.timedelta(days=1),
}
SEEN_EVERY = dt.timedelta(minutes=5)


def centre(session: Session) -> Centre:
    """The centre's settings."""
    return session.scalars(select(Centre).order_by(Centre.id).limit(1)).one()


def is_set_up(session: Session) -> bool:
    """Whether the installation has its centre row."""
    return session.scalar(select(Centre.id).limit(1)) is not None


def token_hash(token: str) -> str:
    """What is kept of a random token."""
    return hashlib.sha256(token.encode()).hexdigest()


def user_by_email(session: Session, email: str) -> User | None:
    """The account with this address, however it is written."""
    return session.scalar(select(User).where(User.email_norm == normalised_email(email)))


def user(session: Session, user_id: uuid.UUID, viewer: User) -> User:
    """One account that the viewer may see."""
    found = session.scalar(visible_users(viewer).where(User.id == user_id))
    if found is None:
        raise NotFound
    return found


class UserGroup(enum.StrEnum):
    """Which accounts the users page lists."""

    CENTRE = "centre"
    COMPANIES = "companies"
    DISABLED = "disabled"


def _of_group(accounts: Select[User], group: UserGroup) -> Select[User]:
    if group is UserGroup.DISABLED:
        return accounts.where(~User.active)
    ours = User.role == Role.COMPANY if group is UserGroup.COMPANIES else User.role != Role.COMPANY
    return accounts.where(User.active, ours)


def users(
    session: Session,
    viewer: User,
    group: UserGroup,
    *,
    text: str = "",
    after: uuid.UUID | None = None,
    limit: int = 50,
) -> Sequence[tuple[User, dt.datetime | None]]:
    """A page of the accounts that the viewer may see, each with the moment they were last seen; by name."""
    seen = (
        select(UserSession.user_id, func.max(UserSession.seen_at).label("at"))
        .group_by(UserSession.user_id)
        .subquery()
    )
    accounts = _of_group(visible_users(viewer), group)
    for part in text.split()[:5]:
        accounts = accounts.where(
            or_(
                User.email_norm.contains(normalised_email(part), autoescape=True),
                *(
                    name.icontains(spelling, autoescape=True)
                    for name in (User.first_name, User.last_name)
                    for spelling in {part, part.capitalize()}
                ),
            )
        )
    key = tuple_(User.last_name, User.first_name, User.id)
    if after is not None:
        last = select(User.last_name, User.first_name, User.id).where(User.id == after)
        if (values := session.execute(last).first()) is not None:
            accounts = accounts.where(key > tuple_(*(literal(v) for v in values)))
    rows = session.execute(
        accounts.outerjoin(seen, seen.c.user_id == User.id)
        .add_columns(seen.c.at)
        .order_by(User.last_name, User.first_name, User.id)
        .limit(limit)
    )
    return [(account, at) for account, at in rows]


def all_users(session: Session) -> Sequence[User]:
    """Every account, people of companies last."""
    of_companies = User.role == Role.COMPANY
    return session.scalars(
        select(User).order_by(of_companies, User.role, User.last_name, User.first_name, User.id)
    ).all()


def count_users(session: Session, viewer: User) -> dict[UserGroup, int]:
    """How many accounts each group has."""
    return {
        group: session.scalar(
            select(func.count()).select_from(_of_group(visible_users(viewer), group).subquery())
        )
        or 0
        for group in UserGroup
    }


def has_photo(session: Session, sha256: str) -> bool:
    """Whether a stored picture is somebody's photo now."""
    return session.scalar(select(User.id).where(User.photo_sha == sha256).limit(1)) is not None


def staff(session: Session) -> Sequence[User]:
    """Active coaches and managers, for choices."""
    return session.scalars(
        select(User)
        .where(User.role.in_([Role.COACH, Role.MANAGER]), User.active)
        .order_by(User.last_name, User.first_name, User.id)
    ).all()


def people_by_role(session: Session) -> dict[Role, User]:
    """One active account of each role: the demo's sign-in buttons."""
    found: dict[Role, User] = {}
    for person in session.scalars(
        select(User).where(User.active, User.joined_at.is_not(None)).order_by(User.created_at, User.id)
    ):
        found.setdefault(person.role, person)
    return found


# Sessions


def start_session(session: Session, account: User, agent: str, now: dt.datetime) -> str:
    """A new server-side session; returns the token for the cookie."""
    token = secrets.token_urlsafe(32)
    session.add(
        UserSession(
            user_id=account.id,
            token_hash=token_hash(token),
            created_at=now,
            seen_at=now,
            expires_at=now + SESSION_LIFE[account.role],
            agent=agent[:200],
        )
    )
    return token


def live_session(session: Session, token: str, now: dt.datetime) -> UserSession | None:
    """The session of a cookie's token, unless it ended, expired, was idle too long or was disabled."""
    found = session.scalar(
        select(UserSession)
        .options(joinedload(UserSession.user))
        .where(UserSession.token_hash == token_hash(token), UserSession.expires_at > now)
    )
    if found is None or not found.user.active or now - found.seen_at > SESSION_IDLE[found.user.role]:
        return None
    return found


def touch_session(session: Session, session_id: uuid.UUID, now: dt.datetime) -> None:
    """Remember that a session is in use."""
    session.execute(update(UserSession).where(UserSession.id == session_id).values(seen_at=now))


def sessions_of(session: Session, account: User, now: dt.datetime) -> Sequence[UserSession]:
    """Where somebody is signed in, latest use first."""
    return session.scalars(
        select(UserSession)
        .where(UserSession.user_id == account.id, UserSession.expires_at > now)
        .order_by(UserSession.seen_at.desc(), UserSession.id)
    ).all()


def end_sessions(
    session: Session, account: User, *, but: uuid.UUID | None = None, only: uuid.UUID | None = None
) -> None:
    """Sign somebody out at once: everywhere, everywhere but here, or in one place."""
    statement = delete(UserSession).where(UserSession.user_id == account.id)
    if but is not None:
        statement = statement.where(UserSession.id != but)
    if only is not None:
        statement = statement.where(UserSession.id == only)
    session.execute(statement)


# Mailed links


def make_link(session: Session, account: User, purpose: LinkPurpose, now: dt.datetime) -> str:
    """A new single-use link; earlier ones of the same purpose stop working. Returns its token."""
    session.execute(
        delete(MailLink).where(
            MailLink.user_id == account.id, MailLink.purpose == purpose, MailLink.used_at.is_(None)
        )
    )
    token = secrets.token_urlsafe(24)
    session.add(
        MailLink(
            user_id=account.id,
            purpose=purpose,
            token_hash=token_hash(token),
            created_at=now,
            expires_at=now + LINK_LIFE[purpose],
        )
    )
    return token


def link(session: Session, token: str) -> MailLink | None:
    """The link of a token, used or expired ones too, so that the page can say what happened."""
    return session.scalar(
        select(MailLink).options(joinedload(MailLink.user)).where(MailLink.token_hash == token_hash(token))
    )


def open_link(session: Session, account: User, purpose: LinkPurpose, now: dt.datetime) -> MailLink | None:
    """The link of a purpose that somebody could still use."""
    return session.scalar(
        select(MailLink)
        .where(
            MailLink.user_id == account.id,
            MailLink.purpose == purpose,
            MailLink.used_at.is_(None),
            MailLink.expires_at > now,
        )
        .order_by(MailLink.id.desc())
        .limit(1)
    )


def use_link(session: Session, found: MailLink, now: dt.datetime) -> bool:
    """Use up a link; False when it was used or has expired. Two clicks at once cannot both win."""
    used = session.execute(
        update(MailLink)
        .where(MailLink.id == found.id, MailLink.used_at.is_(None), MailLink.expires_at > now)
        .values(used_at=now)
    )
    return bool(used.rowcount)  # type: ignore[attr-defined]


def end_links(session: Session, account: User) -> None:
    """Mailed links that were not used let nobody in any more."""
    session.execute(delete(MailLink).where(MailLink.user_id == account.id, MailLink.used_at.is_(None)))


def clean_up(session: Session, now: dt.datetime) -> int:
    """Remove what has expired: sessions, links older than a month, old counts. Returns how many rows."""
    month = now - dt.timedelta(days=30)
    statements = (
        delete(UserSession).where(UserSession.expires_at < now),
        delete(MailLink).where(MailLink.expires_at < month),
        delete(Throttle).where(Throttle.last_at < now - FORGET_AFTER),
    )
    return sum(session.execute(s).rowcount for s in statements)  # type: ignore[attr-defined]


def count_admins(session: Session) -> int:
    """How many active administrators there are; locked, so that two cannot remove each other at once."""
    admins = select(User.id).where(User.role == Role.ADMIN, User.active).order_by(User.id)
    return len(session.scalars(admins.with_for_update()).all())


def new_user(
    session: Session,
    *,
    email: str,
    first_name: str,
    last_name: str,
    role: Role,
    salutation: str = "",
    phone: str = "",
    job_title: str = "",
    language: str | None = None,
) -> User:
    """Add an account without a passphrase; the person joins by an invitation link."""
    account = User(
        email=email.strip(),
        email_norm=normalised_email(email),
        first_name=first_name,
        last_name=last_name,
        salutation=salutation,
        phone=phone,
        job_title=job_title,
        language=language,
        role=role,
        invited_at=db.utcnow(),
    )
    session.add(account)
    session.flush()
    return account
