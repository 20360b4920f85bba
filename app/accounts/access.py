"""Which accounts somebody may see, invite to and change."""

from __future__ import annotations

from sqlalchemy import Select, false, select

from app.accounts.models import Role, User


def visible_users(user: User) -> Select[User]:
    """Accounts on somebody's users page: all for administrators, those of the daily work for managers."""
    accounts = select(User)
    if user.role is Role.ADMIN:
        return accounts
    if user.role is Role.MANAGER:
        return accounts.where(User.role.in_([Role.COACH, Role.MANAGER, Role.COMPANY]))
    return accounts.where(false())


def invitable_roles(user: User) -> tuple[Role, ...]:
    """Roles that somebody may invite to from the users page."""
    if user.role is Role.ADMIN:
        return (Role.COACH, Role.MANAGER, Role.ADMIN)
    if user.role is Role.MANAGER:
        return (Role.COACH,)
    return ()


def can_change_user(user: User, other: User) -> bool:
    """Administrators change all accounts; managers those of coaches and company users."""
    if user.role is Role.ADMIN:
        return True
    return user.role is Role.MANAGER and other.role in (Role.COACH, Role.COMPANY)


def assignable_roles(user: User, other: User) -> tuple[Role, ...]:
    """Roles that somebody may give to an account; at least the one it has."""
    if user.role is Role.ADMIN and other.role is not Role.COMPANY:
        return (Role.COACH, Role.MANAGER, Role.ADMIN)
    return (other.role,)


def can_reset(user: User, other: User) -> bool:
    """Who may have a link to set a new passphrase sent to somebody; never sees the passphrase."""
    return can_change_user(user, other) and other.active
